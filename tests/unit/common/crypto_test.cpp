#include <gtest/gtest.h>

#include "common/crypto/base64.hpp"
#include "common/crypto/digest.hpp"
#include "common/crypto/sealer.hpp"
#include "common/result.hpp"

namespace wxpipe::crypto {
namespace {

const Secret kKey("MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=");
const Secret kOtherKey("ZmVkY2JhOTg3NjU0MzIxMGZlZGNiYTk4NzY1NDMyMTA=");

std::string hex(std::string_view bytes) {
  std::string out;
  for (const char c : bytes) {
    constexpr char kHex[] = "0123456789abcdef";
    out += kHex[static_cast<unsigned char>(c) >> 4];
    out += kHex[static_cast<unsigned char>(c) & 15];
  }
  return out;
}

TEST(Base64, WritesAndReadsTheExamplesOfRfc4648) {
  const std::pair<std::string, std::string> examples[] = {{"", ""},
                                                          {"f", "Zg=="},
                                                          {"fo", "Zm8="},
                                                          {"foo", "Zm9v"},
                                                          {"foob", "Zm9vYg=="},
                                                          {"fooba", "Zm9vYmE="},
                                                          {"foobar", "Zm9vYmFy"},
                                                          {"\xfb\xff", "+/8="}};
  for (const auto& [bytes, text] : examples) {
    std::string written, read = "left over";
    append_base64(written, bytes);
    EXPECT_EQ(written, text);
    EXPECT_TRUE(decode_base64(text, read)) << text;
    EXPECT_EQ(read, bytes);
  }
}

TEST(Base64, RefusesWhiteSpaceMissingPaddingAndForeignCharacters) {
  std::string bytes;
  for (const auto* text :
       {"Zm9v\n", "Zm 9v===", "Zg", "Zg=", "Z===", "====", "=", "Zm9-", "Zm9_", "Zg==Zg==", "Zm=v", "\xff\xff\xff\xff"})
    EXPECT_FALSE(decode_base64(text, bytes)) << text;
}

TEST(Base64, ReadsTextOfEveryLengthAndRefusesAForeignCharacterAnywhereInIt) {
  std::string bytes;
  for (int size = 0; size < 100; ++size) {
    std::string text, read;
    append_base64(text, bytes);
    ASSERT_TRUE(decode_base64(text, read)) << size;
    EXPECT_EQ(read, bytes);
    bytes += static_cast<char>(size * 151 + 17);
  }
  std::string all, read;
  for (int i = 0; i < 3 * 256; ++i) bytes += static_cast<char>(i * 7 / 3);
  append_base64(all, bytes);
  ASSERT_TRUE(decode_base64(all, read));
  EXPECT_EQ(read, bytes);
  const std::string_view alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  for (const size_t at : {0U, 5U, 16U, 63U})
    for (int c = 0; c < 256; ++c) {
      auto text = all.substr(0, 64);
      text[at] = static_cast<char>(c);
      EXPECT_EQ(decode_base64(text, read),
                alphabet.find(static_cast<char>(c)) != std::string_view::npos || (c == '=' && at == 63))
          << "character " << c << " at " << at;
    }
}

TEST(Base64, UrlAlphabetHasNoPadding) {
  std::string text, bytes;
  append_base64url(text, "\xfb\xff");
  EXPECT_EQ(text, "-_8");
  EXPECT_TRUE(decode_base64url(text, bytes));
  EXPECT_EQ(bytes, "\xfb\xff");
  EXPECT_FALSE(decode_base64url("-_8=", bytes));
}

TEST(Digest, FitsPublishedExamplesWhateverTheParts) {
  const std::string_view whole[] = {"abc"}, split[] = {"a", "", "bc"};
  EXPECT_EQ(hex(bytes_of(sha1(whole))), "a9993e364706816aba3e25717850c26c9cd0d89d");
  EXPECT_EQ(sha1(split), sha1(whole));
  EXPECT_EQ(hex(bytes_of(sha256(split))), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  const std::string_view data[] = {"what do ya want ", "for nothing?"};  // RFC 4231, case 2
  EXPECT_EQ(hex(bytes_of(md5(whole))), "900150983cd24fb0d6963f7d28e17f72");
  EXPECT_EQ(hex(bytes_of(hmac_sha1("Jefe", data))), "effcdf6ae5eb2fa2d27416d5f184df9c259a7c79");
  EXPECT_EQ(hex(bytes_of(hmac_sha256("Jefe", data))),
            "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
  const std::string_view long_key_data[] = {"Test Using Larger Than Block-Size Key - Hash Key First"};  // case 6
  EXPECT_EQ(hex(bytes_of(hmac_sha256(std::string(131, '\xaa'), long_key_data))),
            "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54");
}

TEST(Sealer, SealsEqualTextToEqualTextSoThatARetryIsTheSameRow) {
  const Sealer sealer(kKey);
  const std::string sealed = sealer.seal("WELCOME-CODE");
  EXPECT_EQ(sealer.seal("WELCOME-CODE"), sealed);
  EXPECT_NE(sealer.seal("WELCOME-CODF"), sealed);
  EXPECT_TRUE(sealed.starts_with("sealed:v1:"));
  EXPECT_EQ(sealed.find("WELCOME"), std::string::npos);
  EXPECT_EQ(sealer.open(sealed), "WELCOME-CODE");
  EXPECT_EQ(sealer.seal(""), "");
}

TEST(Sealer, OpensWhatAPreviousKeySealedAndNothingElse) {
  const std::string sealed = Sealer(kOtherKey).seal("ticket");
  EXPECT_EQ(Sealer(kKey, {kOtherKey}).open(sealed), "ticket");
  EXPECT_EQ(Sealer(kKey).open(sealed), std::nullopt);
}

TEST(Sealer, OpensNothingThatWasTouched) {
  const Sealer sealer(kKey);
  const std::string sealed = sealer.seal("ticket@@");  // its base64 has no unused bits
  for (size_t i = 0; i < sealed.size(); ++i) {
    std::string touched = sealed;
    touched[i] = touched[i] == 'A' ? 'B' : 'A';
    EXPECT_EQ(sealer.open(touched), std::nullopt) << i;
    EXPECT_EQ(sealer.open(sealed.substr(0, i)), std::nullopt) << i;
  }
  for (const auto* text : {"", "ticket", "sealed:v1:", "sealed:v1:!!", "sealed:v2:AAAA"})
    EXPECT_EQ(sealer.open(text), std::nullopt);
}

TEST(Sealer, SaysHowToMakeAKeyWhenItGetsNone) {
  const auto complaint = [](const std::string& key) -> std::string {
    try {
      Sealer sealer{Secret(key)};
      return "none";
    } catch (const UsageError& error) {
      return error.what();
    }
  };
  EXPECT_EQ(complaint(""),
            "sealing.key: is missing: set WXPIPE_SEALING_KEY or [sealing] key_file; make one with: openssl rand "
            "-base64 32");
  EXPECT_EQ(complaint("c2hvcnQ="),
            "sealing.key: is not 32 bytes in base64 (44 characters); make one with: openssl rand -base64 32");
  EXPECT_EQ(complaint(kKey.reveal() + "\n"), "none");
}

}  // namespace
}  // namespace wxpipe::crypto
