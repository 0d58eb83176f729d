#include "sinks/alerts/alert_rules.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <random>

namespace wxpipe::sinks {
namespace {
using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::IsEmpty;

const Timestamp kNoon = std::chrono::sys_days{std::chrono::year{2026} / 11 / 24} + 12h;
constexpr config::AlertSettings kSettings{
    .every = 30s, .lag = 300s, .unaccounted = 1, .dead_letters = 10, .instance_silent = 180s, .account_silent = 24h};

Observed quiet(Timestamp now = kNoon) {
  Observed observed;
  observed.now = now;
  observed.readers = std::vector<ReaderBehind>{{"process", 0s}, {"sink.messages", 0s}};
  return observed;
}

// What the table says after these changes, and what changed, as texts.
class Table {
 public:
  // "+rule source" for one that is opened, "-rule source" for one that is over.
  std::vector<std::string> look(const Observed& observed, const config::AlertSettings& settings = kSettings) {
    const auto changes = decide_alerts(settings, observed, open_);
    std::vector<std::string> texts;
    for (const auto& one : changes.resolved) {
      texts.push_back('-' + one.key.rule + ' ' + one.key.source_id);
      resolved_at_ = one.resolved_at;
      std::erase_if(open_, [&](const auto& each) { return each.id == one.id; });
    }
    for (const auto& one : changes.opened) {
      texts.push_back('+' + one.key.rule + ' ' + one.key.source_id);
      last_ = one;
      // As the table's unique index has it.
      EXPECT_TRUE(std::none_of(open_.begin(), open_.end(), [&](const auto& each) { return each.key == one.key; }));
      open_.push_back({std::to_string(++made_), one.key, one.opened_at});
    }
    return texts;
  }
  const NewAlert& last() const { return last_; }
  Timestamp resolved_at() const { return resolved_at_; }

