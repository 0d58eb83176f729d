// A changed configuration while roles run: all of it or nothing.
#include "common/runtime/reload.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "common/result.hpp"
#include "tests/support/manual_clock.hpp"
#include "tests/support/metric_value.hpp"

namespace wxpipe::runtime {
namespace {
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using Outcome = Reload::Outcome;

class FakeSource : public ConfigurationSource {
 public:
  std::optional<config::Loaded> look(bool whatever) override {
    if (!whatever && !std::exchange(changed, false)) return std::nullopt;
    return now;
  }
  void record(std::vector<config::Change> taken) override {
    recorded.insert(recorded.end(), taken.begin(), taken.end());
  }
  void interrupt() override {}

  void becomes(config::Settings settings, std::vector<std::string> errors = {}) {
    now = {std::move(settings), std::move(errors), {}, {}};
    changed = true;
  }

  config::Loaded now;
  bool changed = false;
  std::vector<config::Change> recorded;
};

// Takes titles; refuses the title "bad".
class FakeRole : public Role {
 public:
  std::string_view name() const override { return "fake"; }
  void run(std::stop_token) override {}
  std::function<void()> prepare(const config::Settings& fresh) override {
    if (fresh.accounts.at(0).title == refused) throw UsageError("accounts.shop: this role can't take it");
    return [this, title = fresh.accounts.at(0).title] { taken.push_back(title); };
  }
  std::string refused = "bad";
  std::vector<std::string> taken;
};

config::Settings titled(const std::string& title) {
  config::Settings settings;
  settings.accounts.emplace_back().name = "shop";
  settings.accounts[0].title = title;
  return settings;
}

class ReloadTest : public testing::Test {
 protected:
  ReloadTest() { source_.now = {titled("first"), {}, {}, {}}; }
  static std::vector<std::unique_ptr<Role>> two_roles() {
    std::vector<std::unique_ptr<Role>> roles;
    for (int i = 0; i < 2; ++i) roles.push_back(std::make_unique<FakeRole>());
    return roles;
  }
  FakeRole& role(size_t i) { return static_cast<FakeRole&>(*roles_[i]); }
  double metric(const std::string& name) const { return support::metric_value(metrics_.exposition(), name); }
  double counted(const std::string& outcome) const {
    return metric("wxpipe_configuration_reloads_total{outcome=\"" + outcome + "\"}");
  }
  std::string logged(const std::function<void()>& act) {
    testing::internal::CaptureStderr();
    act();
    return testing::internal::GetCapturedStderr();
  }

  FakeSource source_;
  const std::vector<std::unique_ptr<Role>> roles_ = two_roles();
  telemetry::Metrics metrics_;
  support::ManualClock clock_;
  Reload reload_{titled("first"), source_, roles_, metrics_, clock_};
};

TEST_F(ReloadTest, IsTakenByEveryRoleAndRecordedByName) {
  EXPECT_EQ(reload_.look(false), Outcome::untouched);
  source_.becomes(titled("second"));
  clock_.advance(std::chrono::seconds(60));
  const auto log = logged([&] { EXPECT_EQ(reload_.look(false), Outcome::taken); });
  EXPECT_THAT(role(0).taken, ElementsAre("second"));
  EXPECT_THAT(role(1).taken, ElementsAre("second"));
  EXPECT_THAT(source_.recorded, ElementsAre(config::Change{"account", "shop", "title", true}));
  EXPECT_THAT(log, HasSubstr("event=configuration_taken changed=\"accounts.shop: title\""));
  EXPECT_EQ(counted("taken"), 1);
  EXPECT_EQ(metric("wxpipe_configuration_loaded_timestamp_seconds"),
            std::chrono::duration<double>(clock_.now().time_since_epoch()).count());
}

TEST_F(ReloadTest, ThatIsWrongChangesNothingAndSaysWhy) {
  source_.becomes(titled("second"), {"wxpipe.toml:3:1: accounts.shop.token: is missing"});
  const auto log = logged([&] { EXPECT_EQ(reload_.look(false), Outcome::refused); });
  EXPECT_THAT(log, HasSubstr("event=configuration_kept"));
  EXPECT_THAT(log, HasSubstr("wxpipe.toml:3:1: accounts.shop.token: is missing"));
  EXPECT_THAT(role(0).taken, IsEmpty());
  EXPECT_THAT(source_.recorded, IsEmpty());
  EXPECT_EQ(counted("refused"), 1);
  EXPECT_EQ(metric("wxpipe_configuration_refused"), 1);
  source_.becomes(titled("first"));
  EXPECT_EQ(reload_.look(false), Outcome::unchanged);
  EXPECT_EQ(metric("wxpipe_configuration_refused"), 0) << "it is as it was at the start";
}

TEST_F(ReloadTest, ThatOneRoleRefusesIsTakenByNone) {
  role(1).refused = "second";
  source_.becomes(titled("second"));
  EXPECT_EQ(reload_.look(false), Outcome::refused);
  EXPECT_THAT(role(0).taken, IsEmpty());
  source_.becomes(titled("third"));
  EXPECT_EQ(reload_.look(false), Outcome::taken);
  EXPECT_THAT(role(0).taken, ElementsAre("third"));
}

TEST_F(ReloadTest, OnRequestSaysThatNothingHasChanged) {
  EXPECT_THAT(logged([&] { EXPECT_EQ(reload_.look(true), Outcome::unchanged); }),
              HasSubstr("event=configuration_unchanged"));
  EXPECT_THAT(role(0).taken, IsEmpty());
}

TEST_F(ReloadTest, NamesOnceWhatNeedsARestart) {
  auto settings = titled("first");
  settings.ingest.threads = 7;
  source_.becomes(settings);
  EXPECT_THAT(logged([&] { EXPECT_EQ(reload_.look(false), Outcome::unchanged); }),
              HasSubstr("event=configuration_needs_restart settings=ingest.threads"));
  settings.accounts[0].title = "second";
  source_.becomes(settings);
  EXPECT_THAT(logged([&] { EXPECT_EQ(reload_.look(false), Outcome::taken); }), Not(HasSubstr("needs_restart")));
  source_.becomes(titled("second"));
  EXPECT_THAT(logged([&] { EXPECT_EQ(reload_.look(false), Outcome::unchanged); }), Not(HasSubstr("needs_restart")))
      << "it is as at the start again";
}

}  // namespace
}  // namespace wxpipe::runtime
