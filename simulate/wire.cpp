#include "simulate/wire.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "ingest/standard_webhooks.hpp"
#include "ingest/wxcrypt/cipher.hpp"
#include "ingest/wxcrypt/signature.hpp"

namespace wxpipe::simulate {
namespace {
using ingest::AccountKind;
using ingest::EncryptionMode;
using ingest::Refusal;
namespace wxcrypt = ingest::wxcrypt;

constexpr std::string_view kForeignId = "wx00000000foreign0";

std::string sign(std::span<const std::string_view> parts) {
  const auto text = wxcrypt::sign(parts);
  return {text.data(), text.size()};
}

// One request while it is written.
class Writer {
 public:
  Writer(const Said& said, const Speaker& speaker, int attempt, Timestamp at)
      : said_(said),
        account_(speaker.account),
        speaker_(speaker),
        random_(mixed(speaker.seed ^ said.signed_as, static_cast<uint64_t>(attempt))),
        timestamp_(std::to_string(std::chrono::floor<std::chrono::seconds>(at).time_since_epoch().count())),
        nonce_(random_.letters(10, "123456789")) {}

  void write() {
    if (ingest::is_standard_webhook(account_.kind)) return webhook();
    if (account_.mode == EncryptionMode::plain || pretends(Refusal::downgrade))
      clear();
    else
      encrypted();
  }

  std::string path() const {
    std::string path = "/callback/" + account_.name;
    if (pretends(Refusal::unknown_account)) path += "-of-somebody-else";
    // Suite data may be configured with $CORPID$ or without.
    const bool corp_in_path = account_.kind != AccountKind::wework_suite_data || said_.signed_as % 4 != 0 ||
                              pretends(Refusal::wrong_receiver);
    if (pretends(Refusal::unknown_tenant))
      path.append("/").append(kForeignId);
    else if (ingest::has_tenant(account_.kind) && corp_in_path)
      path += "/" + said_.tenant;
    return path;
  }

  std::string query, body, headers;

 private:
  bool pretends(Refusal refusal) const { return said_.stranger == refusal; }

  // WeChat's own platforms also sign timestamp and nonce alone, and name the user.
  bool is_wechat() const {
    return account_.kind == AccountKind::official_account || account_.kind == AccountKind::mini_program ||
           account_.kind == AccountKind::open_platform || account_.kind == AccountKind::open_platform_messages;
  }
  std::string_view token() const {
    return pretends(Refusal::bad_signature) || pretends(Refusal::downgrade) ? std::string_view("a token of one's own")
                                                                            : account_.tokens.front().reveal();
  }
  std::string times() const { return fmt::format("timestamp={}&nonce={}", timestamp_, nonce_); }
  std::string signature() const {
    const std::array<std::string_view, 3> parts{token(), timestamp_, nonce_};
    return sign(parts);
  }

  void clear() {
    body = said_.body;
    query = pretends(Refusal::missing_signature) ? times() : fmt::format("signature={}&{}", signature(), times());
    if (is_wechat() && !said_.subject.empty()) query += "&openid=" + said_.subject;
  }

  std::string_view receiveid() const {
    if (pretends(Refusal::wrong_receiver)) return kForeignId;
    switch (account_.kind) {
      case AccountKind::open_platform:
      case AccountKind::open_platform_messages:
        return account_.component_app_id;
      case AccountKind::wework_app:
        return account_.corp_id;
      case AccountKind::wework_suite_command:
        return account_.suite_id;
      case AccountKind::wework_suite_data:
        return said_.tenant;
      case AccountKind::wework_bot:
        return {};
      default:
        return account_.app_id;
    }
  }

  void encrypted() {
    wxcrypt::Random16 random16;
    for (auto& byte : random16) byte = static_cast<unsigned char>(random_.pick(kLettersAndDigits));
    const auto& key = said_.poison == Reason::undecryptable ? speaker_.foreign_key : account_.aes_keys.front();
    const std::string encrypt = wxcrypt::encrypt(key, random16, said_.body, receiveid());
    envelope(encrypt);
    if (pretends(Refusal::missing_signature)) {
      query = times();
      return;
    }
    const std::array<std::string_view, 4> parts{token(), timestamp_, nonce_, encrypt};
    const std::string msg_signature = sign(parts);
    if (!is_wechat()) {
      query = fmt::format("msg_signature={}&{}", msg_signature, times());
      return;
    }
    query = fmt::format("signature={}&{}", signature(), times());
    if (!said_.subject.empty()) query += "&openid=" + said_.subject;
    query += "&encrypt_type=aes&msg_signature=" + msg_signature;
  }

