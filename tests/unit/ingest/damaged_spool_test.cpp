// Whatever happens to a spool's files: each event that was confirmed is found with its own bytes, or it is named as
// lost, and the audit gets to know it. The spool opens and takes events all the same.
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sqlite3.h>

#include <atomic>
#include <filesystem>
#include <fstream>
#include <future>
#include <random>
#include <set>
#include <sstream>
#include <unordered_set>

#include "ingest/delivery/spool.hpp"
#include "ingest/delivery/spool_copies.hpp"
#include "ingest/delivery/spool_wal.hpp"
#include "rig/temporary_folder.hpp"
#include "schemas/fact_json.hpp"
#include "schemas/facts/custody_mark.hpp"
#include "tests/support/manual_clock.hpp"

namespace wxpipe::ingest {
namespace {
namespace fs = std::filesystem;
using schemas::CustodyMark;
using schemas::TopicName;
using testing::Contains;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;
using namespace std::chrono_literals;

constexpr Timestamp kNow{std::chrono::microseconds(1'795'536'000'000'000)};
constexpr const char* kProcess = "in-1/19ab1f5b2c0";

Outbound event(int64_t sequence, size_t bytes) {
  return {.topic = TopicName::events,
          .key = fmt::format("shop||o{}", sequence % 7),
          .value = fmt::format("{{\"n\":{},\"text\":\"{}\"}}", sequence,
                               std::string(bytes, static_cast<char>('a' + sequence % 26))),
          .event_id = fmt::format("019ab1f5-b2c0-7000-8000-{:012}", sequence),
          .receipt = fmt::format("{}/{}", kProcess, sequence),
          .traceparent = "00-x",
          .timestamp = kNow};
}

Outbound mark(int64_t number, int64_t first, int64_t next) {
  CustodyMark made;
  made.instance = "in-1";
  made.boot = "19ab1f5b2c0";
  made.number = number;
  made.marked_at = kNow;
  made.first = first;
  made.next = next;
  made.received_from = made.received_to = kNow;
  made.acknowledged = {{"shop", std::chrono::floor<std::chrono::minutes>(kNow), true, next - first}};
  made.outcomes = {{1, static_cast<uint32_t>(next - first)}};
  Outbound record;
  record.topic = TopicName::custody;
  record.key = kProcess;
  record.timestamp = kNow;
  schemas::encode(made, record.value);
  return record;
}

// What an opened spool holds, and what was lost on the way.
struct Outcome {
  std::map<std::string, Outbound> delivered;  // by receipt
  std::set<std::string> named;
  std::vector<CustodyMark> marks;
  std::vector<fs::path> kept;
  double counted = 0;
};

class DamagedSpoolTest : public testing::Test {
 protected:
  // The files of a process that was killed while the spool held kEvents, some of them larger than a page, and marks of
  // all but the last few. Some had left it before.
  void SetUp() override {
    const auto spool = open(folder_.path());
    std::vector<int64_t> gone;
    for (int64_t i = 1; i <= kEvents; ++i) {
      const auto one = event(i, i % 5 == 0 ? 9'000 : 300);
      const auto id = put(*spool, one);
      ASSERT_TRUE(id);
      if (i % 10 == 0) {
        ASSERT_TRUE(put(*spool, mark(i / 10, i - 9, i + 1)));
      }
      if (i <= kGone)
        gone.push_back(*id);
      else
        confirmed_.emplace(one.receipt, one);
      if (i == 30) {
        spool->delivered(gone);
        while (spool->events() != 30 - kGone + 3) std::this_thread::yield();
        checkpoint();
      }
    }
    for (const auto* name : {"test.spool", "test.spool-wal", "test.ledger"})
      files_.emplace(name, rig::read_file(folder_ / name));
    ASSERT_GT(files_["test.spool"].size(), 8 * kPage);
    ASSERT_GT(files_["test.spool-wal"].size(), 20 * kPage);
  }
  static constexpr int64_t kEvents = 67, kGone = 9;

  // A part of the events is in the file itself, the rest in its log.
  void checkpoint() const { run(folder_ / "test.spool", "pragma wal_checkpoint(passive)"); }
  static void run(const fs::path& file, const std::string& sql) {
    sqlite3* database = nullptr;
    ASSERT_EQ(sqlite3_open(file.c_str(), &database), SQLITE_OK);
    EXPECT_EQ(sqlite3_exec(database, sql.c_str(), nullptr, nullptr, nullptr), SQLITE_OK) << sqlite3_errmsg(database);
    sqlite3_close(database);
  }

  std::unique_ptr<Spool> open(const fs::path& directory) {
    config::SpoolSettings settings;
    settings.directory = directory;
    return std::make_unique<Spool>(settings, "test", "wxpipe.", clock_, *metrics_,
                                   Spool::Options{.keep = keep_, .monotonic = [this] { return steady_.load(); }});
  }
  static std::optional<int64_t> put(Spool& spool, const Outbound& record) {
    std::promise<std::optional<int64_t>> stored;
    spool.put(
        record, [&](std::optional<int64_t> id) { stored.set_value(id); }, Spool::Row::late);
    return stored.get_future().get();
  }

  Outcome open_damaged(const std::map<std::string, std::string>& files) {
    const rig::TemporaryFolder folder;
    for (const auto& [name, bytes] : files) folder.write(name, bytes);
    return outcome_of(folder.path());
  }
  Outcome outcome_of(const fs::path& directory) {
    metrics_ = std::make_unique<telemetry::Metrics>();
    Outcome outcome;
    const auto spool = open(directory);
    for (auto& one : spool->oldest(0, 10'000, 1 << 30)) {
      if (one.record.topic == TopicName::custody)
        outcome.marks.push_back(schemas::decode<CustodyMark>(one.record.value).value());
      else
        outcome.delivered.emplace(one.record.receipt, one.record);
    }
    for (const auto& entry : fs::directory_iterator(directory)) {
      if (entry.path().string().find(".damaged-") != std::string::npos) outcome.kept.push_back(entry.path());
      if (entry.path().extension() != ".lost") continue;
      std::istringstream lines(rig::read_file(entry.path()));
      for (std::string line; std::getline(lines, line);) outcome.named.insert(line.substr(0, line.find(' ')));
    }
    outcome.counted = metrics_->spool_lost.Value();
    EXPECT_TRUE(put(*spool, event(1'000, 10))) << "it takes what comes";
    return outcome;
  }

  // Delivered and named are together what was confirmed; and whatever is named is covered by a mark, so that the audit
  // misses it.
  void expect_accounted(const Outcome& outcome) const {
    for (const auto& [receipt, record] : confirmed_) {
      const auto found = outcome.delivered.find(receipt);
      EXPECT_EQ(outcome.named.contains(receipt), found == outcome.delivered.end()) << receipt;
      if (found != outcome.delivered.end()) {
        EXPECT_EQ(found->second, record);
      }
    }
    EXPECT_EQ(outcome.counted, static_cast<double>(outcome.named.size()));
    EXPECT_FALSE(outcome.kept.empty() && !outcome.named.empty()) << "what is damaged is kept";
    for (const auto& receipt : outcome.named) {
      EXPECT_TRUE(confirmed_.contains(receipt)) << receipt << " was never lost";
      const auto sequence = schemas::parse_receipt(receipt)->sequence;
      EXPECT_EQ(std::count_if(outcome.marks.begin(), outcome.marks.end(),
                              [&](const CustodyMark& one) { return one.first <= sequence && sequence < one.next; }),
                1)
          << receipt;
    }
  }

  rig::TemporaryFolder folder_;
  std::chrono::seconds keep_{0};
  support::ManualClock clock_{kNow};
  std::atomic<Spool::SteadyTime> steady_{Spool::SteadyTime(100h)};
  std::unique_ptr<telemetry::Metrics> metrics_ = std::make_unique<telemetry::Metrics>();
  std::map<std::string, Outbound> confirmed_;  // and not removed since
  std::map<std::string, std::string> files_;
};

TEST_F(DamagedSpoolTest, AfterAKillEverythingIsThereAndNothingIsSaid) {
  const auto outcome = open_damaged(files_);
  expect_accounted(outcome);
  EXPECT_EQ(outcome.delivered.size(), confirmed_.size());
  EXPECT_THAT(outcome.kept, IsEmpty());
  EXPECT_THAT(outcome.marks, SizeIs(6));
}

TEST_F(DamagedSpoolTest, ABitThatFellAnywhereIsNoticedOrDoesNotMatter) {
  std::mt19937 random(20);
  size_t noticed = 0, lost = 0;
  for (int i = 0; i < 200; ++i) {
    auto files = files_;
    auto& bytes = files[i % 2 == 0 ? "test.spool" : "test.spool-wal"];
    const auto at = random() % bytes.size();
    bytes[at] = static_cast<char>(bytes[at] ^ (1 << random() % 8));
    SCOPED_TRACE(fmt::format("{} at {}", i % 2 == 0 ? "file" : "log", at));
    const auto outcome = open_damaged(files);
    expect_accounted(outcome);
    EXPECT_LE(outcome.named.size(), 4U) << "one bit costs one row, or those of one page";
    noticed += outcome.kept.empty() ? 0 : 1;
    lost += outcome.named.size();
  }
  RecordProperty("noticed", static_cast<int>(noticed));
  RecordProperty("lost", static_cast<int>(lost));
  EXPECT_GT(noticed, 50U);
}

TEST_F(DamagedSpoolTest, CutAtAnyPageItHoldsWhatIsBeforeTheCut) {
  for (const auto* name : {"test.spool", "test.spool-wal"}) {
    const auto step = std::string(name).ends_with("-wal") ? kPage + kFrameHeader : kPage;
    for (size_t length = 0; length < files_[name].size(); length += step) {
      SCOPED_TRACE(fmt::format("{} cut at {}", name, length));
      auto files = files_;
      files[name].resize(length);
      expect_accounted(open_damaged(files));
    }
  }
}

TEST_F(DamagedSpoolTest, NoiseOrNothingInsteadOfAFileIsNamedAndKept) {
  std::mt19937 random(1);
  for (const auto* name : {"test.spool", "test.spool-wal"}) {
    SCOPED_TRACE(name);
    auto files = files_;
    for (auto& byte : files[name]) byte = static_cast<char>(random());
    auto outcome = open_damaged(files);
    expect_accounted(outcome);
    EXPECT_FALSE(outcome.named.empty());
    EXPECT_FALSE(outcome.kept.empty());
    files.erase(name);
    outcome = open_damaged(files);
    expect_accounted(outcome);
    EXPECT_FALSE(outcome.named.empty());
  }
}

TEST_F(DamagedSpoolTest, AWrongValueInAnyColumnIsSetAsideAndTheRestIsDelivered) {
  for (const auto* change : {"topic=255",
                             "topic=-1",
                             "topic='events'",
                             "topic=1",
                             "key=''",
                             "key=x'00ff'",
                             "value=x''",
                             "value='{}'",
                             "value=zeroblob(5000)",
                             "event_id='other'",
                             "receipt='in-1/19ab1f5b2c0/9999'",
                             "receipt=''",
                             "traceparent=''",
                             "received_at=0",
                             "received_at=9223372036854775807",
                             "received_at='now'",
                             "stored_at=-9223372036854775808",
                             "stored_at=1.5",
                             "checksum=0",
                             "checksum='none'",
                             "id=5000"}) {
    SCOPED_TRACE(change);
    const rig::TemporaryFolder folder;
    for (const auto& [name, bytes] : files_) folder.write(name, bytes);
    run(folder / "test.spool", fmt::format("update events set {} where receipt = '{}/47'", change, kProcess));
    const auto outcome = outcome_of(folder.path());
    expect_accounted(outcome);
    EXPECT_LE(outcome.named.size(), 1U);
    EXPECT_FALSE(outcome.kept.empty());
  }
}

TEST_F(DamagedSpoolTest, ADamagedLedgerCostsNothingWhileTheSpoolIsWhole) {
  std::mt19937 random(3);
  for (int i = 0; i < 50; ++i) {
    auto files = files_;
    auto& bytes = files["test.ledger"];
    const auto at = random() % bytes.size();
    SCOPED_TRACE(at);
    bytes[at] = static_cast<char>(bytes[at] ^ (1 << random() % 8));
    const auto outcome = open_damaged(files);
    EXPECT_EQ(outcome.delivered.size(), confirmed_.size());
    EXPECT_THAT(outcome.named, IsEmpty());
  }
}

TEST_F(DamagedSpoolTest, WithoutALedgerDamageInTheLogIsNoticed) {
  auto files = files_;
  files.erase("test.ledger");
  files["test.spool-wal"][kWalHeader + 2 * (kFrameHeader + kPage) + 100] ^= 1;
  const auto outcome = open_damaged(files);
  EXPECT_FALSE(outcome.kept.empty());
  size_t missing = 0;
  for (const auto& [receipt, record] : confirmed_) missing += outcome.delivered.contains(receipt) ? 0 : 1;
  EXPECT_LE(missing, 1U) << "what lies behind the damage is read";
}

// What lay behind the last mark is known to nobody but the ledger.
TEST_F(DamagedSpoolTest, WhatNoMarkNamesIsNamedByALateOne) {
  auto files = files_;
  files["test.spool-wal"] = "";
  const auto outcome = open_damaged(files);
  expect_accounted(outcome);
  std::vector<int64_t> late;
  for (const auto& one : outcome.marks)
    if (one.number >= schemas::kFirstLateMark) late.push_back(one.first);
  EXPECT_THAT(late, ElementsAre(61, 62, 63, 64, 65, 66, 67));
}

TEST_F(DamagedSpoolTest, WhatTheBrokersMarksCoverIsNotMarkedAgain) {
  const rig::TemporaryFolder folder;
  {
    const auto spool = open(folder.path());
    for (int64_t i = 1; i <= 4; ++i) ASSERT_TRUE(put(*spool, event(i, 10)));
    spool->marked(kProcess, 4);
    ASSERT_TRUE(put(*spool, event(5, 10)));
  }
  fs::resize_file(folder / "test.spool", 0);
  const auto outcome = outcome_of(folder.path());
  EXPECT_THAT(outcome.named, SizeIs(5));
  std::vector<int64_t> late;
  for (const auto& one : outcome.marks) late.push_back(one.first);
  EXPECT_THAT(late, ElementsAre(4, 5));
}

TEST_F(DamagedSpoolTest, IsSaidOnceAndTheKeptFileOpensAsItWas) {
  const rig::TemporaryFolder folder;
  for (const auto& [name, bytes] : files_) folder.write(name, bytes);
  run(folder / "test.spool", fmt::format("update events set topic = 255 where receipt = '{}/47'", kProcess));
  const auto damaged = rig::read_file(folder / "test.spool");
  const auto first = outcome_of(folder.path());
  EXPECT_THAT(first.named, ElementsAre(fmt::format("{}/47", kProcess)));
  EXPECT_EQ(metrics_->spool_damaged_files.Value(), 1);
  const auto kept = folder / "test.spool.damaged-20261124T160000Z";
  EXPECT_EQ(rig::read_file(kept), damaged);
  const auto second = outcome_of(folder.path());
  EXPECT_EQ(second.kept.size(), first.kept.size());
  EXPECT_EQ(second.counted, 0);
  EXPECT_EQ(second.delivered.size(), confirmed_.size()) << "all but one, and the one that came since";
  EXPECT_EQ(metrics_->spool_damaged_files.Value(), 1) << "until an operator moves it away";
}

// The swap of files is the only moment at which a kill could matter.
TEST_F(DamagedSpoolTest, ARescueThatWasKilledIsFinishedOrDoneAgain) {
  const rig::TemporaryFolder folder;
  for (const auto& [name, bytes] : files_) folder.write(name, bytes);
  folder.write("test.spool.building", "half of it");
  fs::resize_file(folder / "test.spool", kPage);
  expect_accounted(outcome_of(folder.path()));

  const rig::TemporaryFolder built;
  {
    const auto spool = open(built.path());
    ASSERT_TRUE(put(*spool, event(1, 10)));
  }
  fs::rename(built / "test.spool", built / "test.spool.built");
  built.write("test.spool", files_["test.spool"]);
  built.write("test.spool-wal", files_["test.spool-wal"]);
  const auto outcome = outcome_of(built.path());
  EXPECT_EQ(outcome.delivered.size(), 1U);
  EXPECT_THAT(outcome.kept, IsEmpty());
}

TEST_F(DamagedSpoolTest, AFileWhoseMakerWasKilledBeforeItHadATableIsANewOne) {
  const rig::TemporaryFolder folder;
  run(folder / "test.spool", "pragma journal_mode=wal");
  const auto outcome = outcome_of(folder.path());
  EXPECT_THAT(outcome.kept, IsEmpty());
  EXPECT_THAT(outcome.delivered, IsEmpty());
}

TEST_F(DamagedSpoolTest, ASpoolOfAnOlderVersionGetsItsChecksums) {
  const rig::TemporaryFolder folder;
  run(folder / "test.spool",
      "pragma journal_mode=wal;"
      "create table events (id integer primary key autoincrement, topic integer not null, key text not null,"
      " value blob not null, event_id text not null, receipt text not null, traceparent text not null,"
      " received_at integer not null, stored_at integer not null);");
  const auto one = event(12, 6'000);
  run(folder / "test.spool",
      fmt::format("insert into events values (3, 0, '{}', cast('{}' as blob), '{}', '{}', '{}', {}, {})", one.key,
                  one.value, one.event_id, one.receipt, one.traceparent, microseconds(kNow), microseconds(kNow)));
  auto outcome = outcome_of(folder.path());
  EXPECT_THAT(outcome.delivered, ElementsAre(std::pair(one.receipt, one)));
  EXPECT_THAT(outcome.kept, IsEmpty());
  run(folder / "test.spool", "update events set value = cast('{}' as blob) where id = 3");
  outcome = outcome_of(folder.path());
  EXPECT_THAT(outcome.named, ElementsAre(one.receipt));
}

TEST_F(DamagedSpoolTest, DamageWhileItIsInUseIsNeitherDeliveredNorCarriedOnWith) {
  const rig::TemporaryFolder folder;
  {
    const auto spool = open(folder.path());
    for (int64_t i = 1; i <= 3; ++i) ASSERT_TRUE(put(*spool, event(i, 10)));
    steady_ = steady_.load() + Spool::kGrace;
    run(folder / "test.spool", "update events set value = cast('{}' as blob) where id = 2");
    EXPECT_THAT(spool->oldest(0, 100, 1 << 20), SizeIs(1));
    EXPECT_TRUE(spool->damaged());
    EXPECT_FALSE(put(*spool, event(4, 10))) << "the next start mends it";
  }
  const auto outcome = outcome_of(folder.path());
  EXPECT_THAT(outcome.named, IsEmpty()) << "the log still has the row as it was";
  EXPECT_FALSE(outcome.kept.empty());
  for (int64_t i = 1; i <= 3; ++i) EXPECT_EQ(outcome.delivered.at(event(i, 10).receipt), event(i, 10));
}

// The broker has what is a copy: damage to it is no loss, and is not named as one.
TEST_F(DamagedSpoolTest, DamageToCopiesIsNoLossAndTheOthersAreSaved) {
  keep_ = 1h;
  confirmed_.clear();
  std::unordered_set<std::string> copied;
  const rig::TemporaryFolder folder;
  std::map<std::string, std::string> files;
  {
    const auto spool = open(folder.path());
    std::vector<int64_t> delivered;
    for (int64_t i = 1; i <= 60; ++i) {
      const auto one = event(i, i % 5 == 0 ? 9'000 : 300);
      const auto id = put(*spool, one);
      ASSERT_TRUE(id);
      if (i % 3 == 0) {
        confirmed_.emplace(one.receipt, one);
      } else {
        delivered.push_back(*id);
        copied.insert(one.receipt);
      }
    }
    spool->delivered(delivered);
    while (spool->copies() != 40) std::this_thread::yield();
    for (const auto* name : {"test.spool", "test.spool-wal", "test.ledger"})
      files.emplace(name, rig::read_file(folder / name));
  }
  ASSERT_GT(files["test.spool-wal"].size(), 20 * kPage);
  std::mt19937 random(7);
  size_t noticed = 0;
  for (int i = 0; i < 60; ++i) {
    auto damaged = files;
    auto& bytes = damaged["test.spool-wal"];
    const auto at = random() % bytes.size();
    bytes[at] = static_cast<char>(bytes[at] ^ (1 << random() % 8));
    SCOPED_TRACE(at);
    const rig::TemporaryFolder other;
    for (const auto& [name, content] : damaged) other.write(name, content);
    const auto outcome = outcome_of(other.path());
    expect_accounted(outcome);
    EXPECT_EQ(outcome.delivered.size() + outcome.named.size(), confirmed_.size()) << "no copy is sent again";
    size_t found = 0;
    EXPECT_THAT(find_in_spools(other.path(), copied, [&](const auto&, Outbound&&) { ++found; }), IsEmpty());
    EXPECT_GE(found, copied.size() - 4);
    noticed += outcome.kept.empty() ? 0 : 1;
  }
  EXPECT_GT(noticed, 10U);
  // Without a whole ledger nobody knows which are copies, so all are sent.
  files["test.ledger"][files["test.ledger"].size() / 2] ^= 1;
  const rig::TemporaryFolder other;
  for (const auto& [name, content] : files) other.write(name, content);
  EXPECT_THAT(outcome_of(other.path()).delivered, SizeIs(60));
}

// Else a power cut after the deletion, or a full disk, would make a healthy spool look damaged.
TEST_F(DamagedSpoolTest, TheLedgerLetsAnEventGoBeforeTheFileDoes) {
  const rig::TemporaryFolder folder;
  const auto spool = open(folder.path());
  const auto id = put(*spool, event(1, 10));
  ASSERT_TRUE(id);
  sqlite3* other = nullptr;
  ASSERT_EQ(sqlite3_open((folder / "test.spool").c_str(), &other), SQLITE_OK);
  ASSERT_EQ(sqlite3_exec(other, "begin immediate", nullptr, nullptr, nullptr), SQLITE_OK);
  spool->delivered({*id});
  const auto in_ledger = [&] { return SpoolLedger::read(folder / "test.ledger").waiting.contains(*id); };
  for (const auto until = std::chrono::steady_clock::now() + 10s;
       in_ledger() && std::chrono::steady_clock::now() < until;)
    std::this_thread::yield();
  EXPECT_FALSE(in_ledger());
  EXPECT_EQ(spool->events(), 1) << "the file can't be written to, so it is still there";
  EXPECT_EQ(sqlite3_exec(other, "rollback", nullptr, nullptr, nullptr), SQLITE_OK);
  sqlite3_close(other);
}

TEST(SpoolLedgerTest, ALineThatACrashCutShortIsForgotten) {
  const rig::TemporaryFolder folder;
  const auto file = folder / "test.ledger";
  {
    SpoolLedger ledger(file);
    ledger.stored(1, event(1, 10));
    ledger.stored(2, mark(1, 1, 2));
    ledger.marked(kProcess, 2);
    EXPECT_TRUE(ledger.commit(true));
  }
  const auto before = SpoolLedger::read(file);
  EXPECT_TRUE(before.whole());
  EXPECT_EQ(before.highest, 2);
  EXPECT_EQ(before.waiting, (std::map{std::pair{int64_t{1}, SpoolLedger::entry_of(event(1, 10))},
                                      std::pair{int64_t{2}, SpoolLedger::entry_of(mark(1, 1, 2))}}));
  EXPECT_EQ(before.marked, (std::map<std::string, int64_t>{{kProcess, 2}}));
  std::ofstream(file, std::ios::app) << "removed 1 0123";
  EXPECT_EQ(SpoolLedger::read(file).waiting, before.waiting);
  SpoolLedger ledger(file);
  ledger.removed(1);
  EXPECT_TRUE(ledger.commit(false));
  const auto after = SpoolLedger::read(file);
  EXPECT_TRUE(after.whole());
  EXPECT_THAT(after.waiting, ElementsAre(testing::Key(2)));
}

TEST_F(DamagedSpoolTest, ItsLedgerStaysSmall) {
  const rig::TemporaryFolder folder;
  const auto spool = open(folder.path());
  const auto stays = put(*spool, event(1, 10));
  ASSERT_TRUE(stays);
  uint64_t largest = 0;
  for (int i = 0; i < 600; ++i) {
    // A mark is kept as a whole, so it fills the ledger quickly.
    auto large = mark(i + 1, 2, 3);
    large.value.insert(large.value.size() - 1, ",\"more\":\"" + std::string(6'000, 'x') + "\"");
    const auto id = put(*spool, large);
    ASSERT_TRUE(id);
    spool->delivered({*id});
    largest = std::max<uint64_t>(largest, fs::file_size(folder / "test.ledger"));
  }
  EXPECT_LT(largest, 2U << 20);
  const auto ledger = SpoolLedger::read(folder / "test.ledger");
  EXPECT_THAT(ledger.waiting, Contains(testing::Key(*stays)));
  EXPECT_EQ(ledger.topic_prefix, "wxpipe.");
}

}  // namespace
}  // namespace wxpipe::ingest
