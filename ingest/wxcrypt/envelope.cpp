#include "ingest/wxcrypt/envelope.hpp"

#include <fmt/format.h>

#include "ingest/json_text.hpp"

namespace wxpipe::ingest::wxcrypt {
namespace {

constexpr auto npos = std::string_view::npos;
constexpr std::string_view kBlank = " \t\r\n";

std::string_view trim(std::string_view text) {
  const size_t from = text.find_first_not_of(kBlank);
  if (from == npos) return {};
  return text.substr(from, text.find_last_not_of(kBlank) - from + 1);
}

// The element's text from `at`, after its opening tag: one CDATA section or plain text, up to the closing tag.
Envelope element_text(std::string_view body, size_t at) {
  constexpr std::string_view kOpen = "<![CDATA[", kClose = "]]>";
  Envelope envelope{Envelope::Outcome::malformed, EnvelopeFormat::xml, {}};
  const size_t tag = body.find('<', at);
  if (tag == npos) return envelope;
  std::string_view text = body.substr(at, tag - at);
  size_t end = tag;
  if (body.substr(tag).starts_with(kOpen)) {
    if (!trim(text).empty()) return envelope;
    const size_t close = body.find(kClose, tag + kOpen.size());
    if (close == npos) return envelope;
    text = body.substr(tag + kOpen.size(), close - tag - kOpen.size());
    end = body.find('<', close + kClose.size());
    if (end == npos || !trim(body.substr(close + kClose.size(), end - close - kClose.size())).empty()) return envelope;
  }
  if (!body.substr(end).starts_with("</")) return envelope;
  envelope.outcome = Envelope::Outcome::found;
  envelope.encrypt = trim(text);
  return envelope;
}

Envelope scan_xml(std::string_view body) {
  int depth = 0;
  for (size_t at = body.find('<'); at != npos; at = body.find('<', at)) {
    const std::string_view rest = body.substr(at);
    const auto skip_past = [&](std::string_view end) {
      const size_t found = body.find(end, at);
      at = found == npos ? body.size() : found + end.size();
    };
    if (rest.starts_with("<![CDATA[")) {
      skip_past("]]>");
    } else if (rest.starts_with("<!--")) {
      skip_past("-->");
    } else if (rest.starts_with("<?") || rest.starts_with("<!")) {
      skip_past(">");
    } else if (rest.starts_with("</")) {
      --depth;
      skip_past(">");
    } else {
      const size_t end = body.find('>', at);
      if (end == npos) return {};
      const std::string_view tag = body.substr(at + 1, end - at - 1);
      const bool empty = tag.ends_with('/');
      if (depth == 1 && tag.substr(0, tag.find_first_of(" \t\r\n/")) == "Encrypt")
        return empty ? Envelope{Envelope::Outcome::found, EnvelopeFormat::xml, {}} : element_text(body, end + 1);
      if (!empty) ++depth;
      at = end + 1;
    }
  }
  return {};
}

// The position of the closing quote of the string that begins at `at`, or npos.
size_t string_end(std::string_view body, size_t at) {
  for (;;) {
    at = body.find_first_of("\"\\", at);
    if (at == npos || body[at] == '"') return at;
    at += 2;
    if (at > body.size()) return npos;
  }
}

Envelope scan_json(std::string_view body, std::string& scratch) {
  int depth = 0;
  for (size_t at = body.find_first_of("\"{}[]"); at != npos; at = body.find_first_of("\"{}[]", at)) {
    const char c = body[at++];
    if (c != '"') {
      depth += c == '{' || c == '[' ? 1 : -1;
      continue;
    }
    const size_t end = string_end(body, at);
    if (end == npos) return {};
    const std::string_view key = body.substr(at, end - at);
    at = end + 1;
    if (depth != 1 || (key != "Encrypt" && key != "encrypt")) continue;
    const size_t colon = body.find_first_not_of(kBlank, at);
    if (colon == npos || body[colon] != ':') continue;  // the text was a value, not a key
    Envelope envelope{
        Envelope::Outcome::malformed, key == "Encrypt" ? EnvelopeFormat::json : EnvelopeFormat::json_lower_case, {}};
    const size_t quote = body.find_first_not_of(kBlank, colon + 1);
    if (quote == npos || body[quote] != '"') return envelope;
    const size_t close = string_end(body, quote + 1);
    if (close == npos) return envelope;
    envelope.encrypt = body.substr(quote + 1, close - quote - 1);
    if (envelope.encrypt.find('\\') != npos) {  // some encoders write / as \/, others + as \u002B
      scratch.assign(envelope.encrypt);
      const JsonText resolved = resolve_json_escapes(scratch.data(), scratch.size());
      if (!resolved.legal) return envelope;
      envelope.encrypt = std::string_view(scratch).substr(0, resolved.size);
    }
    envelope.encrypt = trim(envelope.encrypt);
    envelope.outcome = Envelope::Outcome::found;
    return envelope;
  }
  return {};
}

}  // namespace

Envelope open_envelope(std::string_view body, std::string& scratch) {
  if (body.starts_with("\xEF\xBB\xBF")) body.remove_prefix(3);
  const size_t first = body.find_first_not_of(kBlank);
  if (first == npos) return {};
  if (body[first] == '<') return scan_xml(body);
  if (body[first] == '{') return scan_json(body, scratch);
  return {};
}

std::string reply_envelope(EnvelopeFormat format, std::string_view encrypt, std::string_view signature,
                           int64_t timestamp, std::string_view nonce) {
  switch (format) {
    case EnvelopeFormat::xml:
      return fmt::format(
          "<xml><Encrypt><![CDATA[{}]]></Encrypt><MsgSignature><![CDATA[{}]]></MsgSignature><TimeStamp>{}</TimeStamp>"
          "<Nonce><![CDATA[{}]]></Nonce></xml>",
          encrypt, signature, timestamp, nonce);
    case EnvelopeFormat::json:
      return fmt::format(R"({{"Encrypt":"{}","MsgSignature":"{}","TimeStamp":{},"Nonce":"{}"}})", encrypt, signature,
                         timestamp, nonce);
    case EnvelopeFormat::json_lower_case:
      return fmt::format(R"({{"encrypt":"{}","msgsignature":"{}","timestamp":{},"nonce":"{}"}})", encrypt, signature,
                         timestamp, nonce);
  }
  return {};
}

}  // namespace wxpipe::ingest::wxcrypt
