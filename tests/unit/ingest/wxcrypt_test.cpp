#include <gtest/gtest.h>

#include "common/crypto/base64.hpp"
#include "ingest/wxcrypt/cipher.hpp"
#include "ingest/wxcrypt/envelope.hpp"
#include "ingest/wxcrypt/signature.hpp"
#include "tests/unit/ingest/platform_side.hpp"

namespace wxpipe::ingest::wxcrypt {
namespace {

using Outcome = Envelope::Outcome;

TEST(Signature, SortsByBytesAndJoinsWithoutSeparators) {
  // The URL verification example of the platform's documentation.
  EXPECT_EQ(test::sign({"QDG6eK", "1409659589", "263014780",
                        "P9nAzCzyDtyTWESHep1vC5X9xho/qYX3Zpb4yKa9SKld1DsH3Iyt3tP3zNdtp+4RPcs8TgAE7OaBO+FZXvnaqQ=="}),
            "5c45ff5e21c57e6ad56bac8758b79b1d9ac89fd3");
}

TEST(Signature, FitsOnlyTheWholeLowerCaseText) {
  const std::array<std::string_view, 3> parts{"token", "1", "2"};
  const std::string good = test::sign({"token", "1", "2"});
  EXPECT_TRUE(signature_fits(good, parts));
  EXPECT_FALSE(signature_fits("", parts));
  EXPECT_FALSE(signature_fits(good.substr(1), parts));
  EXPECT_FALSE(signature_fits(good + "0", parts));
}

TEST(AesKey, TakesFortyThreeLettersAndDigitsWithAnyTrailingBits) {
  EXPECT_TRUE(decode_aes_key(test::kAesKey));
  std::string key(test::kAesKey);
  key.back() = 'D';  // differs in the two bits that no byte uses
  EXPECT_EQ(decode_aes_key(key), decode_aes_key(test::kAesKey));
  for (const auto& bad :
       {key + "=", key + "A", key.substr(1), std::string(43, '+'), std::string(43, '\xe4'), std::string()})
    EXPECT_EQ(decode_aes_key(bad), std::nullopt) << bad;
}

TEST(Cipher, EncryptsTheDocumentedExampleToTheSameBytes) {
  Random16 random16;
  std::copy_n(std::string_view("c41b64491c2468d0").begin(), 16, random16.begin());
  EXPECT_EQ(encrypt(*decode_aes_key(test::kAesKey), random16, "1616140317555161061", "wx5823bf96d3bd56c7"),
            "P9nAzCzyDtyTWESHep1vC5X9xho/qYX3Zpb4yKa9SKld1DsH3Iyt3tP3zNdtp+4RPcs8TgAE7OaBO+FZXvnaqQ==");
}

TEST(Cipher, DecryptsAtEveryPaddingAndKeepsUsingItsKeyCorrectly) {
  std::string buffer;
  for (size_t size = 0; size < 70; ++size) {
    const std::string message(size, 'x');
    for (const auto key_text : {test::kAesKey, test::kPreviousAesKey}) {
      Plaintext plaintext;
      EXPECT_EQ(decrypt(*decode_aes_key(key_text), test::encrypt(message, {.aes_key = key_text, .receiveid = "wxapp"}),
                        buffer, plaintext),
                CipherFault::none);
      EXPECT_EQ(plaintext.message, message);
      EXPECT_EQ(plaintext.receiveid, "wxapp");
    }
  }
}

TEST(Cipher, NamesWhatIsWrongAndReadsNoByteOutsideThePlaintext) {
  const AesKey key = *decode_aes_key(test::kAesKey);
  const std::string good = test::encrypt("hello", {});
  std::string buffer;
  Plaintext plaintext;
  EXPECT_EQ(decrypt(key, good + " ", buffer, plaintext), CipherFault::base64);
  EXPECT_EQ(decrypt(key, good.substr(0, good.size() - 3), buffer, plaintext), CipherFault::base64);
  EXPECT_EQ(decrypt(key, "", buffer, plaintext), CipherFault::length);
  EXPECT_EQ(decrypt(key, "Zm9v", buffer, plaintext), CipherFault::length);
  EXPECT_NE(decrypt(*decode_aes_key(test::kForeignAesKey), good, buffer, plaintext), CipherFault::none);
  EXPECT_EQ(plaintext.message, "");
}

TEST(Cipher, RefusesALengthThatPointsBehindThePlaintext) {
  // CBC: a bit flipped in the first block of ciphertext also flips in the second block of plaintext, which holds the
  // length.
  const AesKey key = *decode_aes_key(test::kAesKey);
  std::string bytes, text, buffer;
  Plaintext plaintext;
  ASSERT_TRUE(crypto::decode_base64(test::encrypt("hello", {}), bytes));
  bytes[0] = static_cast<char>(bytes[0] ^ 0x7f);  // the highest byte of the length
  crypto::append_base64(text, bytes);
  EXPECT_EQ(decrypt(key, text, buffer, plaintext), CipherFault::message_length);
}

Envelope open(std::string_view body) {
  static std::string scratch;
  return open_envelope(body, scratch);
}

TEST(Envelope, IsFoundInEveryShapeThatPlatformsAndTheirLibrariesWrite) {
  for (const auto* body : {
           "<xml><ToUserName><![CDATA[a]]></ToUserName><Encrypt><![CDATA[Q+/=]]></Encrypt></xml>",
           "<xml>\n <Encrypt>\n\t<![CDATA[Q+/=]]>\n </Encrypt>\n</xml >",
           "<xml><Encrypt>Q+/=</Encrypt></xml>",
           "<xml><Encrypt> Q+/=\r\n</Encrypt ></xml>",
           "\xEF\xBB\xBF<?xml version=\"1.0\"?><!-- <Encrypt>no</Encrypt> --><xml><Encrypt "
           "><![CDATA[Q+/=]]></Encrypt></xml>",
       }) {
    const Envelope envelope = open(body);
    EXPECT_EQ(envelope.outcome, Outcome::found) << body;
    EXPECT_EQ(envelope.format, EnvelopeFormat::xml);
    EXPECT_EQ(envelope.encrypt, "Q+/=") << body;
  }
}

TEST(Envelope, IsFoundInJsonWithEitherCaseAndAnyEscapes) {
  const std::pair<std::string, EnvelopeFormat> bodies[] = {
      {R"({"ToUserName":"gh","Encrypt":"Q+/="})", EnvelopeFormat::json},
      {R"({"tousername":"ww","encrypt":"Q+/=","agentid":"218"})", EnvelopeFormat::json_lower_case},
      {R"( { "encrypt" : "Q\u002B\/=" } )", EnvelopeFormat::json_lower_case},
      {R"({"a":{"encrypt":"inner"},"b":["encrypt","x"],"c":"encrypt","Encrypt":"Q+/="})", EnvelopeFormat::json}};
  for (const auto& [body, format] : bodies) {
    const Envelope envelope = open(body);
    EXPECT_EQ(envelope.outcome, Outcome::found) << body;
    EXPECT_EQ(envelope.format, format);
    EXPECT_EQ(envelope.encrypt, "Q+/=") << body;
  }
}

TEST(Envelope, IsNeverWhatAUserWroteBesideIt) {
  const Envelope compatible = open(
      "<xml><Content><![CDATA[<Encrypt>forged</Encrypt>]]></Content><A><Encrypt>deep</Encrypt></A>"
      "<Encrypt><![CDATA[real]]></Encrypt></xml>");
  EXPECT_EQ(compatible.encrypt, "real");
  EXPECT_EQ(open(R"({"Content":"\",\"Encrypt\":\"forged","Encrypt":"real"})").encrypt, "real");
}

TEST(Envelope, TellsAbsentFromMalformed) {
  for (const auto* body :
       {"", "  ", "hello", "<xml></xml>", "<xml><Content>x</Content></xml>", "{}", "[]", R"({"a":"encrypt"})",
        "<Encrypt>root</Encrypt>", "<xml><EncryptX>a</EncryptX></xml>", "<xml><!-- <Encrypt>"})
    EXPECT_EQ(open(body).outcome, Outcome::absent) << body;
  for (const auto* body : {"<xml><Encrypt><![CDATA[abc", "<xml><Encrypt>abc", "<xml><Encrypt>a<b/></Encrypt></xml>",
                           R"({"encrypt":"abc)", R"({"encrypt":12})", R"({"encrypt":)", R"({"encrypt":"\q"})"})
    EXPECT_EQ(open(body).outcome, Outcome::malformed) << body;
}

TEST(Envelope, RepliesAsEachPlatformReads) {
  EXPECT_EQ(reply_envelope(EnvelopeFormat::xml, "E", "S", 12, "N"),
            "<xml><Encrypt><![CDATA[E]]></Encrypt><MsgSignature><![CDATA[S]]></MsgSignature><TimeStamp>12</TimeStamp>"
            "<Nonce><![CDATA[N]]></Nonce></xml>");
  EXPECT_EQ(reply_envelope(EnvelopeFormat::json, "E", "S", 12, "N"),
            R"({"Encrypt":"E","MsgSignature":"S","TimeStamp":12,"Nonce":"N"})");
  EXPECT_EQ(reply_envelope(EnvelopeFormat::json_lower_case, "E", "S", 12, "N"),
            R"({"encrypt":"E","msgsignature":"S","timestamp":12,"nonce":"N"})");
}

}  // namespace
}  // namespace wxpipe::ingest::wxcrypt
