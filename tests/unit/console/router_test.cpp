// Which request reaches which handler, and which reaches none.
#include "console/router.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace wxpipe::console {
namespace {
using testing::HasSubstr;

class RouterTest : public testing::Test {
 protected:
  RouterTest()
      : router_({{"GET",
                  "/api/v1/things",
                  Role::viewer,
                  Right::none,
                  {"limit", "match"},
                  [](const Call& call) {
                    return Response{.body = "list " + std::to_string(call.values.number("limit", 5, 1, 10)) + " " +
                                            std::to_string(call.values.texts("match").size())};
                  }},
                 {"GET",
                  "/api/v1/things/{id}",
                  Role::viewer,
                  Right::none,
                  {},
                  [](const Call& call) { return Response{.body = "one " + call.part}; }},
                 {"POST",
                  "/api/v1/things/{id}/stop",
                  Role::operator_,
                  Right::none,
                  {"why", "filter.state", "sure"},
                  [](const Call& call) {
                    return Response{.body = call.part + " " + call.values.text("why") + " " +
                                            call.values.text("filter.state") +
                                            (call.values.flag("sure", false) ? " sure" : "")};
                  }},
                 {"GET", "/api/v1/secret", Role::viewer, Right::export_, {}, [](const Call&) {
                    return Response{.body = "x"};
                  }}}) {}

  // The body, or "status code: text".
  std::string ask(const std::string& method, std::string_view target, std::optional<Identity> who,
                  std::string body = {}, Fields headers = {{"content-type", "application/json"}}) {
    Request request{
        .method = method, .path = {}, .query = {}, .headers = std::move(headers), .body = std::move(body), .from = {}};
    if (!read_target(target, request)) return "unreadable";
    try {
      return router_.call(request, who).body;
    } catch (const Problem& problem) {
      return fmt::format("{} {}: {}", problem.status, problem.code, problem.what());
    }
  }
  const Identity viewer_ = identity("v", "viewer", {}, Login::password),
                 operator_ = identity("o", "operator", {}, Login::password);
  Router router_;
};

TEST_F(RouterTest, FindsTheRouteAndItsPart) {
  EXPECT_EQ(ask("GET", "/api/v1/things?limit=7&match=a&match=b", viewer_), "list 7 2");
  EXPECT_EQ(ask("GET", "/api/v1/things", viewer_), "list 5 0");
  EXPECT_EQ(ask("HEAD", "/api/v1/things/a%20b", viewer_), "one a b");
  EXPECT_EQ(
      ask("POST", "/api/v1/things/7/stop", operator_, R"({"why":"it 太慢","sure":true,"filter":{"state":"open"}})"),
      "7 it 太慢 open sure");
}

TEST_F(RouterTest, SaysWhatIsWrong) {
  EXPECT_THAT(ask("GET", "/api/v1/nothing", viewer_), HasSubstr("404 not_found"));
  EXPECT_THAT(ask("GET", "/api/v1/things/", viewer_), HasSubstr("404 not_found"));
  EXPECT_THAT(ask("GET", "/api/v1/things/a/b", viewer_), HasSubstr("404 not_found"));
  EXPECT_THAT(ask("DELETE", "/api/v1/things", viewer_), HasSubstr("405 method"));
  EXPECT_THAT(ask("GET", "/api/v1/things?limt=7", viewer_), HasSubstr("400 bad_request: there is no parameter 'limt'"));
  EXPECT_THAT(ask("GET", "/api/v1/things?limit=11", viewer_), HasSubstr("no whole number from 1 to 10"));
  EXPECT_THAT(ask("GET", "/api/v1/things?limit=1&limit=2", viewer_), HasSubstr("limit is there twice"));
  EXPECT_EQ(ask("GET", "/api/v1/things?limit=%zz", viewer_), "unreadable");
  EXPECT_EQ(ask("GET", "/api/v1/things?limit=%4", viewer_), "unreadable");
  EXPECT_EQ(ask("GET", "/api/v1/things%00", viewer_), "unreadable");
}

TEST_F(RouterTest, WhoIsNotAllowedGetsNothing) {
  EXPECT_THAT(ask("GET", "/api/v1/things", std::nullopt), HasSubstr("401 login_needed"));
  EXPECT_THAT(ask("POST", "/api/v1/things/7/stop", viewer_), HasSubstr("403 forbidden: this needs the role operator"));
  EXPECT_THAT(ask("GET", "/api/v1/secret", viewer_), HasSubstr("403 forbidden: this needs the right 'export'"));
  EXPECT_EQ(ask("GET", "/api/v1/secret", operator_), "x");
}

TEST_F(RouterTest, ABodyIsAJsonObjectOfKnownNames) {
  EXPECT_THAT(ask("POST", "/api/v1/things/7/stop", operator_, "[1]"), HasSubstr("no JSON object"));
  EXPECT_THAT(ask("POST", "/api/v1/things/7/stop", operator_, R"({"whi":"x"})"), HasSubstr("no parameter 'whi'"));
  EXPECT_THAT(ask("POST", "/api/v1/things/7/stop", operator_, R"({"filter":{"stat":"x"}})"),
              HasSubstr("no parameter 'filter.stat'"));
  EXPECT_THAT(ask("POST", "/api/v1/things/7/stop", operator_, R"({"sure":"perhaps"})"),
              HasSubstr("neither true nor false"));
  EXPECT_THAT(ask("POST", "/api/v1/things/7/stop", operator_, "why=x", {{"content-type", "text/plain"}}),
              HasSubstr("415 bad_request"));
}

}  // namespace
}  // namespace wxpipe::console
