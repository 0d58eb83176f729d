#include "ingest/delivery/spool_rescue.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <optional>
#include <set>
#include <system_error>

#include "common/result.hpp"
#include "common/telemetry/log.hpp"
#include "ingest/delivery/spool_carver.hpp"
#include "ingest/delivery/spool_database.hpp"
#include "ingest/delivery/spool_folder.hpp"
#include "ingest/delivery/spool_ledger.hpp"
#include "ingest/delivery/spool_wal.hpp"
#include "schemas/fact_json.hpp"
#include "schemas/facts/custody_mark.hpp"

namespace wxpipe::ingest {
namespace {
namespace fs = std::filesystem;
using Entry = SpoolLedger::Entry;
using Waiting = std::map<int64_t, Entry>;
constexpr auto kAll = INT64_MAX;

uint64_t size_or_zero(const fs::path& file) {
  std::error_code absent;
  const auto size = fs::file_size(file, absent);
  return absent ? 0 : size;
}

struct Look {
  std::string damage;  // empty: nothing is missing
  std::optional<uint64_t> in_wal;
  bool has_checksums = true;
  SpoolInventory inventory;
  Waiting waiting;
};

// Whether the broker has it, as far as the ledger says.
bool has_left(const SpoolLedger::Contents& ledger, int64_t id) {
  return ledger.whole() && id <= ledger.highest && !ledger.waiting.contains(id);
}

void add(Look& look, const SpooledRecord& spooled) {
  look.inventory.rows.push_back({spooled.id, key_hash(spooled.record), size_of(spooled.record), spooled.stored_at});
  look.inventory.highest = std::max(look.inventory.highest, spooled.id);
  look.waiting.emplace(spooled.id, SpoolLedger::entry_of(spooled.record));
}

// Changes nothing, so that what is damaged can be kept as it is.
Look look_at(const SpoolFiles& files, const SpoolLedger::Contents& ledger) {
  Look look;
  look.inventory.highest = ledger.highest;
  look.in_wal = damage_in_wal(files.wal);
  if (size_or_zero(files.file) == 0) {
    // SQLite would delete the log of an empty file.
    if (size_or_zero(files.wal) > 0) look.damage = "the file is empty, its log is not";
  } else {
    try {
      SpoolDatabase database(files.file, SpoolDatabase::Use::look);
      look.has_checksums = database.has_checksums();
      look.damage = database.fault();
      if (look.damage.empty()) {
        database.read(0, kAll, [&](SpooledRecord&& spooled) {
          add(look, spooled);
          return true;
        });
        if (!look.has_checksums)  // of an older version, in which SQLite counted the ids
          look.inventory.highest = std::max(
              look.inventory.highest, database.number("select max(seq) from sqlite_sequence where name = 'events'"));
      }
    } catch (const DamagedFile& damaged) {
      look.damage = damaged.what();
    }
  }
  if (!look.damage.empty()) return look;
  const auto missing = std::count_if(ledger.waiting.begin(), ledger.waiting.end(),
                                     [&](const auto& entry) { return !look.waiting.contains(entry.first); });
  // A line of the ledger that can't be read may be the one that says that such an event has left. Each has a line.
  if (missing > static_cast<int64_t>(ledger.unreadable))
    look.damage = fmt::format("{} events that were confirmed are not in it", missing);
  // A log that a power cut left half written looks damaged, too. The ledger knows that nothing of it was confirmed.
  if (look.in_wal && !ledger.whole()) look.damage = "its log is damaged";
  return look;
}

// Where custody marks end, by process: those that the broker took, and those that wait here.
std::map<std::string, int64_t> marks_end(const SpoolLedger::Contents& ledger) {
  auto ends = ledger.marked;
  for (const auto& [id, entry] : ledger.waiting) {
    if (entry.topic != schemas::TopicName::custody) continue;
    const auto mark = schemas::decode<schemas::CustodyMark>(entry.value);
    if (!mark || mark->number >= schemas::kFirstLateMark) continue;
    auto& end = ends[mark->instance + '/' + mark->boot];
    end = std::max(end, mark->next);
  }
  return ends;
}

// A mark for one receipt, on behalf of a process that can't write it any more: without it, nobody would miss it.
Outbound late_mark(const schemas::Receipt& receipt, const Entry& lost, Timestamp now) {
  schemas::CustodyMark mark;
  const auto slash = receipt.process.rfind('/');
  mark.instance = receipt.process.substr(0, slash);
  mark.boot = receipt.process.substr(slash + 1);
  mark.number = schemas::kFirstLateMark + receipt.sequence;
  mark.marked_at = now;
  mark.first = receipt.sequence;
  mark.next = receipt.sequence + 1;
  mark.received_from = mark.received_to = lost.received_at;
  mark.acknowledged = {{lost.account, std::chrono::floor<std::chrono::minutes>(lost.received_at), true, 1}};
  mark.outcomes = {{1, 1}};
  Outbound record;
  record.topic = schemas::TopicName::custody;
  record.key = receipt.process;
  record.timestamp = now;
  schemas::encode(mark, record.value);
  return record;
}

class Rescue {
 public:
  Rescue(const SpoolFiles& files, const SpoolLedger::Contents& ledger, std::chrono::seconds keep, Timestamp now)
      : files_(files),
        ledger_(ledger),
        keep_(keep),
        now_(now) {}

