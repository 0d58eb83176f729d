// Every body of the shared corpus, wrapped as its platform wraps it: all but the malformed ones become events.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <sstream>

#include "ingest/document.hpp"
#include "tests/unit/ingest/platform_side.hpp"

namespace wxpipe::ingest {
namespace {

using namespace test;

const std::filesystem::path kCorpus = "../shared/corpus";

struct Body {
  std::string name, text;
};

// The platforms' documentation uses a time in 1973. Such a body gets a plausible time instead.
constexpr std::string_view kMadeUpTime = ">123456789<";
std::string in_our_time(std::string text) {
  if (const size_t at = text.find(kMadeUpTime); at != std::string::npos)
    text.replace(at, kMadeUpTime.size(), ">1348831860<");
  return text;
}

std::vector<Body> bodies(const std::string& folder) {
  std::vector<Body> out;
  for (const auto& entry : std::filesystem::directory_iterator(kCorpus / folder)) {
    std::ifstream file(entry.path(), std::ios::binary);
    std::ostringstream text;
    text << file.rdbuf();
    out.push_back({folder + "/" + entry.path().filename().string(), in_our_time(text.str())});
  }
  return out;
}

bool starts_with(std::string_view name, std::string_view prefix) {
  return name.substr(name.find('/') + 1).starts_with(prefix);
}

// The result of an interpretation as a word.
std::string outcome(const Interpretation& interpretation) {
  if (const auto* refused = std::get_if<Refused>(&interpretation))
    return fmt::format("refused {}", to_string(refused->refusal));
  if (const auto* kept = std::get_if<Unreadable>(&interpretation))
    return fmt::format("{}: {}", to_string(kept->letter.reason), kept->letter.detail);
  return std::holds_alternative<Accepted>(interpretation) ? "accepted" : "challenge";
}

// Later than all times in the bodies, so that none is in the future. Webhooks aren't judged by it: they must be fresh.
constexpr Timestamp kLongAfter = Timestamp(std::chrono::seconds(6'000'000'000));

class Corpus : public testing::Test {
 protected:
  void SetUp() override {
    if (!std::filesystem::exists(kCorpus)) GTEST_SKIP() << kCorpus << " isn't here";
  }

  std::string interpreted(Request request) {
    if (request.webhook_id.empty()) request.received_at = kLongAfter;
    return outcome(accounts_.interpret(request.callback()));
  }

  AccountBook accounts_ = [] {
    std::vector<config::AccountSettings> settings;
    for (const auto* kind :
         {"official_account", "mini_program", "open_platform", "open_platform_messages", "wework_app",
          "wework_suite_command", "wework_suite_data", "wework_bot", "wework_instance"})
      settings.push_back(account(kind));
    settings.push_back(account("official_account", "plain"));
    settings.back().name = "plain";
    return book(settings);
  }();
};

TEST_F(Corpus, OfficialAccountBodiesAreEventsInEveryMode) {
  for (const auto& body : bodies("mp")) {
    if (body.name == "mp/envelope_compat_mode.xml") continue;
    EXPECT_EQ(interpreted(clear_request("plain", body.text)), "accepted") << body.name;
    EXPECT_EQ(interpreted(encrypted_request("official_account", body.text, {.receiveid = "wxapp"})), "accepted")
        << body.name;
    EXPECT_EQ(interpreted(encrypted_json_request("mini_program", body.text, {.receiveid = "wxapp"}, "Encrypt")),
              "accepted")
        << body.name;
    Request messages = encrypted_request("open_platform_messages", body.text, {.receiveid = "wxcomponent"});
    messages.tenant = "wx0123456789abcdef";
    EXPECT_EQ(interpreted(messages), "accepted") << body.name;
  }
}

TEST_F(Corpus, BodiesFromBeforeWechatAreKeptAsImplausible) {
  std::ifstream file(kCorpus / "mp/event_click.xml", std::ios::binary);
  std::ostringstream text;
  text << file.rdbuf();
  EXPECT_EQ(interpreted(clear_request("plain", text.str())), "implausible_time: 123456789 is before 2011");
}

TEST_F(Corpus, OpenPlatformBodiesAreEvents) {
  for (const auto& body : bodies("open_platform"))
    if (!starts_with(body.name, "envelope")) {
      EXPECT_EQ(interpreted(encrypted_request("open_platform", body.text, {.receiveid = "wxcomponent"})), "accepted")
          << body.name;
    }
}

TEST_F(Corpus, WeworkBodiesAreEvents) {
  for (const auto& body : bodies("wework")) {
    // Envelopes have their own tests. Archive records are fetched by us, never sent as callbacks.
    if (starts_with(body.name, "envelope") || starts_with(body.name, "archive")) continue;
    const bool data = starts_with(body.name, "suite_data");
    const bool command = !data && starts_with(body.name, "suite_");
    const Request request = command ? encrypted_request("wework_suite_command", body.text, {.receiveid = "wwsuite"})
                            : data  ? encrypted_request("wework_suite_data", body.text, {.receiveid = "wwcorp"})
                                    : encrypted_request("wework_app", body.text, {.receiveid = "wwcorp"});
    EXPECT_EQ(interpreted(request), "accepted") << body.name;
  }
}

TEST_F(Corpus, CustomerServiceNoticesAreEvents) {
  for (const auto& body : bodies("kf"))
    if (body.name.ends_with(".xml")) {
      EXPECT_EQ(interpreted(encrypted_request("wework_app", body.text, {.receiveid = "wwcorp"})), "accepted")
          << body.name;
    }
}

TEST_F(Corpus, BotBodiesAreEvents) {
  for (const auto& body : bodies("robot"))
    if (body.name.ends_with(".json") && !starts_with(body.name, "envelope")) {
      EXPECT_EQ(interpreted(encrypted_json_request("wework_bot", body.text, {})), "accepted") << body.name;
    }
}

TEST_F(Corpus, AnyJsonIsAWebhook) {
  for (const auto* folder : {"mp", "kf", "robot", "wework"})
    for (const auto& body : bodies(folder))
      if (body.name.ends_with(".json")) {
        EXPECT_EQ(interpreted(webhook_request("wework_instance", body.text)), "accepted") << body.name;
      }
}

TEST_F(Corpus, EveryBodyOutsideMalformedIsADocument) {
  for (const auto* folder : {"mp", "kf", "open_platform", "robot", "wework"})
    for (const auto& body : bodies(folder)) EXPECT_TRUE(parse_document(body.text)) << body.name;
}

TEST_F(Corpus, MalformedBodiesAreKeptWithTheReasonOrReadWhereTheirMeaningIsPlain) {
  for (const auto& body : bodies("malformed")) {
    const auto document = parse_document(body.text);
    if (starts_with(body.name, "text_control_char")) {
      ASSERT_TRUE(document) << body.name;
      EXPECT_EQ(document->value("Content"), " \uFFFDc");
      EXPECT_TRUE(document->sanitised());
      EXPECT_EQ(interpreted(encrypted_request("official_account", body.text, {.receiveid = "wxapp"})), "accepted");
    } else {
      ASSERT_FALSE(document) << body.name;
      EXPECT_EQ(document.error().reason, starts_with(body.name, "xxe") ? Reason::doctype : Reason::malformed_xml)
          << body.name;
    }
  }
}

}  // namespace
}  // namespace wxpipe::ingest
