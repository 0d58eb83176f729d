// The verification that doctor plays is one that ingest accepts, and the platform would.
#include "operate/callback_probe.hpp"

#include <gtest/gtest.h>

#include <numeric>

#include "tests/unit/ingest/platform_side.hpp"

namespace wxpipe::operate {
namespace {
using namespace ingest::test;
using ingest::Challenge;

std::array<unsigned char, 40> bytes() {
  std::array<unsigned char, 40> all{};
  std::iota(all.begin(), all.end(), static_cast<unsigned char>(1));
  return all;
}

ingest::Account made(const config::AccountSettings& settings) {
  std::vector<std::string> errors;
  auto account = ingest::make_account(settings, errors);
  EXPECT_TRUE(errors.empty()) << errors.front();
  return account;
}

TEST(MakeVerification, IsAcceptedForEveryKindWhoseAddressIsVerified) {
  size_t verified = 0;
  for (const auto& kind : ingest::kAccountKinds) {
    const auto settings = account(std::string(kind.word), kind.has_modes ? "safe" : "");
    const auto one = made(settings);
    if (!is_verified(one)) continue;
    ++verified;
    const std::string tenant(kind.tenant.in_path);
    const auto verification = make_verification(one, tenant, kReceivedAt, bytes());
    Request request{.account = settings.name, .tenant = tenant, .query = verification.query};
    request.method = ingest::Method::get;
    const auto outcome = book({settings}).interpret(request.callback());
    ASSERT_TRUE(std::holds_alternative<Challenge>(outcome)) << kind.word;
    EXPECT_EQ(std::get<Challenge>(outcome).reply.body, verification.answer) << kind.word;
    EXPECT_EQ(std::get<Challenge>(outcome).reply.status, 200u) << kind.word;
  }
  EXPECT_EQ(verified, 8u);
}

TEST(MakeVerification, NeverHoldsTheTokenOrTheKey) {
  for (const auto* kind : {"official_account", "wework_app"}) {
    const auto verification = make_verification(made(account(kind)), "", kReceivedAt, bytes());
    EXPECT_EQ(verification.query.find(kToken), std::string::npos);
    EXPECT_EQ(verification.query.find(kAesKey), std::string::npos);
  }
}

}  // namespace
}  // namespace wxpipe::operate