  // A new file with all that the damaged ones still hold.
  void salvage() {
    build([&](SpoolDatabase& fresh) {
      gather(fresh, true);
      if (!ledger_.present) gather(fresh, false);  // perhaps from a version without checksums
      for (const auto& [id, entry] : ledger_.waiting) {
        if (saved_.contains(id)) continue;
        if (entry.topic == schemas::TopicName::custody)
          fresh.insert(id, {entry.topic, entry.key, entry.value, {}, {}, {}, entry.received_at}, now_);
        else
          lost_.push_back(&entry);
      }
      name_to_audit(fresh);
    });
    keep();
    swap();
  }

  // The same file with checksums.
  void convert() {
    build([&](SpoolDatabase& fresh) {
      SpoolDatabase old(files_.file, SpoolDatabase::Use::look);
      old.read(0, kAll, [&](SpooledRecord&& spooled) {
        fresh.insert(spooled);
        return true;
      });
    });
    swap();
  }

  size_t saved() const { return saved_.size() - copies_; }
  const std::vector<const Entry*>& lost() const { return lost_; }
  const fs::path& kept_as() const { return kept_as_; }

  // The new file takes the old one's place. It must not meet the old one's log.
  static void finish(const SpoolFiles& files) {
    fs::remove(files.wal);
    fs::remove(files.shm);
    fs::rename(files.built, files.file);
    sync_folder(files.file.parent_path());
  }

 private:
  template <class Fill>
  void build(Fill&& fill) {
    // Of an earlier one that was killed. SQLite would roll its journal back into the new file.
    fs::remove(files_.building);
    fs::remove(files_.building.string() + "-journal");
    SpoolDatabase fresh(files_.building, SpoolDatabase::Use::rebuild);
    fs::permissions(files_.building, fs::perms::owner_read | fs::perms::owner_write);
    fresh.run("begin");
    fill(fresh);
    fresh.run("commit");
  }

  void gather(SpoolDatabase& fresh, bool has_checksums) {
    const bool keeps_copies = keep_ > std::chrono::seconds(0);
    const auto wanted = [&](int64_t id) { return (keeps_copies || !has_left(ledger_, id)) && !saved_.contains(id); };
    carve({files_.file, files_.wal, has_checksums}, wanted, [&](const SpooledRecord& found) {
      const auto known = ledger_.waiting.find(found.id);
      if (known != ledger_.waiting.end() && known->second != SpoolLedger::entry_of(found.record)) return;
      const bool is_copy = has_left(ledger_, found.id);
      if (is_copy && now_ - found.stored_at >= keep_) return;  // what SQLite deleted is there as well
      if (!saved_.insert(found.id).second) return;
      fresh.insert(found);
      copies_ += is_copy ? 1 : 0;
    });
  }

  void name_to_audit(SpoolDatabase& fresh) {
    const auto ends = marks_end(ledger_);
    auto id = ledger_.highest;
    if (!saved_.empty()) id = std::max(id, *saved_.rbegin());
    for (const auto* lost : lost_) {
      const auto receipt = schemas::parse_receipt(lost->receipt);
      if (!receipt) continue;
      const auto end = ends.find(std::string(receipt->process));
      if (end != ends.end() && receipt->sequence < end->second) continue;  // a mark names it already
      fresh.insert(++id, late_mark(*receipt, *lost, now_), now_);
    }
  }