  void envelope(std::string_view encrypt) {
    if (account_.mode == EncryptionMode::compatible && !said_.poison) return beside(encrypt);
    if (account_.kind == AccountKind::wework_bot) {
      body = fmt::format(R"({{"encrypt":"{}"}})", encrypt);
    } else if (said_.format == BodyFormat::json) {
      body = fmt::format(R"({{"ToUserName":"{}","Encrypt":"{}"}})", speaker_.receiver, encrypt);
    } else if (account_.kind == AccountKind::open_platform) {
      body = fmt::format("<xml>\n    <AppId><![CDATA[{}]]></AppId>\n    <Encrypt><![CDATA[{}]]></Encrypt>\n</xml>\n",
                         account_.component_app_id, encrypt);
    } else if (is_wechat()) {
      body = fmt::format(
          "<xml>\n    <ToUserName><![CDATA[{}]]></ToUserName>\n    <Encrypt><![CDATA[{}]]></Encrypt>\n</xml>\n",
          speaker_.receiver, encrypt);
    } else {
      const bool command = account_.kind == AccountKind::wework_suite_command;
      body = fmt::format(
          "<xml><ToUserName><![CDATA[{}]]></ToUserName><Encrypt><![CDATA[{}]]></Encrypt><AgentID><![CDATA[{}]]>"
          "</AgentID></xml>",
          account_.kind == AccountKind::wework_app ? account_.corp_id : account_.suite_id, encrypt,
          command ? std::string() : std::to_string(account_.agent_id.value_or(1'000'002)));
    }
  }

  // 兼容模式: one body with both the clear fields and the encrypted text.
  void beside(std::string_view encrypt) {
    body = said_.body;
    if (said_.format == BodyFormat::json)
      body.insert(body.rfind('}'), fmt::format(R"(,"Encrypt":"{}")", encrypt));
    else
      body.insert(body.rfind("</xml>"), fmt::format("<Encrypt><![CDATA[{}]]></Encrypt>", encrypt));
  }

  void webhook() {
    body = said_.body;
    if (pretends(Refusal::missing_signature)) return;
    if (pretends(Refusal::stale_timestamp)) timestamp_ = std::to_string(std::stoll(timestamp_) - 3600);
    const std::string_view secret = pretends(Refusal::bad_signature)
                                        ? std::string_view("a secret of one's own, 24 bytes")
                                        : std::string_view(account_.webhook_secrets.front());
    headers = fmt::format("webhook-id: {}\r\nwebhook-timestamp: {}\r\nwebhook-signature: {}\r\n", said_.webhook_id,
                          timestamp_, ingest::standard_webhooks::sign(secret, said_.webhook_id, timestamp_, body));
  }

  const Said& said_;
  const ingest::Account& account_;
  const Speaker& speaker_;
  Random random_;
  std::string timestamp_, nonce_;
};
}  // namespace

Request write_request(const Said& said, const Speaker& speaker, const Address& address, int attempt, Timestamp at) {
  Writer writer(said, speaker, said.poison ? 0 : attempt, at);
  writer.write();
  Request request;
  request.bytes.reserve(512 + writer.body.size());
  fmt::format_to(
      std::back_inserter(request.bytes),
      "POST {}{}{}{} HTTP/1.1\r\nHost: {}\r\nUser-Agent: Mozilla/4.0\r\nAccept: */*\r\nContent-Type: {}\r\n{}"
      "Content-Length: {}\r\n\r\n",
      address.prefix, writer.path(), writer.query.empty() ? "" : "?", writer.query, address.host,
      said.format == BodyFormat::xml ? "text/xml" : "application/json", writer.headers, writer.body.size());
  request.body_at = request.bytes.size();
  request.bytes += writer.body;
  return request;
}

}  // namespace wxpipe::simulate
