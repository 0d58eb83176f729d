// Published encryption vectors, from other libraries and from the platforms' documentation.
#include <gtest/gtest.h>
#include <simdjson.h>

#include <filesystem>

#include "ingest/wxcrypt/envelope.hpp"
#include "tests/unit/ingest/platform_side.hpp"

namespace wxpipe::ingest {
namespace {

namespace dom = simdjson::dom;

const std::filesystem::path kVectors = "../shared/corpus/crypto_vectors.json";

std::string text(const dom::element& object, const char* key) {
  std::string_view value;
  return object[key].get(value) == simdjson::SUCCESS ? std::string(value) : std::string();
}

std::string query_text(const dom::element& vector, const char* key) {
  dom::element query;
  return vector["query"].get(query) == simdjson::SUCCESS ? text(query, key) : std::string();
}

class Vectors : public testing::Test {
 protected:
  void SetUp() override {
    if (!std::filesystem::exists(kVectors)) GTEST_SKIP() << kVectors << " isn't here";
    ASSERT_EQ(parser_.load(kVectors.string())["vectors"].get(vectors_), simdjson::SUCCESS);
  }
  dom::parser parser_;
  dom::array vectors_;
};

TEST_F(Vectors, DecryptToWhatIsPublishedAndEncryptToTheSameBytes) {
  int decrypted = 0;
  for (const dom::element vector : vectors_) {
    const std::string id = text(vector, "id"), encrypt = text(vector, "encrypt");
    if (encrypt.empty()) continue;
    const auto key = wxcrypt::decode_aes_key(text(vector, "encoding_aes_key"));
    ASSERT_TRUE(key) << id;
    std::string buffer;
    wxcrypt::Plaintext plaintext;
    const auto fault = wxcrypt::decrypt(*key, encrypt, buffer, plaintext);
    if (text(vector, "expect") == "reject:signature") {
      EXPECT_NE(fault, wxcrypt::CipherFault::none) << id;
      continue;
    }
    ASSERT_EQ(fault, wxcrypt::CipherFault::none) << id;
    EXPECT_EQ(plaintext.message, text(vector, "expected_plaintext")) << id;
    EXPECT_EQ(plaintext.receiveid, text(vector, "expected_receiveid_in_ciphertext")) << id;
    const std::string random = text(vector, "expected_random16");
    ASSERT_EQ(random.size(), 16U) << id;
    wxcrypt::Random16 random16;
    std::copy(random.begin(), random.end(), random16.begin());
    EXPECT_EQ(wxcrypt::encrypt(*key, random16, plaintext.message, plaintext.receiveid), encrypt) << id;
    ++decrypted;
  }
  EXPECT_EQ(decrypted, 17);
}

TEST_F(Vectors, SignAsTheirPublishersDo) {
  for (const dom::element vector : vectors_) {
    const std::string id = text(vector, "id"), encrypt = text(vector, "encrypt");
    const std::string token = text(vector, "token"), timestamp = query_text(vector, "timestamp"),
                      nonce = query_text(vector, "nonce");
    const bool accept = text(vector, "expect") == "accept";
    if (const std::string claimed = query_text(vector, "msg_signature"); !claimed.empty()) {
      EXPECT_EQ(test::sign({token, timestamp, nonce, encrypt}) == claimed, accept) << id;
    }
    if (const std::string claimed = query_text(vector, "signature"); !claimed.empty() && accept) {
      EXPECT_EQ(test::sign({token, timestamp, nonce}), claimed) << id;
    }
  }
}

TEST_F(Vectors, EnvelopesGiveTheirEncryptText) {
  for (const dom::element vector : vectors_) {
    const std::string body = text(vector, "http_body"), encrypt = text(vector, "encrypt");
    if (body.empty() || encrypt.empty()) continue;
    std::string scratch;
    const auto envelope = wxcrypt::open_envelope(body, scratch);
    EXPECT_EQ(envelope.outcome, wxcrypt::Envelope::Outcome::found) << text(vector, "id");
    EXPECT_EQ(envelope.encrypt, encrypt) << text(vector, "id");
  }
}

// An account that fits the vector's product.
config::AccountSettings account_of(const dom::element& vector) {
  const std::string product = text(vector, "product"), receiveid = text(vector, "receiveid"),
                    mode = text(vector, "mode");
  config::AccountSettings settings;
  settings.name = "a";
  settings.token = Secret(text(vector, "token"));
  settings.encoding_aes_key = Secret(text(vector, "encoding_aes_key"));
  settings.app_id = settings.component_app_id = settings.corp_id = settings.suite_id =
      receiveid.empty() ? "none" : receiveid;
  settings.provider_corp_id = "provider";
  if (product == "wework" || product == "mp_or_wework")
    settings.kind = "wework_app";
  else if (product == "mp")
    settings.kind = "official_account", settings.mode = mode == "plaintext" ? "plain" : mode;
  else
    settings.kind = product;
  return settings;
}

TEST_F(Vectors, AreInterpretedAsMarked) {
  int interpreted = 0;
  for (const dom::element vector : vectors_) {
    const std::string id = text(vector, "id"), direction = text(vector, "direction"), expect = text(vector, "expect");
    if ((direction != "receive" && direction != "verify_url") || expect == "decrypt_only") continue;
    dom::object query;
    ASSERT_EQ(vector["query"].get(query), simdjson::SUCCESS);
    test::Request request{.account = "a", .body = text(vector, "http_body")};
    for (const auto& [name, value] : query) {
      std::string_view parameter;
      if (value.get(parameter) != simdjson::SUCCESS) continue;
      request.query.append(request.query.empty() ? "" : "&")
          .append(name)
          .append("=")
          .append(test::percent_encoded(parameter));
    }
    request.method = direction == "verify_url" ? Method::get : Method::post;
    // After all of them; a challenge is answered for some minutes only.
    request.received_at = Timestamp(std::chrono::seconds(
        request.method == Method::get ? std::stoll(query_text(vector, "timestamp")) : 4'000'000'000));
    const Interpretation result = test::book({account_of(vector)}).interpret(request.callback());
    ++interpreted;
    if (expect == "reject:signature") {
      EXPECT_EQ(result, Interpretation(Refused{Refusal::bad_signature})) << id;
    } else if (direction == "verify_url") {
      const std::string answer =
          text(vector, "mode") == "plaintext" ? query_text(vector, "echostr") : text(vector, "expected_plaintext");
      EXPECT_EQ(result, Interpretation(Challenge{{200, answer}})) << id;
    } else if (const auto* kept = std::get_if<Unreadable>(&result)) {
      // The vector's publisher made up a time in 2009.
      EXPECT_EQ(id + " " + kept->letter.detail, "easywechat-mp-msg 1234567898 is before 2011");
    } else {
      ASSERT_TRUE(std::holds_alternative<Accepted>(result)) << id;
      const std::string expected =
          text(vector, "mode") == "plaintext" ? request.body : text(vector, "expected_plaintext");
      if (text(vector, "product") != "open_platform") {  // there raw has a sealed ticket
        EXPECT_EQ(std::get<Accepted>(result).event.raw, expected) << id;
      }
    }
  }
  EXPECT_EQ(interpreted, 16);
}

}  // namespace
}  // namespace wxpipe::ingest
