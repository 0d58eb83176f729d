// Runs every golden case (case.hpp): a new callback variant is a new folder, no code. Each case must give its expected
// outcome. It must also show what holds for all: a retry is the same event, however it was encrypted; other bytes are
// another event; an event read back from JSON is the same; no sealed credential stands anywhere in clear.
//
//   WXPIPE_GOLDEN_PRINT=1 build/dev/tests/golden/golden_test --gtest_filter=official_account.text
// prints what came of the case, to be reviewed against the platform's rules before it becomes an expectation.
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>
#include <iostream>
#include <set>

#include "ingest/known_types.hpp"
#include "operate/outcome.hpp"
#include "schemas/fact_json.hpp"
#include "tests/golden/case.hpp"
#include "tests/golden/documented_types.hpp"

namespace wxpipe::ingest::golden {
namespace {

using operate::difference;
using operate::lines;

std::string show_seals(std::string_view text) { return operate::show_seals(text, test::sealer()); }
// With the account's usual token and key.
std::string render(const Interpretation& outcome) {
  std::vector<std::string> errors;
  return operate::render(outcome, make_account(test::account("official_account"), errors), test::sealer());
}

const std::filesystem::path kRoot = "tests/golden";

class GoldenCase : public testing::Test {
 public:
  explicit GoldenCase(std::filesystem::path folder) : folder_(std::move(folder)) {}

  void TestBody() override {
    const Case golden(folder_);
    const AccountBook accounts = test::book({golden.account()});
    const auto deliver = [&](const std::string& body, const Attempt& attempt) {
      const test::Request request = golden.request(body, attempt);
      return accounts.interpret(request.callback());
    };
    const Attempt first;
    const Attempt retry{.nonce = "othernonce", .random16 = "fedcba9876543210", .delay = std::chrono::seconds(5)};
    const Attempt elsewhere{.webhook_id = "msg_other"};

    const Interpretation outcome = deliver(golden.body(), first);
    if (std::getenv("WXPIPE_GOLDEN_PRINT") != nullptr) print(outcome);
    const std::string differs = difference(lines(render(outcome)), lines(golden.expected()));
    EXPECT_TRUE(differs.empty()) << folder_.string() << "/expected.json" << differs;

    if (const auto* accepted = std::get_if<Accepted>(&outcome)) {
      check(accepted->event, golden);
      check_retry(accepted->event, deliver(golden.body(), retry));
      if (golden.is_signed())
        check_strangers(golden);
      else
        check_other(accepted->event, deliver(golden.body() + "\n", first));
      if (golden.is_webhook()) {
        EXPECT_NE(std::get<Accepted>(deliver(golden.body(), elsewhere)).event.id, accepted->event.id)
            << "another webhook-id is another event";
      }
    } else if (const auto* unreadable = std::get_if<Unreadable>(&outcome)) {
      check(unreadable->letter, golden);
      if (unreadable->letter.reason != Reason::undecryptable) {
        EXPECT_EQ(std::get<Unreadable>(deliver(golden.body(), retry)).letter.id, unreadable->letter.id);
      }
      if (golden.is_webhook()) {
        EXPECT_NE(std::get<Unreadable>(deliver(golden.body(), elsewhere)).letter.id, unreadable->letter.id)
            << "another webhook-id is another letter";
      }
    }
  }

 private:
  void check(const schemas::Event& event, const Case& golden) const {
    EXPECT_EQ(show_seals(event.raw), golden.raw());
    EXPECT_EQ(event.account, golden.account().name);
    EXPECT_EQ(event.platform, golden.platform());
    EXPECT_EQ(event.received_at, golden.received_at());
    EXPECT_EQ(event.receipt + event.trace_id, "") << "the receiver gives them";
    EXPECT_EQ(event.normaliser, 2);
    EXPECT_EQ(time_in(event.id), event.timeless ? 0 : milliseconds(event.occurred_at)) << "ids begin with the time";

    std::string encoded;
    schemas::encode(event, schemas::kEventSchema, encoded);
    const auto decoded = schemas::decode<schemas::Event>(encoded);
    ASSERT_TRUE(decoded) << decoded.error().detail;
    EXPECT_TRUE(*decoded == event) << encoded;
    constexpr size_t kTooShortToTell = 8;
    for (const auto& secret : operate::sealed_texts(encoded, test::sealer()))
      if (secret.size() >= kTooShortToTell) {
        EXPECT_THAT(encoded, testing::Not(testing::HasSubstr(secret)));
      }
  }