 private:
  std::vector<OpenAlert> open_;
  NewAlert last_;
  Timestamp resolved_at_;
  int made_ = 0;
};

TEST(AlertRules, AreQuietWhereNothingIsTheMatter) { EXPECT_THAT(Table().look(quiet()), IsEmpty()); }

TEST(AlertRules, CallAReaderLateFromTheThresholdOnUntilHalfOfIt) {
  Table table;
  auto observed = quiet();
  const auto with_age = [&](std::chrono::seconds age) {
    observed.readers->at(1).age = age;
    return table.look(observed);
  };
  EXPECT_THAT(with_age(299s), IsEmpty());
  EXPECT_THAT(with_age(300s), ElementsAre("+lag sink.messages"));
  EXPECT_EQ(
      table.last(),
      (NewAlert{.key = {"lag", "reader", "sink.messages"},
                .opened_at = kNoon,
                .level = "ERROR",
                .title = "A reader is behind",
                .message = "The oldest record that sink.messages hasn't taken is 300 s old: `wxpipe lag` shows more",
                .metric_name = "lag_seconds",
                .value = 300,
                .threshold = 300}));
  EXPECT_THAT(with_age(400s), IsEmpty());
  EXPECT_THAT(with_age(150s), IsEmpty());
  observed.now += 30s;
  EXPECT_THAT(with_age(149s), ElementsAre("-lag sink.messages"));
  EXPECT_EQ(table.resolved_at(), kNoon + 30s);
}

TEST(AlertRules, SayNothingOfReadersWhileKafkaIsAway) {
  Table table;
  auto observed = quiet();
  observed.readers->at(0).age = 1h;
  EXPECT_THAT(table.look(observed), ElementsAre("+lag process"));
  observed.readers.reset();
  EXPECT_THAT(table.look(observed), IsEmpty()) << "neither over nor again";
}

TEST(AlertRules, CountUnaccountedCallbacksAndDeadLetters) {
  Table table;
  auto observed = quiet();
  observed.unaccounted = 1;
  observed.dead_letters = 10;
  EXPECT_THAT(table.look(observed), ElementsAre("+unaccounted custody", "+dead_letters dead_letters"));
  observed.dead_letters = 5;
  EXPECT_THAT(table.look(observed), IsEmpty());
  observed.unaccounted = 0;
  observed.dead_letters = 4;
  EXPECT_THAT(table.look(observed), ElementsAre("-dead_letters dead_letters", "-unaccounted custody"));
}

TEST(AlertRules, SayNothingOfDeadLettersWhileADatabaseIsAway) {
  Table table;
  auto observed = quiet();
  observed.dead_letters = 10;
  EXPECT_THAT(table.look(observed), ElementsAre("+dead_letters dead_letters"));
  observed.dead_letters.reset();
  EXPECT_THAT(table.look(observed), IsEmpty()) << "neither over nor again";
}

TEST(AlertRules, CallAnInstanceSilentByItsLastHeartbeat) {
  Table table;
  auto observed = quiet();
  observed.instances = {{"desk", kNoon - 179s, true, 0s}};
  EXPECT_THAT(table.look(observed), IsEmpty());
  observed.now = kNoon + 1s;
  EXPECT_THAT(table.look(observed), ElementsAre("+instance_silent desk"));
  EXPECT_EQ(table.last().opened_at, kNoon + 1s) << "when it had lasted for so long";
  EXPECT_EQ(table.last().account, "desk");
  EXPECT_EQ(table.last().value, 180);
  observed.now = kNoon + 1h;
  EXPECT_THAT(table.look(observed), IsEmpty()) << "still the same";
  observed.instances[0].last_at = kNoon + 59min;
  EXPECT_THAT(table.look(observed), ElementsAre("-instance_silent desk"));
  EXPECT_EQ(table.resolved_at(), kNoon + 59min) << "when it was heard again";
}

TEST(AlertRules, GiveAnInstanceThreeOfItsOwnIntervals) {
  Table table;
  auto observed = quiet();
  observed.instances = {{"desk", kNoon - 200s, true, 70s}};
  EXPECT_THAT(table.look(observed), IsEmpty());
  observed.now += 10s;
  EXPECT_THAT(table.look(observed), ElementsAre("+instance_silent desk"));
}

TEST(AlertRules, OpenANewOneWhereItWasHeardInBetween) {
  Table table;
  auto observed = quiet();
  observed.instances = {{"desk", kNoon - 1h, true, 0s}};
  EXPECT_THAT(table.look(observed), ElementsAre("+instance_silent desk"));
  observed.now = kNoon + 1h;
  observed.instances[0].last_at = kNoon + 1min;
  EXPECT_THAT(table.look(observed), ElementsAre("-instance_silent desk", "+instance_silent desk"));
  EXPECT_EQ(table.last().opened_at, kNoon + 4min);
}

TEST(AlertRules, CallNobodySilentWhileReadersAreBehind) {
  Table table;
  auto observed = quiet();
  observed.instances = {{"desk", kNoon - 10min, true, 0s}};
  observed.accounts = {{"shop", kNoon - 25h, true, 0s}};
  observed.readers->at(1).age = 200s;
  EXPECT_THAT(table.look(observed), ElementsAre("+instance_silent desk", "+account_silent shop"));
  Table other;
  observed.instances[0].last_at = kNoon - 6min;  // silent for 6 minutes, but what came in the last 200 s isn't known
  observed.readers->at(1).age = 240s;
  EXPECT_THAT(other.look(observed), ElementsAre("+account_silent shop"));
  observed.readers.reset();
  EXPECT_THAT(Table().look(observed), IsEmpty());
}

TEST(AlertRules, WonderAboutTheSilenceOfUsualAccountsOnly) {
  auto observed = quiet();
  observed.accounts = {{"shop", kNoon - 24h, true, 0s}, {"test", kNoon - 24h, false, 0s}};
  Table table;
  EXPECT_THAT(table.look(observed), ElementsAre("+account_silent shop"));
  observed.accounts[0].is_usual = false;  // it has been silent for so long
  EXPECT_THAT(table.look(observed), IsEmpty());
  observed.accounts.clear();
  EXPECT_THAT(table.look(observed), ElementsAre("-account_silent shop")) << "retired, or gone";
}

TEST(AlertRules, EndWhereTheyAreTurnedOff) {
  Table table;
  auto observed = quiet();
  observed.unaccounted = 1000;
  observed.dead_letters = 1000;
  observed.readers->at(0).age = 1h;
  observed.instances = {{"desk", kNoon - 5h, true, 0s}};
  observed.accounts = {{"shop", kNoon - 50h, true, 0s}};
  EXPECT_EQ(table.look(observed).size(), 5u);
  EXPECT_THAT(table.look(observed), IsEmpty());
  const config::AlertSettings off{30s, 0s, 0, 0, 0s, 0s};
  EXPECT_EQ(table.look(observed, off).size(), 5u);
  EXPECT_THAT(table.look(observed, off), IsEmpty());
}

// Looks may be skipped, repeated or done by another process: what is open at the end is the same.
TEST(AlertRules, ComeToTheSameHoweverOftenTheyLook) {
  std::mt19937 random(7);
  for (int way = 0; way < 200; ++way) {
    Table often, seldom;
    auto observed = quiet();
    observed.instances = {{"desk", kNoon, true, 0s}, {"desk2", kNoon, true, 60s}};
    observed.accounts = {{"shop", kNoon, true, 0s}};
    for (int step = 0; step < 60; ++step) {
      observed.now += std::chrono::seconds(random() % 20'000);
      for (auto* each : {&observed.instances[0], &observed.instances[1], &observed.accounts[0]})
        if (random() % 3 == 0) each->last_at = observed.now - std::chrono::seconds(random() % 100);
      observed.unaccounted = random() % 2;
      observed.dead_letters = random() % 2 == 0 ? 0 : 100;
      observed.readers->at(0).age = random() % 4 == 0 ? 600s : 0s;
      for (unsigned i = 0; i <= random() % 3; ++i) often.look(observed);
      if (random() % 4 == 0) seldom.look(observed);
    }
    observed.readers->at(0).age = 0s;
    const auto open = [&](Table& table) {
      table.look(observed);
      EXPECT_THAT(table.look(observed), IsEmpty());
      auto none = quiet(observed.now);
      auto texts = table.look(none);
      std::sort(texts.begin(), texts.end());
      return texts;
    };
    EXPECT_EQ(open(often), open(seldom));
  }
}

}  // namespace
}  // namespace wxpipe::sinks
