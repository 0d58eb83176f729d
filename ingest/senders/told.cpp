#include "ingest/senders/told.hpp"

#include <algorithm>
#include <array>

#include "common/json/write.hpp"
#include "ingest/credentials.hpp"
#include "ingest/words.hpp"

namespace wxpipe::ingest::senders {
namespace {

constexpr std::array<std::string_view, 4> kPersons{"contact_phone", "contact_wechat", "contact_email", "openid"};
// Names in `fields` that are no contact data.
constexpr std::array<std::string_view, 8> kOwnPlaces{"identity", "type",    "test",   "subject",
                                                     "lead_id",  "content", "openid", "occurred_at"};

class Teller {
 public:
  Teller(Incoming& incoming, const Document& document, std::string_view text)
      : incoming_(incoming),
        document_(document),
        text_(text) {}

  // The first choice whose parts are all there.
  std::string value(const FieldRule* rule) {
    if (rule == nullptr) return {};
    for (const Choice& choice : rule->choices) {
      std::string joined;
      const bool whole = std::all_of(choice.begin(), choice.end(), [&](const Part& part) { return add(part, joined); });
      if (whole) return joined;
    }
    return {};
  }

 private:
  bool add(const Part& part, std::string& joined) {
    std::string selected;
    std::string_view found;
    if (part.name == kNowhere) {
      found = kNowhere;
    } else if (part.from == Part::From::document) {
      const auto at = value_at(part.name, document_, text_, selected);
      if (!at || is_credential(part.name)) return false;
      found = *at;
    } else {
      const auto other = incoming_.value(part);
      found = trimmed(other.text);
      if (!other.found() || found.empty()) return false;
    }
    // The document is text. Parts of the request itself may be any bytes, and an escape may stand for a NUL.
    if (!json::is_utf8(found) || found.find('\0') != std::string_view::npos) return false;
    if (!joined.empty()) joined += ':';
    joined += found;
    return true;
  }

  Incoming& incoming_;
  const Document& document_;
  std::string_view text_;
};

bool is_true(std::string_view text) {
  const Word word(text);
  return word == "true" || word == "1";
}

// Senders in China write "2025-01-15 15:59:58" and mean their own clocks.
std::string with_zone(std::string text) {
  constexpr size_t kDate = 10, kSeconds = 19;
  if (text.size() < kSeconds || text[4] != '-' || (text[kDate] != ' ' && text[kDate] != 'T')) return text;
  text[kDate] = 'T';
  if (text.find_first_of("Zz+-", kSeconds) == std::string::npos) text += "+08:00";
  return text;
}

// A value that is safe inside JSON as it is.
bool is_plain(std::string_view text) {
  return !text.empty() && text.size() <= 64 && std::all_of(text.begin(), text.end(), [](char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '-' || c == '_' ||
           c == '.';
  });
}

}  // namespace

Told tell(const Sender& sender, Incoming& incoming, const Document& document, std::string_view text) {
  Teller teller(incoming, document, text);
  const auto value = [&](std::string_view name) { return teller.value(sender.field(name)); };
  Told told;
  told.identity = value("identity");
  told.word = value("type");
  told.subject = value("subject");
  told.lead_id = value("lead_id");
  told.content = value("content");
  // Without a declaration, by the name that we ask for.
  const FieldRule* const when = sender.field("occurred_at");
  told.stated_at = with_zone(when == nullptr ? std::string(trimmed(document.value("timestamp"))) : teller.value(when));
  if (const auto type = sender.types.find(told.word); type != sender.types.end()) told.type = type->second;
  if (is_true(value("test"))) told.type = kTest;
  for (const FieldRule& rule : sender.fields) {
    if (std::find(kOwnPlaces.begin(), kOwnPlaces.end(), rule.name) != kOwnPlaces.end()) continue;
    if (std::string found = teller.value(&rule); !found.empty()) told.contact.emplace_back(rule.name, std::move(found));
  }
  for (const std::string_view name : kPersons) {
    const std::string found = value(name);
    if (found.empty() || found == kNowhere) continue;
    told.person = found;
    break;
  }
  if (sender.algorithm == Algorithm::equal) told.shared_key = incoming.value(sender.found).text;
  return told;
}

Reply answer(const Sender& sender, const Document* document) {
  std::string body;
  std::string_view rest = sender.body;
  // {path}: a value of the document. Another { is text.
  for (size_t open = rest.find('{'); open != std::string_view::npos; open = rest.find('{')) {
    const size_t close = rest.find_first_of("{}\"", open + 1);
    const bool is_closed = close != std::string_view::npos && rest[close] == '}';
    const std::string_view path = is_closed ? rest.substr(open + 1, close - open - 1) : std::string_view();
    const bool is_path = is_plain(path);
    body += rest.substr(0, is_path ? open : open + 1);
    if (is_path) {
      const std::string_view value = document == nullptr ? std::string_view() : trimmed(document->value(path));
      body += is_plain(value) ? value : "null";
    }
    rest.remove_prefix(is_path ? close + 1 : open + 1);
  }
  body += rest;
  const bool is_json = body.starts_with('{');
  return {sender.status, std::move(body), is_json ? "application/json; charset=utf-8" : "text/plain; charset=utf-8"};
}

}  // namespace wxpipe::ingest::senders
