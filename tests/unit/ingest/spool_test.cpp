// The spool's promises: what it confirmed survives, its size is limited, it never confirms what it doesn't have.
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sqlite3.h>
#include <sys/stat.h>

#include <atomic>
#include <filesystem>
#include <fstream>
#include <future>
#include <set>
#include <stop_token>
#include <unordered_set>

#include "common/result.hpp"
#include "ingest/delivery/spool.hpp"
#include "ingest/delivery/spool_copies.hpp"
#include "rig/temporary_folder.hpp"
#include "tests/support/manual_clock.hpp"

namespace wxpipe::ingest {
namespace {
using testing::ElementsAre;
using testing::HasSubstr;
using testing::ThrowsMessage;
using testing::UnorderedElementsAre;
using namespace std::chrono_literals;

constexpr Timestamp kNow{std::chrono::microseconds(1'795'536'000'000'000)};

Outbound record(const std::string& key, const std::string& value) {
  return {.topic = schemas::TopicName::events,
          .key = key,
          .value = value,
          .event_id = "id",
          .receipt = "i/b/1",
          .traceparent = "00-x",
          .timestamp = kNow};
}

class SpoolTest : public testing::Test {
 protected:
  std::unique_ptr<Spool> open(uint64_t max_bytes = 1 << 20) {
    config::SpoolSettings settings;
    settings.directory = folder_.path();
    settings.max_bytes = max_bytes;
    settings.max_age = 60s;
    return std::make_unique<Spool>(settings, "test", "wxpipe.", clock_, metrics_,
                                   Spool::Options{.keep = keep_, .monotonic = [this] { return steady_.load(); }});
  }
  static std::optional<int64_t> put(Spool& spool, const Outbound& record, Spool::Row row = Spool::Row::late) {
    std::promise<std::optional<int64_t>> stored;
    spool.put(
        record, [&](std::optional<int64_t> id) { stored.set_value(id); }, row);
    return stored.get_future().get();
  }
  std::vector<Outbound> contents(Spool& spool) {
    std::vector<Outbound> records;
    pass(Spool::kGrace);
    for (auto& spooled : spool.oldest(0, 1000, 1 << 30)) records.push_back(spooled.record);
    return records;
  }
  void pass(std::chrono::seconds time) { steady_ = steady_.load() + time; }
  void wait_until_events(Spool& spool, int64_t events) {
    while (spool.events() != events) std::this_thread::yield();
  }

  // The receipts that a repair would find.
  std::vector<std::string> found(const std::unordered_set<std::string>& receipts) const {
    std::vector<std::string> all;
    EXPECT_THAT(find_in_spools(folder_.path(), receipts,
                               [&](const auto&, Outbound&& record) { all.push_back(std::move(record.receipt)); }),
                ElementsAre());
    return all;
  }
  // An event that the broker has.
  int64_t put_copy(Spool& spool, const Outbound& record) {
    const auto id = put(spool, record), copies = std::optional(spool.copies());
    EXPECT_TRUE(id);
    spool.delivered({*id});
    while (spool.copies() != *copies + 1) std::this_thread::yield();
    return *id;
  }
  static Outbound numbered(int number, size_t bytes = 10) {
    auto made = record("k", std::string(bytes, 'x'));
    made.receipt = fmt::format("i/b/{}", number);
    return made;
  }

  rig::TemporaryFolder folder_;
  std::chrono::seconds keep_{0};
  support::ManualClock clock_{kNow};
  std::atomic<Spool::SteadyTime> steady_{Spool::SteadyTime(100h)};
  telemetry::Metrics metrics_;
};

TEST_F(SpoolTest, WhatWasConfirmedIsFoundAgainAfterReopening) {
  const auto first = record("shop||a", std::string("bytes \x01\x02", 8)), second = record("shop||b", "{}");
  {
    const auto spool = open();
    EXPECT_TRUE(put(*spool, first));
    EXPECT_TRUE(put(*spool, second));
  }
  const auto spool = open();
  EXPECT_EQ(spool->events(), 2);
  EXPECT_THAT(contents(*spool), ElementsAre(first, second));
  EXPECT_TRUE(spool->holds(key_hash(first)));
}

TEST_F(SpoolTest, RemovedEventsAreGoneAndTheirKeyIsFree) {
  const auto spool = open();
  const auto one = record("shop||a", "1");
  const auto id = put(*spool, one);
  ASSERT_TRUE(id);
  spool->delivered({*id});
  wait_until_events(*spool, 0);
  EXPECT_FALSE(spool->holds(key_hash(one)));
  EXPECT_THAT(contents(*spool), ElementsAre());
}

TEST_F(SpoolTest, HoldsAKeyFromThePutOn) {
  const auto spool = open();
  const auto one = record("shop||a", "1");
  std::promise<void> stored;
  spool->put(
      one, [&](auto) { stored.set_value(); }, Spool::Row::alone);
  EXPECT_TRUE(spool->holds(key_hash(one)));
  stored.get_future().get();
}

TEST_F(SpoolTest, RefusesBeyondItsSizeAndTakesAgainAfterDraining) {
  const auto spool = open(1 << 20);
  const auto big = record("k", std::string(700'000, 'x'));
  const auto id = put(*spool, big);
  ASSERT_TRUE(id);
  EXPECT_FALSE(put(*spool, big));
  EXPECT_EQ(spool->events(), 1);
  spool->delivered({*id});
  wait_until_events(*spool, 0);
  EXPECT_TRUE(put(*spool, big));
}

TEST_F(SpoolTest, RefusesWhileItsOldestEventIsTooOld) {
  const auto spool = open();
  const auto first = put(*spool, record("k", "1"));
  ASSERT_TRUE(first);
  pass(59s);
  ASSERT_TRUE(put(*spool, record("k", "2")));
  pass(2s);
  EXPECT_FALSE(put(*spool, record("k", "3")));
  spool->delivered({*first});
  wait_until_events(*spool, 1);
  EXPECT_TRUE(put(*spool, record("k", "3"))) << "the oldest is another one now";
}

TEST_F(SpoolTest, KnowsHowOldIsWhatAnEarlierLifeLeft) {
  ASSERT_TRUE(put(*open(), record("k", "1")));
  clock_.advance(59s);
  const auto spool = open();
  ASSERT_TRUE(put(*spool, record("k", "2")));
  pass(2s);
  EXPECT_FALSE(put(*spool, record("k", "3")));
}

TEST_F(SpoolTest, AWallClockThatIsSetRightMakesNothingTooOld) {
  const auto spool = open();
  ASSERT_TRUE(put(*spool, record("k", "1")));
  clock_.advance(24h);
  EXPECT_TRUE(put(*spool, record("k", "2")));
  clock_.advance(-48h);
  EXPECT_TRUE(put(*spool, record("k", "3")));
  EXPECT_THAT(contents(*spool), ElementsAre(record("k", "1"), record("k", "2"), record("k", "3")))
      << "none of them waits for the clock to come round";
}

TEST_F(SpoolTest, LeavesWhatIsYoungerThanTheGraceToTheBroker) {
  const auto spool = open();
  ASSERT_TRUE(put(*spool, record("k", "1")));
  pass(Spool::kGrace);
  ASSERT_TRUE(put(*spool, record("k", "2")));
  const auto found = spool->oldest(0, 1000, 1 << 30);
  ASSERT_EQ(found.size(), 1u);
  EXPECT_EQ(found[0].record, record("k", "1"));
  EXPECT_THAT(contents(*spool), ElementsAre(record("k", "1"), record("k", "2")));
}

TEST_F(SpoolTest, GivesAtOnceWhatTheBrokerWasNotSentButNotAheadOfWhatItWas) {
  const auto spool = open();
  const auto found = [&] {
    std::vector<Outbound> records;
    for (auto& spooled : spool->oldest(0, 1000, 1 << 30)) records.push_back(spooled.record);
    return records;
  };
  ASSERT_TRUE(put(*spool, record("k", "1"), Spool::Row::alone));
  EXPECT_THAT(found(), ElementsAre(record("k", "1")));
  const auto late = put(*spool, record("k", "2"), Spool::Row::late);
  ASSERT_TRUE(late);
  ASSERT_TRUE(put(*spool, record("k", "3"), Spool::Row::alone));
  EXPECT_THAT(found(), ElementsAre(record("k", "1"))) << "3 comes after 2, which the broker may have in a moment";
  spool->delivered({*late});  // it has it
  wait_until_events(*spool, 2);
  EXPECT_THAT(found(), ElementsAre(record("k", "1"), record("k", "3")));
}

TEST_F(SpoolTest, AFullDiskIsARefusalAndNothingElse) {
  const auto spool = open();
  ASSERT_TRUE(put(*spool, record("k", "1")));
  {  // To SQLite this looks like a full disk: another process holds the file for longer than anyone waits.
    sqlite3* other = nullptr;
    ASSERT_EQ(sqlite3_open((folder_.path() / "test.spool").c_str(), &other), SQLITE_OK);
    ASSERT_EQ(sqlite3_exec(other, "begin immediate", nullptr, nullptr, nullptr), SQLITE_OK);
    EXPECT_FALSE(put(*spool, record("k", "2")));
    sqlite3_exec(other, "rollback", nullptr, nullptr, nullptr);
    sqlite3_close(other);
  }
  EXPECT_TRUE(put(*spool, record("k", "3")));
  EXPECT_THAT(contents(*spool), ElementsAre(record("k", "1"), record("k", "3")));
}

TEST_F(SpoolTest, KeepsACopyOfWhatTheBrokerHasUntilItIsOldEnough) {
  keep_ = 60s;
  const auto spool = open();
  const auto one = numbered(1);
  put_copy(*spool, one);
  EXPECT_EQ(spool->events(), 0);
  EXPECT_FALSE(spool->holds(key_hash(one)));
  EXPECT_THAT(contents(*spool), ElementsAre()) << "nobody sends it again";
  EXPECT_THAT(found({"i/b/1"}), ElementsAre("i/b/1"));
  pass(58s);
  put_copy(*spool, numbered(2));
  EXPECT_EQ(spool->copies(), 2);
  pass(2s);
  while (spool->copies() != 1) std::this_thread::yield();
  EXPECT_THAT(found({"i/b/1", "i/b/2"}), ElementsAre("i/b/2"));
}

TEST_F(SpoolTest, CopiesAreCopiesAfterARestartAndLeaveWhenNoneAreKeptAnyMore) {
  keep_ = 60s;
  {
    const auto spool = open();
    put_copy(*spool, numbered(1));
    ASSERT_TRUE(put(*spool, numbered(2)));
    put_copy(*spool, numbered(3));
  }
  {
    const auto spool = open();
    EXPECT_EQ(spool->events(), 1);
    EXPECT_EQ(spool->copies(), 2);
    EXPECT_THAT(contents(*spool), ElementsAre(numbered(2)));
    clock_.advance(59s);
  }
  {
    const auto spool = open();
    EXPECT_EQ(spool->copies(), 2);
    put_copy(*spool, numbered(4));
    pass(2s);
    while (spool->copies() != 1) std::this_thread::yield();
    EXPECT_THAT(found({"i/b/1", "i/b/2", "i/b/3", "i/b/4"}), ElementsAre("i/b/2", "i/b/4"))
        << "an event waits however old it is";
  }
  keep_ = 0s;
  const auto spool = open();
  while (spool->copies() != 0) std::this_thread::yield();
  EXPECT_THAT(found({"i/b/2", "i/b/4"}), ElementsAre("i/b/2"));
}

TEST_F(SpoolTest, ACopyThatTheLedgerDoesNotKnowOfIsAnEventAgain) {
  keep_ = 60s;
  put_copy(*open(), numbered(1));
  const auto ledger = folder_ / "test.ledger";
  const auto lines = rig::read_file(ledger);
  const auto removed = lines.rfind("removed ");
  ASSERT_NE(removed, std::string::npos);
  folder_.write("test.ledger", lines.substr(0, removed));  // a power cut
  const auto spool = open();
  EXPECT_EQ(spool->events(), 1);
  EXPECT_THAT(contents(*spool), ElementsAre(numbered(1)));
}

TEST_F(SpoolTest, CopiesMakeRoomForEventsTheOldestFirst) {
  keep_ = 60s;
  const auto spool = open(1 << 20);
  put_copy(*spool, numbered(1, 300'000));
  put_copy(*spool, numbered(2, 300'000));
  put_copy(*spool, numbered(3, 300'000));
  ASSERT_TRUE(put(*spool, numbered(4, 300'000)));
  EXPECT_EQ(spool->copies(), 2);
  EXPECT_THAT(found({"i/b/1", "i/b/2", "i/b/3", "i/b/4"}), ElementsAre("i/b/2", "i/b/3", "i/b/4"));
  ASSERT_TRUE(put(*spool, numbered(5, 700'000)));
  EXPECT_EQ(spool->copies(), 0);
  EXPECT_FALSE(put(*spool, numbered(6, 300'000))) << "events make no room for others";
  EXPECT_THAT(contents(*spool), ElementsAre(numbered(4, 300'000), numbered(5, 700'000)));
}

TEST_F(SpoolTest, TheDrainerSeesTheEventsBetweenCopies) {
  keep_ = 60s;
  const auto spool = open();
  std::vector<Outbound> waiting;
  for (int i = 1; i <= 20; ++i) {
    if (i % 4 == 0) {
      ASSERT_TRUE(put(*spool, waiting.emplace_back(numbered(i))));
    } else {
      put_copy(*spool, numbered(i));
    }
  }
  EXPECT_EQ(contents(*spool), waiting);
  const auto some = spool->oldest(4, 2, 1 << 30);
  ASSERT_EQ(some.size(), 2U);
  EXPECT_EQ(some[0].record, numbered(8));
  EXPECT_EQ(some[1].record, numbered(12));
}

TEST_F(SpoolTest, ACopyHoldsItsKeyOnlyWhenTheBrokerIsLate) {
  keep_ = 60s;
  const auto spool = open();
  const auto one = numbered(1);
  const auto key = key_hash(one);
  std::promise<std::optional<int64_t>> stored;
  spool->put(
      one, [&](auto id) { stored.set_value(id); }, Spool::Row::copy);
  const auto id = stored.get_future().get();
  ASSERT_TRUE(id);
  EXPECT_FALSE(spool->holds(key));
  EXPECT_EQ(spool->holding(), 0);
  spool->hold(key);
  EXPECT_TRUE(spool->holds(key));
  EXPECT_EQ(spool->holding(), 1);
  spool->hand_over(*id, key);
  ASSERT_TRUE(put(*spool, record("other", "1")));  // it was handed over before this was stored
  EXPECT_TRUE(spool->holds(key));
  spool->delivered({*id});
  while (spool->holds(key)) std::this_thread::yield();
  // What the broker has meanwhile takes no hold.
  spool->hold(key);
  spool->hand_over(*id, key);
  while (spool->holds(key)) std::this_thread::yield();
  EXPECT_EQ(spool->holding(), 1) << "the other one";
}

TEST_F(SpoolTest, AStopEndsTheWaitForTheLock) {
  const auto spool = open();
  config::SpoolSettings settings;
  settings.directory = folder_.path();
  std::stop_source stop;
  auto second = std::async(std::launch::async, [&] {
    Spool(settings, "test", "wxpipe.", clock_, metrics_, Spool::Options{.stop = stop.get_token()});
  });
  EXPECT_EQ(second.wait_for(50ms), std::future_status::timeout);
  const auto asked = std::chrono::steady_clock::now();
  stop.request_stop();
  EXPECT_THROW(second.get(), Unavailable);
  EXPECT_LT(std::chrono::steady_clock::now() - asked, 5s);
}

TEST_F(SpoolTest, BelongsToOneProcess) {
  const auto spool = open();
  EXPECT_THAT([&] { open(); }, ThrowsMessage<UsageError>(HasSubstr("--instance")));
}

std::filesystem::perms rights(const std::filesystem::path& path) { return std::filesystem::status(path).permissions(); }

// Whatever the umask; SQLite's -wal and -shm are there while it is open.
TEST_F(SpoolTest, WhatItMakesIsForItsUserAlone) {
  using std::filesystem::perms;
  const auto before = ::umask(0);
  for (const auto* name : {"new/spool", "new/other/", "new/third/."}) {
    config::SpoolSettings settings;
    settings.directory = folder_ / name;
    Spool spool(settings, "test", "wxpipe.", clock_, metrics_);
    EXPECT_TRUE(put(spool, record("k", "1")));
    const std::filesystem::path directory = settings.directory;
    EXPECT_EQ(rights(directory), perms::owner_all) << name;
    EXPECT_FALSE(is_open_to_others(directory));
    std::set<std::string> files;
    for (const auto& file : std::filesystem::directory_iterator(directory)) {
      files.insert(file.path().filename());
      EXPECT_EQ(rights(file), perms::owner_read | perms::owner_write) << file.path();
    }
    EXPECT_THAT(files, ElementsAre("test.ledger", "test.lock", "test.spool", "test.spool-shm", "test.spool-wal"));
  }
  ::umask(before);
}

TEST_F(SpoolTest, ClosesFilesThatWereLeftOpenAndLeavesTheFolderAsItIs) {
  using std::filesystem::perms;
  constexpr auto kForAll = perms::owner_all | perms::group_read | perms::group_exec;
  { EXPECT_TRUE(put(*open(), record("k", "1"))); }
  std::filesystem::permissions(folder_.path(), kForAll);
  std::filesystem::permissions(folder_ / "test.spool", kForAll);
  EXPECT_TRUE(is_open_to_others(folder_.path()));
  const auto spool = open();
  EXPECT_EQ(spool->events(), 1);
  EXPECT_EQ(rights(folder_.path()), kForAll);
  for (const auto* name : {"test.spool", "test.spool-wal", "test.spool-shm"})
    EXPECT_EQ(rights(folder_ / name), perms::owner_read | perms::owner_write) << name;
  EXPECT_FALSE(is_open_to_others(folder_ / "nowhere"));
}

TEST_F(SpoolTest, ADirectoryThatCantBeMadeIsAUsageError) {
  config::SpoolSettings settings;
  settings.directory = "/proc/no/spool";
  EXPECT_THAT([&] { Spool(settings, "test", "wxpipe.", clock_, metrics_); },
              ThrowsMessage<UsageError>(HasSubstr("spool.directory")));
}

TEST_F(SpoolTest, CopiesAreFoundByTheirReceiptsInEveryFileThatCanBeRead) {
  auto wanted = record("shop||a", std::string("bytes \x01\x00\x02", 9)), other = record("shop||b", "{}");
  other.receipt = "i/b/2";
  const auto spool = open();  // stays open, as an ingest process has it
  for (const auto& one : {wanted, other}) ASSERT_TRUE(put(*spool, one));
  folder_.write("broken.spool", "this is no database, however long it may be");
  folder_.write("notes.txt", "nor is this");
  std::vector<std::pair<std::string, Outbound>> found;
  const auto unread = find_in_spools(folder_.path(), {"i/b/1", "i/b/3"}, [&](const auto& file, Outbound&& record) {
    found.emplace_back(file.filename(), std::move(record));
  });
  EXPECT_THAT(found, ElementsAre(std::pair(std::string("test.spool"), wanted)));
  EXPECT_THAT(unread, ElementsAre(HasSubstr("broken.spool: ")));
  // A row that was changed is no copy.
  sqlite3* other_hand = nullptr;
  ASSERT_EQ(sqlite3_open((folder_ / "test.spool").c_str(), &other_hand), SQLITE_OK);
  EXPECT_EQ(sqlite3_exec(other_hand, "update events set value = x'7b7d' where id = 1", nullptr, nullptr, nullptr),
            SQLITE_OK);
  sqlite3_close(other_hand);
  EXPECT_THAT(find_in_spools(folder_.path(), {"i/b/1"}, [](const auto&, Outbound&&) { FAIL(); }),
              UnorderedElementsAre(HasSubstr("broken.spool: "), HasSubstr("so not used: row 1")));
  EXPECT_THAT(find_in_spools(folder_ / "none", {"i/b/1"}, [](const auto&, Outbound&&) { FAIL(); }),
              ElementsAre(HasSubstr("none: No such file")));
}

}  // namespace
}  // namespace wxpipe::ingest