  static int64_t milliseconds(Timestamp at) {
    return std::chrono::floor<std::chrono::milliseconds>(at.time_since_epoch()).count();
  }
  static int64_t time_in(const Uuid& id) {
    int64_t time = 0;
    for (size_t i = 0; i < 6; ++i) time = time << 8 | id.bytes.at(i);
    return time;
  }

  static void check_retry(const schemas::Event& event, const Interpretation& retried) {
    ASSERT_TRUE(std::holds_alternative<Accepted>(retried)) << render(retried);
    schemas::Event again = std::get<Accepted>(retried).event;
    again.received_at = event.received_at;
    if (event.timeless) again.occurred_at = event.occurred_at;
    EXPECT_TRUE(again == event) << "a retry is the same event, but came as\n" << render(retried);
  }

  static void check_other(const schemas::Event& event, const Interpretation& changed) {
    ASSERT_TRUE(std::holds_alternative<Accepted>(changed)) << render(changed);
    EXPECT_NE(std::get<Accepted>(changed).event.id, event.id) << "other bytes are another event";
  }

  static void check_strangers(const Case& golden) {
    auto account = golden.account();
    account.secret = Secret("another secret, which nobody signed with");
    const test::Request request = golden.request(golden.body(), {});
    EXPECT_EQ(test::book({account}).interpret(request.callback()), Interpretation(Refused{Refusal::bad_signature}))
        << "a request that another secret signed";
  }

  static void check(const schemas::DeadLetter& letter, const Case& golden) {
    EXPECT_EQ(letter.stage, "ingest");
    EXPECT_EQ(letter.account, golden.account().name);
    EXPECT_EQ(test::sealer().open_all(letter.body), golden.request(golden.body(), {}).body)
        << "as it came, for a redrive";
    EXPECT_NE(letter.detail, "");
    std::string encoded;
    schemas::encode(letter, encoded);
    const auto decoded = schemas::decode<schemas::DeadLetter>(encoded);
    ASSERT_TRUE(decoded) << decoded.error().detail;
    EXPECT_TRUE(*decoded == letter) << encoded;
  }

  void print(const Interpretation& outcome) const {
    std::cout << folder_.string() << "/expected.json\n" << render(outcome);
    if (const auto* accepted = std::get_if<Accepted>(&outcome)) std::cout << show_seals(accepted->event.raw) << "\n";
  }

  const std::filesystem::path folder_;
};

// "<platform> <type>" of each case.
std::set<std::string> types_of_cases() {
  std::set<std::string> types;
  for (const auto& folder : case_folders(kRoot)) {
    const Case golden(folder);
    for (const auto& line : lines(golden.expected()))
      if (line.starts_with("type = \""))
        types.insert(std::string(golden.platform()) + " " + line.substr(8, line.size() - 9));
  }
  return types;
}

TEST(Golden, EveryTypeOfTheTablesHasACase) {
  ASSERT_TRUE(std::filesystem::is_directory(kRoot)) << "run it from the repository's root";
  std::ifstream file("docs/event-types.md");
  const auto documented = documented_types(file);
  EXPECT_GT(documented.size(), 200u);
  EXPECT_THAT(types_of_cases(), testing::IsSupersetOf(documented));
}

TEST(Golden, EveryTypeOfTheTablesIsOneThatSettingsMayName) {
  std::ifstream file("docs/event-types.md");
  const auto known = known_types();
  for (const auto& documented : documented_types(file)) {
    const auto type = documented.substr(documented.find(' ') + 1);
    if (type.starts_with("unknown.")) continue;
    EXPECT_THAT(known, testing::Contains(type));
  }
}

const bool kRegistered = [] {
  if (!std::filesystem::is_directory(kRoot)) return false;
  for (const auto& folder : case_folders(kRoot)) {
    const std::string kind = folder.parent_path().filename(), name = folder.filename();
    testing::RegisterTest(kind.c_str(), name.c_str(), nullptr, nullptr, __FILE__, __LINE__,
                          [folder]() -> GoldenCase* { return new GoldenCase(folder); });
  }
  return true;
}();

}  // namespace
}  // namespace wxpipe::ingest::golden
