#include "ingest/replies.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "common/json/write.hpp"
#include "ingest/words.hpp"
#include "ingest/wxcrypt/signature.hpp"

namespace wxpipe::ingest {
namespace {

constexpr std::string_view kXmlType = "application/xml; charset=utf-8";
constexpr std::string_view kJsonType = "application/json; charset=utf-8";

int64_t unix_seconds(Timestamp at) { return std::chrono::floor<std::chrono::seconds>(at.time_since_epoch()).count(); }

bool equal_ignoring_case(char left, char right) { return lower(left) == lower(right); }

bool keyword_fits(const config::ReplyRule& rule, std::string_view content) {
  if (rule.exact)
    return std::equal(content.begin(), content.end(), rule.keyword.begin(), rule.keyword.end(), equal_ignoring_case);
  return std::search(content.begin(), content.end(), rule.keyword.begin(), rule.keyword.end(), equal_ignoring_case) !=
         content.end();
}

// A CDATA section ends at ]]>, so that sequence is split over two sections.
void append_cdata(std::string& out, std::string_view text) {
  constexpr std::string_view kEnd = "]]>";
  out += "<![CDATA[";
  for (size_t at = text.find(kEnd); at != std::string_view::npos; at = text.find(kEnd)) {
    out.append(text.substr(0, at)).append("]]]]><![CDATA[>");
    text.remove_prefix(at + kEnd.size());
  }
  out.append(text).append(kEnd);
}

std::string xml_message(const schemas::Event& event, std::string_view text) {
  std::string out = "<xml><ToUserName>";
  append_cdata(out, event.sender);
  out += "</ToUserName><FromUserName>";
  append_cdata(out, event.recipient);
  out += fmt::format("</FromUserName><CreateTime>{}</CreateTime><MsgType><![CDATA[text]]></MsgType><Content>",
                     unix_seconds(event.received_at));
  append_cdata(out, text);
  out += "</Content></xml>";
  return out;
}

std::string json_message(const schemas::Event& event, std::string_view text) {
  std::string out = R"({"ToUserName":)";
  json::append_string(out, event.sender);
  out += R"(,"FromUserName":)";
  json::append_string(out, event.recipient);
  out += fmt::format(R"(,"CreateTime":{},"MsgType":"text","Content":)", unix_seconds(event.received_at));
  json::append_string(out, text);
  out += '}';
  return out;
}

// A bot greets with a text and answers with a stream that is finished at once. Bots take no other form of text.
std::string bot_message(const Document& document, const schemas::Event& event, std::string_view text) {
  const std::string_view kind = document.value("msgtype");
  std::string out;
  if (kind == "event") {
    if (document.value("event.eventtype") != "enter_chat") return {};
    out = R"({"msgtype":"text","text":{"content":)";
  } else {
    if (kind.empty() || kind == "stream") return {};
    out = R"({"msgtype":"stream","stream":{"id":")" + to_string(event.id) + R"(","finish":true,"content":)";
  }
  json::append_string(out, text);
  out += "}}";
  return out;
}

// Printable, as the platforms' own: some receivers cut the plaintext as text, not as bytes.
void make_printable(std::span<unsigned char> bytes) {
  constexpr std::string_view kLetters = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz_-";
  for (auto& byte : bytes) byte = static_cast<unsigned char>(kLetters[byte % kLetters.size()]);
}

}  // namespace

Reply success_reply(AccountKind kind) {
  const auto& answer = rules(kind).answer;
  return {answer.status, std::string(answer.success)};
}

const config::ReplyRule* fitting_rule(const Account& account, const schemas::Event& event) {
  for (const auto& rule : account.replies) {
    const bool fits = rule.on == "keyword" ? event.type == "message.text" && keyword_fits(rule, event.content)
                                           : event.type == rule.on;
    if (fits) return &rule;
  }
  return nullptr;
}

std::string reply_message(const Account& account, const Document& document, const schemas::Event& event,
                          std::string_view text) {
  if (rules(account.kind).answer.passive_reply == PassiveReply::bot) return bot_message(document, event, text);
  if (event.sender.empty() || event.sender == "sys") return {};  // from WeWork itself, which reads no text
  return document.format() == DocumentFormat::xml ? xml_message(event, text) : json_message(event, text);
}

Reply clear_reply(std::string message, DocumentFormat format) {
  return {200, std::move(message), format == DocumentFormat::xml ? kXmlType : kJsonType};
}

Reply encrypted_reply(std::string_view message, const ReplyEncryption& encryption, Timestamp now,
                      const RandomBytes& random) {
  std::array<unsigned char, 32> bytes{};
  random(bytes);
  make_printable(bytes);
  wxcrypt::Random16 random16;
  std::copy_n(bytes.begin(), random16.size(), random16.begin());
  const std::string nonce(bytes.begin() + random16.size(), bytes.end());

  const std::string encrypt = wxcrypt::encrypt(encryption.key, random16, message, encryption.receiveid);
  const int64_t timestamp = unix_seconds(now);
  const std::string timestamp_text = std::to_string(timestamp);
  const std::array<std::string_view, 4> parts{encryption.token.reveal(), timestamp_text, nonce, encrypt};
  const auto signature = wxcrypt::sign(parts);
  return {200,
          wxcrypt::reply_envelope(encryption.format, encrypt, {signature.data(), signature.size()}, timestamp, nonce),
          encryption.format == wxcrypt::EnvelopeFormat::xml ? kXmlType : kJsonType};
}

}  // namespace wxpipe::ingest
