#include "tests/golden/case.hpp"

#include <fmt/format.h>
#include <simdjson.h>

#include <algorithm>
#include <array>
#include <fstream>
#include <sstream>
#include <stdexcept>

namespace wxpipe::ingest::golden {
namespace {

struct Kind {
  std::string_view name, platform;
  // the id inside the encryption (docs/protocol.md §5); null: none
  std::string config::AccountSettings::*receiveid;
  bool webhook = false;
};
constexpr std::array kKinds{
    Kind{"official_account", "wechat", &config::AccountSettings::app_id},
    Kind{"mini_program", "wechat", &config::AccountSettings::app_id},
    Kind{"open_platform", "open_platform", &config::AccountSettings::component_app_id},
    Kind{"open_platform_messages", "wechat", &config::AccountSettings::component_app_id},
    Kind{"wework_app", "wework", &config::AccountSettings::corp_id},
    Kind{"wework_suite_command", "wework", &config::AccountSettings::suite_id},
    Kind{"wework_suite_data", "wework", &config::AccountSettings::corp_id},
    Kind{"wework_bot", "bot", nullptr},
    Kind{"wework_instance", "instance", nullptr, true},
    Kind{"channel", "channel", nullptr, true},
};

const Kind& kind_named(std::string_view name) {
  const auto* const found =
      std::find_if(kKinds.begin(), kKinds.end(), [&](const Kind& kind) { return kind.name == name; });
  if (found == kKinds.end())
    throw std::runtime_error(fmt::format("tests/golden/{}: no kind of account has this name", name));
  return *found;
}

constexpr std::string_view kForeignToken = "somebodyElse";
constexpr std::string_view kForeignWebhookSecret = "whsec_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";
constexpr std::string_view kUsualArrival = "2025-01-15T08:00:02Z";  // two seconds after most bodies' CreateTime

std::string read(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) throw std::runtime_error(path.string() + ": can't be read");
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

// The file of that name, .xml, .json or .form. There must be only one.
std::filesystem::path either(const std::filesystem::path& folder, const std::string& name) {
  if (const auto form = folder / (name + ".form"); std::filesystem::exists(form)) return form;
  const auto xml = folder / (name + ".xml"), json = folder / (name + ".json");
  if (std::filesystem::exists(xml) && std::filesystem::exists(json))
    throw std::runtime_error(folder.string() + ": has both " + name + ".xml and " + name + ".json; keep one");
  return std::filesystem::exists(json) ? json : xml;
}

template <class Word>
Word chosen(std::string_view key, std::string_view word, std::initializer_list<std::pair<std::string_view, Word>> all) {
  std::string known;
  for (const auto& [name, value] : all) {
    if (name == word) return value;
    known += (known.empty() ? "" : ", ") + std::string(name);
  }
  throw std::runtime_error(fmt::format("{}: \"{}\" is none of {}", key, word, known));
}

Timestamp time_at(std::string_view text) {
  Timestamp at;
  if (!parse_iso8601(text, at)) throw std::runtime_error(fmt::format("received_at: \"{}\" is no time", text));
  return at;
}

std::vector<config::ReplyRule> reply_rules(simdjson::dom::array array) {
  std::vector<config::ReplyRule> rules;
  for (const auto item : array) {
    config::ReplyRule rule;
    for (const auto [key, value] : item.get_object()) {
      const std::string text(value.is_string() ? std::string_view(value) : "");
      if (key == "on") {
        rule.on = text;
      } else if (key == "keyword") {
        rule.keyword = text;
      } else if (key == "text") {
        rule.text = text;
      } else {
        throw std::runtime_error(fmt::format("replies.{}: is none of on, keyword, text", key));
      }
    }
    rules.push_back(rule);
  }
  return rules;
}

template <class Into>
void read_texts(simdjson::dom::object object, Into&& into) {
  for (const auto [key, value] : object) into(std::string(key), std::string(std::string_view(value)));
}

}  // namespace

Case::Case(const std::filesystem::path& folder) : received_at_(time_at(kUsualArrival)) {
  const auto body_path = either(folder, "body"), raw_path = either(folder, "raw");
  body_ = read(body_path);
  raw_ = std::filesystem::exists(raw_path) ? read(raw_path) : body_;
  expected_ = read(folder / "expected.json");
  const Kind& kind = kind_named(folder.parent_path().filename().string());
  platform_ = kind.platform;
  is_webhook_ = kind.webhook;
  account_ = test::account(std::string(kind.name));
  if (kind.receiveid != nullptr) receiveid_ = account_.*kind.receiveid;
  envelope_ = usual_envelope(body_path.extension() == ".json");
  token_ = test::kToken;
  aes_key_ = test::kAesKey;
  webhook_secret_ = test::kWebhookSecret;
  const auto settings = folder / "case.json";
  if (!std::filesystem::exists(settings)) return;
  try {
    read_settings(read(settings));
  } catch (const std::exception& error) {
    throw std::runtime_error(settings.string() + ": " + error.what());
  }
}

void Case::read_settings(std::string_view json) {
  simdjson::dom::parser parser;
  for (const auto [key, value] : parser.parse(json.data(), json.size()).get_object()) {
    const std::string_view text = value.is_string() ? std::string_view(value) : "";
    if (key == "mode") {
      account_.mode = text;
      if (text == "plain") envelope_ = Envelope::none;
    } else if (key == "agent_id") {
      account_.agent_id = int64_t(value);
    } else if (key == "bot_id") {
      account_.bot_id = text;
    } else if (key == "replies") {
      account_.replies = reply_rules(value);
    } else if (key == "sender") {
      account_.sender = text;
      envelope_ = Envelope::as_it_is;
      is_webhook_ = false;
    } else if (key == "secret") {
      account_.secret = Secret(std::string(text));
    } else if (key == "encoding_aes_key") {
      account_.encoding_aes_key = Secret(std::string(text));
      account_.previous_encoding_aes_key = {};
    } else if (key == "fields") {
      read_texts(value, [&](std::string name, std::string paths) { account_.declared.fields[name] = paths; });
    } else if (key == "types") {
      read_texts(value, [&](std::string word, std::string type) { account_.declared.types[word] = type; });
    } else if (key == "headers") {
      read_texts(value, [&](std::string name, std::string said) { headers_.emplace_back(name, said); });
    } else if (key == "content_type") {
      content_type_ = text;
    } else if (key == "tenant") {
      tenant_ = text;
    } else if (key == "receiveid") {
      receiveid_ = text;
    } else if (key == "query") {
      query_ = text;
    } else if (key == "received_at") {
      received_at_ = time_at(text);
    } else if (key == "signed_before") {
      signed_before_ = std::chrono::seconds(int64_t(value));
    } else if (key == "envelope") {
      envelope_ =
          chosen<Envelope>(key, text, {{"none", Envelope::none}, {"xml", Envelope::xml}, {"json", Envelope::json}});
    } else if (key == "aes_key") {
      aes_key_ =
          chosen<std::string_view>(key, text, {{"previous", test::kPreviousAesKey}, {"foreign", test::kForeignAesKey}});
    } else if (key == "token") {
      token_ = chosen<std::string_view>(key, text, {{"previous", test::kPreviousToken}, {"foreign", kForeignToken}});
      if (text == "foreign") webhook_secret_ = kForeignWebhookSecret;
    } else {
      throw std::runtime_error(fmt::format("{}: no such key", key));
    }
  }
}

Case::Envelope Case::usual_envelope(bool json_body) const {
  if (is_webhook_) return Envelope::webhook;
  if (account_.kind == "wework_bot") return Envelope::json_lower_case;
  return json_body ? Envelope::json : Envelope::xml;
}

test::Request Case::request(const std::string& body, const Attempt& attempt) const {
  const Timestamp arrival = received_at_ + attempt.delay;
  const auto seconds = std::chrono::floor<std::chrono::seconds>(arrival - signed_before_).time_since_epoch();
  const std::string timestamp = std::to_string(seconds.count());
  const test::Encryption with{.token = token_,
                              .aes_key = aes_key_,
                              .receiveid = receiveid_,
                              .timestamp = timestamp,
                              .nonce = attempt.nonce,
                              .random16 = attempt.random16};
  test::Request request;
  switch (envelope_) {
    case Envelope::none:
      request = test::clear_request(account_.name, body, token_, timestamp);
      break;
    case Envelope::xml:
      request = test::encrypted_request(account_.name, body, with);
      break;
    case Envelope::json:
      request = test::encrypted_json_request(account_.name, body, with, "Encrypt");
      break;
    case Envelope::json_lower_case:
      request = test::encrypted_json_request(account_.name, body, with);
      break;
    case Envelope::as_it_is:
      request = {.account = account_.name, .body = body, .headers = headers_, .content_type = content_type_};
      break;
    case Envelope::webhook:
      request = test::webhook_request(account_.name, body, attempt.webhook_id, webhook_secret_, timestamp);
      break;
  }
  request.tenant = tenant_;
  request.query += query_;
  request.received_at = arrival;
  return request;
}

std::vector<std::filesystem::path> case_folders(const std::filesystem::path& root) {
  std::vector<std::filesystem::path> folders;
  for (const auto& kind : std::filesystem::directory_iterator(root)) {
    if (!kind.is_directory()) continue;
    for (const auto& folder : std::filesystem::directory_iterator(kind))
      if (folder.is_directory()) folders.push_back(folder.path());
  }
  std::sort(folders.begin(), folders.end());
  return folders;
}

}  // namespace wxpipe::ingest::golden
