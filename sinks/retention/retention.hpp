// Drops partitions that are older than [retention] keep says, or first writes them to files. A partition goes only when
// custody of its time is settled: what was acknowledged then is stored, repeated or a dead letter, and the sinks have
// taken everything. A partition that goes takes along its receipts (wxpipe.retired_receipts says which), the repeats of
// its events, and the custody marks that have no other receipts (docs/decisions/0021-retention.md).
//
// Step by step, so that a process can be killed anywhere: detach it and note so (audits still find its rows); write the
// file; note its receipts; then, in one transaction, delete the marks, write audit_logs and drop it. The next run goes
// on where one was cut off.
//
// With several databases ([postgres.families]) each is looked after by itself. A partition, what is noted of it and its
// row of audit_logs are in one database; custody is proven where its marks and the journal lie, which is one database
// as well. So no step needs a transaction in two.
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <stop_token>
#include <string>
#include <vector>

#include "common/config/settings.hpp"
#include "common/postgres/connection.hpp"
#include "common/postgres/partition_plan.hpp"
#include "sinks/custody/custody_store.hpp"
#include "sinks/custody/drain.hpp"
#include "sinks/family_databases.hpp"
#include "sinks/retention/policy.hpp"

namespace wxpipe::sinks {

struct OldPartition {
  postgres::PartitionRange range;
  std::string keep;  // "24 months"
  int64_t rows = 0, bytes = 0;
  bool detached = false;       // by a run that was cut off
  std::string kept_because{};  // empty: it can go, or has gone
  bool dropped = false;
  std::string dump_file{};  // empty: none
};

// Of whom audit_logs speaks.
struct Actor {
  std::string name, address;
};

// Receipts behind the last mark of a process that was killed, of which nobody will ever know whether they were
// acknowledged.
enum class Doubt { refuse, accept };

// A database whose partitions go, and whom to ask about them. Connections are borrowed, and may be the same one.
struct RetentionPlace {
  FamilyDatabase where;
  postgres::Connection& here;
  postgres::Connection& custody;  // the database of the custody marks
  postgres::Connection& main;     // the main one: it knows which replays are under way
};

class Retention {
 public:
  // All of it is borrowed. Changes settings of the connection. Throws UsageError as table_policies does.
  Retention(const config::Settings& settings, RetentionPlace place, Drain& drain, Actor actor);

  // False: another process is at it. True: others are kept off until this connection ends.
  bool alone();

  // Partitions whose time is over, by table, oldest first, and why they can't go yet. Waits up to `patience` for each
  // sink that is behind. Without such partitions it is one look into the catalogue.
  std::vector<OldPartition> look(Timestamp now, Doubt doubt, std::chrono::milliseconds patience,
                                 const std::stop_token& stop = {});
  // Drops one that can go. It stays, with the reason, if somebody holds a lock all the time. Throws Unavailable,
  // SqlError, std::system_error (the file can't be written); the next run goes on there.
  void drop(OldPartition& partition, const std::stop_token& stop = {});

 private:
  std::vector<OldPartition> detached_before();
  std::string hindrance(const TablePolicy& policy, const postgres::PartitionRange& range, Doubt doubt);
  std::string behind(const schemas::FamilyInfo* family);
  std::string unproven(const postgres::PartitionRange& range, Doubt doubt);
  bool marks_missing_in(const std::vector<MarkGap>& gaps, const Wanted& wanted);
  bool detach(OldPartition& partition, const std::stop_token& stop);
  void dump(OldPartition& partition);
  void remove(OldPartition& partition);

  const config::Settings& settings_;
  const FamilyDatabase where_;
  postgres::Connection &connection_, &custody_, &main_;
  Drain& drain_;
  const Actor actor_;
  const std::vector<TablePolicy> policies_;  // of tables that get rows there and have a limit
  std::string command_id_;
  std::chrono::milliseconds patience_{};
  std::stop_token stop_;
  std::map<const schemas::FamilyInfo*, std::string> behind_;  // of one look
};

}  // namespace wxpipe::sinks
