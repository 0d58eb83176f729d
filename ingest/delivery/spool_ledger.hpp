// What the spool confirmed, in a small file beside it: the number and receipt of each event, whether it has left the
// spool, how far custody marks had come, and which topics they are for. Damage to the spool doesn't take this away, so
// what is lost is known by name (docs/decisions/0016-damaged-spools.md). Lines of text, each with a checksum of its
// own, only ever appended; the file is made anew when most of it is about events that have left.
//
// One thread. The line of an event is durable before the event is confirmed, and is written after the event itself:
// what was cut off by a crash was never confirmed. That an event has left is durable before it is deleted: what is
// missing from the file without such a line is lost.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string>

#include "ingest/delivery/spool_record.hpp"

namespace wxpipe::ingest {

class SpoolLedger {
 public:
  // One event that the spool confirmed and didn't let go.
  struct Entry {
    schemas::TopicName topic = schemas::TopicName::events;
    Timestamp received_at;
    std::string receipt, account;  // of a callback
    std::string key, value;        // of a custody mark: all of it
    bool operator==(const Entry&) const = default;
  };
  struct Contents {
    bool present = false;
    std::optional<std::string> topic_prefix;  // kafka.topic_prefix; empty: of a version that didn't note it
    size_t unreadable = 0;                    // lines whose checksum doesn't agree
    int64_t highest = 0;                      // the last id that was given
    std::map<int64_t, Entry> waiting;         // by id
    std::map<std::string, int64_t> marked;    // by process: custody marks cover the receipts below this one
    bool whole() const { return present && unreadable == 0; }
  };

  static Contents read(const std::filesystem::path& file);
  // Replaces the file. Throws std::system_error.
  static void write(const std::filesystem::path& file, const Contents& contents);
  static Entry entry_of(const Outbound& record);

  // Goes on with the file as it is. Throws std::system_error.
  explicit SpoolLedger(std::filesystem::path file);
  ~SpoolLedger();
  SpoolLedger(const SpoolLedger&) = delete;
  SpoolLedger& operator=(const SpoolLedger&) = delete;

  // To be written with the next commit.
  void stored(int64_t id, const Outbound& record);
  void removed(int64_t id);
  void marked(const std::string& process, int64_t next);
  // Writes what was noted since the last time. Returns false, and notes nothing, when the disk doesn't take it.
  // synced: only once it is on the disk.
  bool commit(bool synced);

 private:
  void renew();

  const std::filesystem::path path_;
  int file_ = -1;
  uint64_t size_ = 0, renew_at_ = 0;
  std::string lines_;
};

}  // namespace wxpipe::ingest
