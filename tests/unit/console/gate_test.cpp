// Who gets in, by what, and how often one may try.
#include "console/gate.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "console/passwords.hpp"
#include "tests/support/manual_clock.hpp"

namespace wxpipe::console {
namespace {
using namespace std::chrono_literals;
using testing::AllOf;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

const std::string& password_hash() {
  static const auto hash = hash_password("a good password");
  return hash;
}

class GateTest : public testing::Test {
 protected:
  GateTest() {
    settings_.users = {
        {.name = "mei", .role = "analyst", .may = {}, .password = Secret(password_hash()), .token = {}, .expires = {}},
        {.name = "ci",
         .role = "viewer",
         .may = {},
         .password = {},
         .token = Secret(hash_token("wxp_right")),
         .expires = "2026-06-01"}};
  }
  static Request from(std::string_view address, Fields headers = {}) {
    Request request{.method = "GET", .path = "/", .query = {}, .headers = std::move(headers), .body = {}, .from = {}};
    request.from = parse_ip_address(address).value();
    return request;
  }
  std::string code_of(Gate& gate, const Request& request, const std::string& name, std::string_view password) {
    try {
      gate.log_in(request, name, password);
      return "in";
    } catch (const Problem& problem) {
      return problem.code;
    }
  }
  static std::string cookie_of(const std::string& set_cookie) { return set_cookie.substr(0, set_cookie.find(';')); }

  config::ConsoleSettings settings_;
  support::ManualClock clock_{Timestamp(1'780'000'000s)};  // 2026-05-28
};

TEST_F(GateTest, ARightPasswordOpensASessionThatEndsAfterTwelveHours) {
  Gate gate(settings_, clock_);
  EXPECT_FALSE(gate.who(from("10.0.0.1")));
  const auto entered = gate.log_in(from("10.0.0.1"), "mei", "a good password");
  EXPECT_EQ(entered.who.role, Role::analyst);
  EXPECT_THAT(entered.cookie, AllOf(StartsWith("wxpipe=wxp_"), HasSubstr("; HttpOnly"), HasSubstr("; SameSite=Strict"),
                                    HasSubstr("; Path=/"), Not(HasSubstr("Secure"))));
  const auto again = from("10.0.0.2", {{"cookie", "other=1; " + cookie_of(entered.cookie)}});
  ASSERT_TRUE(gate.who(again));
  EXPECT_EQ(gate.who(again)->name, "mei");
  EXPECT_EQ(gate.who(again)->address, "10.0.0.2");
  clock_.advance(12h);
  EXPECT_FALSE(gate.who(again));
}

TEST_F(GateTest, LoggingOutEndsTheSession) {
  Gate gate(settings_, clock_);
  const auto request =
      from("10.0.0.1", {{"cookie", cookie_of(gate.log_in(from("10.0.0.1"), "mei", "a good password").cookie)}});
  ASSERT_TRUE(gate.who(request));
  EXPECT_THAT(gate.log_out(request), HasSubstr("Max-Age=0"));
  EXPECT_FALSE(gate.who(request));
}

TEST_F(GateTest, OverTlsTheCookieIsBoundToIt) {
  Gate gate(settings_, clock_);
  auto request = from("10.0.0.1");
  request.tls = true;
  const auto cookie = gate.log_in(request, "mei", "a good password").cookie;
  EXPECT_THAT(cookie, AllOf(StartsWith("__Host-wxpipe="), HasSubstr("; Secure")));
}

TEST_F(GateTest, WrongTriesAreCountedByNameAndAddress) {
  Gate gate(settings_, clock_);
  for (size_t i = 0; i < Gate::kMostTries; ++i)
    EXPECT_EQ(code_of(gate, from("10.0.0.1"), "mei", "a bad password"), "wrong_login");
  EXPECT_EQ(code_of(gate, from("10.0.0.1"), "mei", "a good password"), "too_many_tries");
  EXPECT_EQ(code_of(gate, from("10.0.0.2"), "mei", "a good password"), "in");
  clock_.advance(Gate::kTriesCount);
  EXPECT_EQ(code_of(gate, from("10.0.0.1"), "mei", "a good password"), "in");
}

TEST_F(GateTest, ANameThatIsUnknownOrHasNoPasswordIsAnsweredAlike) {
  Gate gate(settings_, clock_);
  EXPECT_EQ(code_of(gate, from("10.0.0.1"), "nobody", "a good password"), "wrong_login");
  EXPECT_EQ(code_of(gate, from("10.0.0.1"), "ci", ""), "wrong_login");
  EXPECT_EQ(code_of(gate, from("10.0.0.1"), "mei", std::string(5'000, 'x')), "wrong_login");
}

TEST_F(GateTest, ATokenIsGoodUntilTheEndOfItsLastDay) {
  Gate gate(settings_, clock_);
  const auto request = from("10.0.0.1", {{"authorization", "Bearer wxp_right"}});
  ASSERT_TRUE(gate.who(request));
  EXPECT_EQ(gate.who(request)->login, Login::token);
  EXPECT_THROW(gate.who(from("10.0.0.1", {{"authorization", "Bearer wxp_wrong"}})), Problem);
  EXPECT_THROW(gate.who(from("10.0.0.1", {{"authorization", "Bearer "}})), Problem);
  clock_.advance(5 * 24h);
  EXPECT_THROW(gate.who(request), Problem);
}

TEST_F(GateTest, OnlyATrustedProxysHeadersSayWhoAsks) {
  settings_.proxies = {"10.0.0.5"};
  settings_.proxy_user_header = "X-Forwarded-User";
  settings_.proxy_groups_header = "X-Forwarded-Groups";
  settings_.groups = {{"ops", "operator"}};
  Gate gate(settings_, clock_);
  const Fields headers{{"x-forwarded-user", "lin"}, {"x-forwarded-groups", "ops,others"}};
  EXPECT_FALSE(gate.who(from("10.0.0.6", headers)));
  const auto who = gate.who(from("10.0.0.5", headers));
  ASSERT_TRUE(who);
  EXPECT_EQ(who->name, "lin");
  EXPECT_EQ(who->role, Role::operator_);
  // A person who sent the header as well, and a proxy that only added its own.
  EXPECT_FALSE(gate.who(
      from("10.0.0.5", {{"x-forwarded-user", "lin"}, {"x-forwarded-user", "chief"}, {"x-forwarded-groups", "ops"}})));
  EXPECT_THROW(gate.who(from("10.0.0.5", {{"x-forwarded-user", "lin"}, {"x-forwarded-groups", "others"}})), Problem);
}

TEST_F(GateTest, WithoutUsersAndProxyEverybodyMayDoEverything) {
  settings_.users.clear();
  Gate gate(settings_, clock_);
  ASSERT_TRUE(gate.who(from("127.0.0.1")));
  EXPECT_EQ(gate.who(from("127.0.0.1"))->role, Role::operator_);
  EXPECT_EQ(gate.who(from("127.0.0.1"))->login, Login::none);
}

}  // namespace
}  // namespace wxpipe::console
