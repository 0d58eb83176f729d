// Names against DNS rebinding, and pages of other sites.
#include "console/guard.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace wxpipe::console {
namespace {
using testing::HasSubstr;
using testing::Not;

Request request(std::string method, Fields headers) {
  Request out{.method = std::move(method),
              .path = "/api/v1/x",
              .query = {},
              .headers = std::move(headers),
              .body = {},
              .from = {}};
  out.headers.emplace_back("host", "console.example.com");
  return out;
}
bool refused(const std::string& method, Fields headers, std::optional<Login> who = Login::password) {
  return refused_as_cross_site(request(method, std::move(headers)), who).has_value();
}

TEST(Guard, ANameIsOursIfItIsAnAddressOrNamed) {
  config::ConsoleSettings settings;
  settings.hosts = {"console.example.com"};
  for (const auto* host : {"127.0.0.1:9470", "[::1]:9470", "localhost", "LOCALHOST:1", "localhost.", "192.0.2.7",
                           "Console.Example.com:443"})
    EXPECT_TRUE(is_our_name(host, settings)) << host;
  for (const auto* host : {"", "evil.example.com", "console.example.com.evil.com", "127.0.0.1.evil.com", "[::1"})
    EXPECT_FALSE(is_our_name(host, settings)) << host;
  EXPECT_FALSE(names_us({.method = "GET", .path = "/", .query = {}, .headers = {}, .body = {}, .from = {}}, settings));
  EXPECT_FALSE(names_us(request("GET", {{"host", "localhost"}}), settings)) << "two of them";
}

TEST(Guard, APageOfAnotherSiteGetsNothing) {
  EXPECT_FALSE(refused("POST", {{"sec-fetch-site", "same-origin"}}));
  EXPECT_FALSE(refused("POST", {{"sec-fetch-site", "none"}}));
  EXPECT_TRUE(refused("POST", {{"sec-fetch-site", "cross-site"}}));
  EXPECT_TRUE(refused("POST", {{"sec-fetch-site", "same-site"}}));
  EXPECT_TRUE(refused("GET", {{"sec-fetch-site", "cross-site"}}));
  EXPECT_FALSE(refused("GET", {}));
}

TEST(Guard, AnOldBrowserIsJudgedByItsOrigin) {
  EXPECT_FALSE(refused("POST", {{"origin", "https://console.example.com"}}));
  EXPECT_TRUE(refused("POST", {{"origin", "https://evil.example.com"}}));
  EXPECT_TRUE(refused("POST", {{"origin", "null"}}));
  EXPECT_TRUE(refused("POST", {{"origin", "https://console.example.com:8443"}}));
}

TEST(Guard, AProgramTakesATokenNotACookie) {
  EXPECT_TRUE(refused("POST", {}, Login::password));
  EXPECT_TRUE(refused("POST", {}, Login::proxy));
  EXPECT_FALSE(refused("POST", {}, Login::token));
  EXPECT_FALSE(refused("POST", {}, Login::none));
  EXPECT_FALSE(refused("POST", {}, std::nullopt)) << "logging in";
}

TEST(Guard, EveryAnswerForbidsWhatThePagesDontNeed) {
  std::string all;
  for (const auto& [name, value] : security_headers()) all += name + ": " + value + "\n";
  EXPECT_THAT(all,
              HasSubstr("default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self'"));
  EXPECT_THAT(all, HasSubstr("nosniff"));
  EXPECT_THAT(all, HasSubstr("frame-ancestors 'none'"));
  EXPECT_THAT(all, Not(HasSubstr("unsafe")));
}

}  // namespace
}  // namespace wxpipe::console
