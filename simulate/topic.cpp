#include "simulate/topic.hpp"

#include <fmt/format.h>

#include <array>
#include <charconv>

#include "simulate/words.hpp"

namespace wxpipe::simulate {
using ingest::AccountKind;

std::span<const Topic> topics(AccountKind kind) {
  switch (kind) {
    case AccountKind::official_account:
    case AccountKind::open_platform_messages:
      return official_account_topics();
    case AccountKind::mini_program:
      return mini_program_topics();
    case AccountKind::open_platform:
      return open_platform_topics();
    case AccountKind::wework_app:
      return wework_app_topics();
    case AccountKind::wework_suite_command:
      return suite_command_topics();
    case AccountKind::wework_suite_data:
      return suite_data_topics();
    case AccountKind::wework_bot:
      return bot_topics();
    case AccountKind::wework_instance:
      return instance_topics();
    case AccountKind::channel:
      return channel_topics();
  }
  return {};
}

std::span<const BodyFormat> formats(AccountKind kind) {
  static constexpr std::array kXml{BodyFormat::xml}, kJson{BodyFormat::json};
  static constexpr std::array kBoth{BodyFormat::xml, BodyFormat::json};  // the console's setting 数据格式 allows both
  if (kind == AccountKind::mini_program) return kBoth;
  if (kind == AccountKind::wework_bot || ingest::is_standard_webhook(kind)) return kJson;
  return kXml;
}

bool has_own_id(AccountKind kind, const Topic& topic) {
  return kind == AccountKind::wework_bot || ingest::is_standard_webhook(kind) || topic.type.starts_with("message.");
}

std::string sentence(Random& random) {
  std::string text(random.pick(sentences()));
  if (const auto at = text.find("{}"); at != text.npos) text.replace(at, 2, random.pick(products()));
  return text;
}

std::string placed(std::string_view digits, Random& random) {
  double degrees = 0;
  std::from_chars(digits.data(), digits.data() + digits.size(), degrees);
  return fmt::format("{:.6f}", degrees + static_cast<double>(random.between(-4000, 4000)) * 1e-6);
}

std::string url(Random& random, std::string_view host) {
  return fmt::format("https://{}/{}", host, random.letters(24, kLettersAndDigits));
}

}  // namespace wxpipe::simulate
