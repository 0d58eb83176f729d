// What happened to one callback: every delivery of it, where it stands on the topics, what became of it and when. The
// rows are in Postgres, the hops on Kafka. Every question goes by an index and has a limit, so that tracing never slows
// the pipeline.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/clock.hpp"
#include "common/config/settings.hpp"
#include "operate/batches.hpp"
#include "operate/replays_of_records.hpp"
#include "sinks/family_databases.hpp"

namespace wxpipe::operate {

// A row that a key may mean.
struct Match {
  enum class Kind { message, dead_letter };
  Kind kind = Kind::message;
  std::string id;  // event_id or dead_letter_id
  Timestamp occurred_at, received_at;
  std::string account, type, subject, summary;  // summary: the beginning of content, or the reason
};

struct Search {
  std::string key;  // event id, dead letter id, receipt, MsgId, identity, or a person's id (openid, external_userid)
  std::string account;                // empty: all
  std::optional<Timestamp> from, to;  // of received_at
  size_t limit = 20;
};

// The newest ones that the key may mean. Rows that are found by several ways are there once. Throws Unavailable, and
// UsageError if the key can't be looked for without a time range.
std::vector<Match> find(sinks::FamilyConnections& databases, const Search& search);

// One thing that happened at one place.
struct Station {
  Timestamp at;
  std::string station;  // received, repeat, kafka, stored, fact, score, dead_letter, dlq, log, dropped
  std::string where;    // table, topic-partition@offset, receipt or dead letter
  std::string what;
};

struct Story {
  Match match;
  std::vector<std::pair<std::string, std::string>> fields{};  // of the row, in its order
  std::vector<Station> stations{};                            // in the order in which they happened
  std::vector<Batch> batches{};                               // that wrote its rows, in their order; ten at most
  std::vector<Hop> hops{};                                    // its records
  Rereads replays{};                                          // of those records
  std::vector<std::string> away{};  // databases that gave no answer, with the reason: what lies there is missing
};

// Kafka's times are whole milliseconds, those of all records of a delivery are the same, and a platform's clock may be
// ahead. So times alone don't give the order in which things happened; this does.
void put_in_order(std::vector<Station>& stations);

// A partition that retention has dropped, and with it perhaps what is looked for.
struct Dropped {
  std::string partition;
  Timestamp at;
  std::string dump_file;   // empty: none
  bool certainly = false;  // true: the receipt that is looked for was in it
};
// Where the key's row would have been: by the receipt, or by the time in an event's id. Other keys don't say it.
std::vector<Dropped> dropped_with(postgres::Connection& connection, std::string_view key);

// The story of a match, from Postgres alone.
Story story_of(sinks::FamilyConnections& databases, const Match& match);

// Adds where its records stand on the topics: looked for at the times of its deliveries. What retention has deleted is
// not found.
void add_hops(Story& story, const config::Settings& settings);

// Adds which replays read these records again.
void add_replays(Story& story, sinks::FamilyConnections& databases);

}  // namespace wxpipe::operate
