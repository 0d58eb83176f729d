#include "chaos/world.hpp"

#include <fmt/format.h>

#include <random>

#include "common/crypto/base64.hpp"

namespace wxpipe::chaos {
namespace {
class Secrets {
 public:
  explicit Secrets(uint64_t seed) : engine_(seed ^ 0x77787069706555ULL) {}

  std::string token() { return letters(24); }
  // 43 base64 characters stand for 32 bytes: only four bits of the last one are used.
  std::string aes_key() { return letters(42) + "A"; }
  std::string base64(size_t size) {
    std::string bytes(size, '\0'), text;
    for (char& byte : bytes) byte = static_cast<char>(engine_());
    crypto::append_base64(text, bytes);
    return text;
  }

 private:
  std::string letters(size_t count) {
    static constexpr std::string_view kLetters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
    std::string text(count, '\0');
    for (char& c : text) c = kLetters[engine_() % kLetters.size()];
    return text;
  }
  std::mt19937_64 engine_;
};

constexpr const char* kSessions =
    "[kafka.properties]\n\"session.timeout.ms\" = \"{}\"\n\"heartbeat.interval.ms\" = \"{}\"\n";
constexpr const char* kRules = R"(
[[score.rules]]
name = "wrote"
dimension = "engagement"
points = 1
daily_cap = 20
types = ["message.*"]

[[score.rules]]
name = "clicked"
dimension = "interest"
points = 3
types = ["menu.*"]
)";

struct Account {
  const char *name, *kind, *ids;
  bool webhook;
};
constexpr Account kAccounts[] = {
    {"shop", "official_account",
     "app_id = \"wx0123456789abcdef\"\noriginal_id = \"gh_0123456789ab\"\nmode = \"safe\"\n", false},
    {"mini", "mini_program", "app_id = \"wx0123456789abcde0\"\nmode = \"safe\"\n", false},
    {"component", "open_platform", "component_app_id = \"wx0123456789abcde1\"\n", false},
    {"authorised", "open_platform_messages", "component_app_id = \"wx0123456789abcde1\"\n", false},
    {"corp", "wework_app", "corp_id = \"ww0123456789abcdef\"\nagent_id = 1000002\n", false},
    {"suite", "wework_suite_command", "suite_id = \"ww0123456789abcde2\"\nprovider_corp_id = \"ww0123456789abcde3\"\n",
     false},
    {"suitedata", "wework_suite_data", "suite_id = \"ww0123456789abcde2\"\nprovider_corp_id = \"ww0123456789abcde3\"\n",
     false},
    {"robot", "wework_bot", "bot_id = \"aibCHAOS\"\n", false},
    {"desk", "wework_instance", "instance_id = \"wework_001\"\n", true},
    {"forms", "channel", "channel = \"web_form\"\n", true},
};
}  // namespace

World make_world(uint64_t seed, std::chrono::milliseconds session) {
  Secrets secrets(seed);
  World world;
  world.sealing_key = secrets.base64(32);
  world.config = fmt::format(kSessions, session.count(), session.count() / 10) + kRules;
  for (const auto& account : kAccounts) {
    world.config +=
        fmt::format("\n[[accounts]]\nname = \"{}\"\nkind = \"{}\"\n{}", account.name, account.kind, account.ids);
    if (account.webhook)
      world.config += fmt::format("secret = \"whsec_{}\"\n", secrets.base64(32));
    else
      world.config += fmt::format("token = \"{}\"\nencoding_aes_key = \"{}\"\n", secrets.token(), secrets.aes_key());
  }
  return world;
}

}  // namespace wxpipe::chaos