  // Other names for the same files; copies where the disk has no such names.
  void keep() {
    auto stamp = to_iso8601(std::chrono::floor<std::chrono::seconds>(now_)).substr(0, 19);
    std::erase_if(stamp, [](char one) { return one == '-' || one == ':'; });
    const auto base = fmt::format("{}.damaged-{}Z", files_.file.string(), stamp);
    kept_as_ = base;
    for (int i = 2; fs::exists(kept_as_); ++i) kept_as_ = fmt::format("{}-{}", base, i);
    for (const auto& [from, suffix] : {std::pair{files_.file, ""}, {files_.wal, "-wal"}, {files_.ledger, ".ledger"}}) {
      if (!fs::exists(from)) continue;
      const auto to = kept_as_.string() + suffix;
      std::error_code no_links;
      fs::create_hard_link(from, to, no_links);
      if (no_links) fs::copy_file(from, to);
    }
    if (lost_.empty()) return;
    std::string list;
    for (const auto* lost : lost_)
      list += fmt::format("{} {} {}\n", lost->receipt, lost->account, to_iso8601(lost->received_at));
    const auto name = kept_as_.string() + ".lost";
    const int file = ::open(name.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    const bool written = file >= 0 && ::write(file, list.data(), list.size()) == static_cast<ssize_t>(list.size());
    const std::error_code trouble(errno, std::generic_category());
    if (file >= 0) ::close(file);
    if (!written) throw std::system_error(trouble, name);
  }

  // From the second name on, an interrupted swap is finished at the next start.
  void swap() {
    fs::rename(files_.building, files_.built);
    sync_folder(files_.file.parent_path());
    finish(files_);
  }

  const SpoolFiles& files_;
  const SpoolLedger::Contents& ledger_;
  const std::chrono::seconds keep_;
  const Timestamp now_;
  std::set<int64_t> saved_;
  size_t copies_ = 0;  // of saved_
  std::vector<const Entry*> lost_;
  fs::path kept_as_;
};

SpoolInventory make_sound_or_throw(const SpoolFiles& files, const std::string& topic_prefix, std::chrono::seconds keep,
                                   const Clock& clock, telemetry::Metrics& metrics) {
  if (fs::exists(files.built)) Rescue::finish(files);
  make_private_file(files);
  const auto ledger = SpoolLedger::read(files.ledger);
  if (ledger.unreadable > 0)
    telemetry::log_warn("spool_ledger_damaged", {{"file", files.ledger.string()}, {"lines", ledger.unreadable}});
  auto look = look_at(files, ledger);
  const bool salvaged = !look.damage.empty();
  if (!look.damage.empty() || !look.has_checksums) {
    Rescue rescue(files, ledger, keep, clock.now());
    if (look.damage.empty()) {
      rescue.convert();
    } else {
      rescue.salvage();
      const auto lost = rescue.lost().size();
      metrics.spool_lost.Increment(static_cast<double>(lost));
      telemetry::log_error(
          "spool_damaged",
          {{"file", look.in_wal ? files.wal.string() : files.file.string()},
           {"at", look.in_wal.value_or(0)},
           {"why", look.damage},
           {"saved", rescue.saved()},
           {"lost_at_most", ledger.whole() ? std::to_string(lost) : "not known: no whole ledger beside it"},
           {"first", lost > 0 ? rescue.lost().front()->receipt : ""},
           {"kept_as", rescue.kept_as().string()},
           {"do", "run `wxpipe audit` once the spool has drained; move the kept files away when they are of no use"}});
    }
    look = look_at(files, {});
    if (!look.damage.empty())
      throw UsageError(fmt::format("spool.directory: {} was made just now, and can't be read: {}. Is the disk broken?",
                                   files.file.string(), look.damage));
    look.inventory.highest = std::max(look.inventory.highest, ledger.highest);
  }
  for (auto& row : look.inventory.rows) {
    row.is_copy = has_left(ledger, row.id);
    if (row.is_copy) look.waiting.erase(row.id);
  }
  SpoolLedger::Contents renewed;
  renewed.topic_prefix = topic_prefix;
  renewed.highest = look.inventory.highest;
  renewed.marked = ledger.marked;
  std::set<std::string> processes;
  for (const auto& [id, entry] : look.waiting)
    if (const auto receipt = schemas::parse_receipt(entry.receipt)) processes.emplace(receipt->process);
  std::erase_if(renewed.marked, [&](const auto& one) { return !processes.contains(one.first); });
  renewed.waiting = std::move(look.waiting);
  try {
    SpoolLedger::write(files.ledger, renewed);
  } catch (const std::system_error& error) {
    // The old one would name what was lost again at every start.
    if (!ledger.whole() || salvaged) throw;
    telemetry::log_warn("spool_ledger_not_renewed", {{"why", error.what()}});  // a full disk; the old one says the same
  }
  metrics.spool_damaged_files.Set(static_cast<double>(damaged_spools_in(files.file.parent_path()).size()));
  return std::move(look.inventory);
}
}  // namespace

SpoolInventory make_sound(const SpoolFiles& files, const std::string& topic_prefix, std::chrono::seconds keep,
                          const Clock& clock, telemetry::Metrics& metrics) {
  try {
    return make_sound_or_throw(files, topic_prefix, keep, clock, metrics);
  } catch (const DiskTrouble& trouble) {
    throw UsageError(fmt::format("spool.directory: {}: {}", files.file.string(), trouble.what()));
  } catch (const std::system_error& trouble) {  // also std::filesystem's
    throw UsageError(fmt::format("spool.directory: {}", trouble.what()));
  }
}

}  // namespace wxpipe::ingest
