// Keys leave no copy in freed memory: whatever is given back by `delete` while a configuration is read, used and
// dropped is searched for them.
#include <fmt/format.h>
#include <gtest/gtest.h>
#include <malloc.h>
#include <string.h>

#include <array>
#include <atomic>
#include <cstdlib>
#include <new>

#include "common/config/settings_file.hpp"
#include "common/crypto/base64.hpp"
#include "common/crypto/sealer.hpp"
#include "ingest/platforms.hpp"
#include "rig/temporary_folder.hpp"
#include "tests/unit/ingest/platform_side.hpp"

namespace {

// Fixed memory: the search runs inside `delete`.
struct Needle {
  std::array<char, 96> bytes{};
  size_t size = 0;
  std::atomic<int> found = 0;
};
std::array<Needle, 16> needles;
size_t needle_count = 0;
std::atomic<bool> watching = false;

void search(void* block) {
  if (block == nullptr || !watching) return;
  const size_t size = malloc_usable_size(block);
  for (size_t i = 0; i < needle_count; ++i)
    if (memmem(block, size, needles[i].bytes.data(), needles[i].size) != nullptr) ++needles[i].found;
}

}  // namespace

// Not inlined: g++ would take `free` of what `new` gave for a mistake.
[[gnu::noinline]] void* operator new(size_t size) {
  if (void* block = std::malloc(size)) return block;
  throw std::bad_alloc();
}
[[gnu::noinline]] void operator delete(void* block) noexcept {
  search(block);
  std::free(block);
}
[[gnu::noinline]] void operator delete(void* block, size_t) noexcept { operator delete(block); }

namespace wxpipe::ingest {
namespace {

using namespace test;

class WipedTest : public testing::Test {
 protected:
  ~WipedTest() override { watching = false; }

  static void look_for(std::string_view secret) {
    auto& needle = needles.at(needle_count++);
    needle.size = secret.copy(needle.bytes.data(), needle.bytes.size());
    needle.found = 0;
  }
  static void look_for_bytes_of(std::string text) {
    text.append((4 - text.size() % 4) % 4, '=');
    std::string bytes;
    ASSERT_TRUE(crypto::decode_base64(text, bytes));
    look_for(bytes);
  }
  static std::vector<std::string> found() {
    watching = false;
    std::vector<std::string> found;
    for (size_t i = 0; i < needle_count; ++i)
      if (needles.at(i).found > 0) found.emplace_back(needles.at(i).bytes.data(), needles.at(i).size);
    needle_count = 0;
    return found;
  }

  rig::TemporaryFolder folder_;
};

TEST_F(WipedTest, TheSearchFindsWhatIsNotWiped) {
  look_for("a text of nobody's that is freed as it is");
  watching = true;
  std::make_unique<std::string>("a text of nobody's that is freed as it is").reset();
  EXPECT_EQ(found().size(), 1U);
}

TEST_F(WipedTest, SecretsOfEveryLengthThatWereCopiedMovedAndReplaced) {
  look_for("short key");
  look_for("a key that is too long for a string's own memory");
  watching = true;
  for (const auto* text : {"short key", "a key that is too long for a string's own memory"}) {
    auto first = std::make_unique<Secret>(text);
    auto copied = std::make_unique<Secret>(*first), moved = std::make_unique<Secret>(std::move(*first));
    first.reset();
    *copied = Secret("another");
    *moved = *copied;
    std::vector<Secret> grown;
    for (int i = 0; i < 5; ++i) grown.emplace_back(text);
    grown.erase(grown.begin());
  }
  EXPECT_EQ(found(), std::vector<std::string>{});
}

TEST_F(WipedTest, WhateverAConfigurationAnAccountAndASealerHold) {
  const std::string token = "token-of-an-account-that-is-long", password = "postgresql://me:a-long-password@nowhere/db";
  const std::string in_a_file = "token-from-a-file-of-its-own-long",
                    in_the_environment = "token-from-the-environment-long";
  const std::string sealing = "MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=";
  folder_.write("token", in_a_file + "\n");
  const auto file = folder_.write(
      "wxpipe.toml",
      fmt::format("[postgres]\nurl = \"{}\"\n"
                  "[[accounts]]\nname = \"shop\"\nkind = \"official_account\"\napp_id = \"wx1\"\n"
                  "token = \"{}\"\nprevious_token_file = \"token\"\nencoding_aes_key = \"{}\"\n"
                  "previous_encoding_aes_key = \"{}\"\n"
                  "[[accounts]]\nname = \"bot\"\nkind = \"wework_bot\"\ntoken_env = \"BOT_TOKEN\"\n"
                  "encoding_aes_key = \"{}\"\n"
                  "[[accounts]]\nname = \"form\"\nkind = \"channel\"\nchannel = \"form\"\nsecret = \"{}\"\n",
                  password, token, kAesKey, kPreviousAesKey, kForeignAesKey, kWebhookSecret));
  for (const std::string_view secret :
       {std::string_view(token), std::string_view(password), std::string_view(in_a_file),
        std::string_view(in_the_environment), std::string_view(sealing), kAesKey, kPreviousAesKey, kForeignAesKey,
        kWebhookSecret})
    look_for(secret);
  for (const auto key : {kAesKey, kPreviousAesKey, kForeignAesKey}) look_for_bytes_of(std::string(key));
  look_for_bytes_of(std::string(kWebhookSecret.substr(6)));
  look_for_bytes_of(sealing);
  auto environment = std::make_unique<config::Environment>();
  environment->variables["BOT_TOKEN"] = in_the_environment;
  environment->variables["WXPIPE_SEALING_KEY"] = sealing;

  watching = true;
  {
    const auto settings = config::load_settings(file.string(), *environment);
    environment.reset();
    const crypto::Sealer sealer(settings.sealing.key);
    const AccountBook book(settings.accounts, sealer, counting_random());
    const std::string sealed = sealer.seal("x");
    EXPECT_EQ(sealer.open(sealed), "x");
  }
  EXPECT_EQ(found(), std::vector<std::string>{});
}

}  // namespace
}  // namespace wxpipe::ingest
