#include "ingest/standard_webhooks.hpp"

#include <gtest/gtest.h>

#include <vector>

namespace wxpipe::ingest::standard_webhooks {
namespace {

// The example that the convention itself publishes.
const std::string kSecret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
const Headers kHeaders{"msg_p5jXN8AQM9LWM0D4loKWxJek", "1614265330", "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="};
const std::string kBody = R"({"test": 2432232314})";

std::vector<std::string> secrets(std::initializer_list<std::string> texts) {
  std::vector<std::string> out;
  for (const auto& text : texts) out.push_back(decode_secret(text).value());
  return out;
}

Headers with_signature(std::string_view signature) { return {kHeaders.id, kHeaders.timestamp, signature}; }

TEST(StandardWebhooks, AcceptsThePublishedExample) {
  EXPECT_TRUE(signature_fits(secrets({kSecret}), kHeaders, kBody));
  EXPECT_EQ(sign(*decode_secret(kSecret), kHeaders.id, kHeaders.timestamp, kBody), kHeaders.signature);
}

TEST(StandardWebhooks, AnySignatureAndAnySecretIsEnoughDuringARotation) {
  const auto both = secrets({"whsec_bmV3IHNlY3JldA", kSecret});
  const std::string others = "v1,AAAA v1a,BBBB v2,x ";
  EXPECT_TRUE(signature_fits(both, with_signature(others + std::string(kHeaders.signature)), kBody));
  EXPECT_FALSE(signature_fits(secrets({"whsec_bmV3IHNlY3JldA=="}), kHeaders, kBody));
}

TEST(StandardWebhooks, RefusesWhateverWasChanged) {
  const auto known = secrets({kSecret});
  EXPECT_FALSE(signature_fits(known, kHeaders, kBody + " "));
  EXPECT_FALSE(signature_fits(known, {"msg_other", kHeaders.timestamp, kHeaders.signature}, kBody));
  EXPECT_FALSE(signature_fits(known, {kHeaders.id, "1614265331", kHeaders.signature}, kBody));
  for (const auto* signature : {"", " ", "v1,", "v1", "g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
                                "v2,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="})
    EXPECT_FALSE(signature_fits(known, with_signature(signature), kBody)) << signature;
}

TEST(StandardWebhooks, SecretsHaveTheirPrefixAndAreBase64) {
  for (const auto* text :
       {"", "whsec_", "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw=", "whsec_M M="})
    EXPECT_EQ(decode_secret(text), std::nullopt) << text;
}

}  // namespace
}  // namespace wxpipe::ingest::standard_webhooks
