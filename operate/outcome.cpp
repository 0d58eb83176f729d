#include "operate/outcome.hpp"

#include <fmt/format.h>
#include <simdjson.h>

#include <algorithm>
#include <array>
#include <iterator>
#include <set>
#include <stdexcept>

#include "common/json/write.hpp"
#include "ingest/document.hpp"
#include "ingest/wxcrypt/cipher.hpp"
#include "ingest/wxcrypt/signature.hpp"
#include "schemas/fact_json.hpp"

namespace wxpipe::operate {
namespace {
using ingest::Interpretation;
using ingest::Reply;
using wxpipe::to_string;
namespace wxcrypt = ingest::wxcrypt;

constexpr std::string_view kSeal = "sealed:v1:";

// Calls found(text before, seal) for each seal, and returns the text after the last.
template <class Found>
std::string_view for_each_seal(std::string_view text, Found&& found) {
  for (size_t at = text.find(kSeal); at != std::string_view::npos; at = text.find(kSeal)) {
    const auto ends = [](char c) { return std::isalnum(static_cast<unsigned char>(c)) == 0 && c != '-' && c != '_'; };
    const auto* const end = std::find_if(text.begin() + at + kSeal.size(), text.end(), ends);
    found(text.substr(0, at), text.substr(at, static_cast<size_t>(end - text.begin()) - at));
    text.remove_prefix(static_cast<size_t>(end - text.begin()));
  }
  return text;
}

std::string in_quotes(std::string_view text) {
  std::string out;
  json::append_string(out, text);
  return out;
}

std::string answer(const Reply& reply, const ingest::Account& account) {
  if (const auto message = open_reply(account, reply.body); !message.empty())
    return fmt::format("{} encrypted {}", reply.status, message);
  return reply.body.empty() ? std::to_string(reply.status) : fmt::format("{} {}", reply.status, reply.body);
}

// An identity in a form that a person can write. A seal's first 16 characters become the sealed text; 16 hex digits of
// the event's id become {event id}.
std::string show_identity(const schemas::Event& event, const crypto::Sealer& sealer) {
  std::string identity = event.identity;
  const auto show = [&](const std::string& derived, const std::string& shown) {
    for (size_t at = identity.find(derived); at != std::string::npos; at = identity.find(derived, at + shown.size()))
      identity.replace(at, derived.size(), shown);
  };
  std::string encoded, id = to_string(event.id);
  schemas::encode(event, schemas::kEventSchema, encoded);
  for (const auto& text : sealed_texts(encoded, sealer))
    show(sealer.seal(text).substr(kSeal.size(), 16), "sealed:{" + text + "}");
  id.erase(std::remove(id.begin(), id.end(), '-'), id.end());
  show(id.substr(16), "{event id}");
  return identity;
}

// The event's columns as they travel, with seals shown, but without those that the runner checks for all cases alike.
void append_columns(std::string& out, const schemas::Event& event, const crypto::Sealer& sealer) {
  static const std::set<std::string_view> kElsewhere{"schema", "id",      "account",  "received_at",
                                                     "raw",    "receipt", "trace_id", "normaliser"};
  std::string encoded;
  schemas::encode(event, schemas::kEventSchema, encoded);
  simdjson::dom::parser parser;
  for (const auto [key, value] : parser.parse(encoded).get_object()) {
    if (kElsewhere.contains(key)) continue;
    if (key == "identity") {
      out += ",\n  \"identity\": " + in_quotes(show_identity(event, sealer));
    } else if (key == "attributes") {
      out += ",\n  \"attributes\": {";
      const char* separator = "\n    ";
      for (const auto [name, attribute] : value.get_object()) {
        out += separator + in_quotes(name) + ": " + show_seals(simdjson::to_string(attribute), sealer);
        separator = ",\n    ";
      }
      out += "\n  }";
    } else if (!value.is_string() || !std::string_view(value).empty()) {
      std::string shown = show_seals(simdjson::to_string(value), sealer);
      if ((key == "occurred_at" || key == "stated_at") && shown.ends_with(".000000Z\""))
        shown.replace(shown.size() - 9, 9, "Z\"");
      out += ",\n  " + in_quotes(key) + ": " + shown;
    }
  }
}

void append_lines(std::vector<std::string>& out, const std::string& path, simdjson::dom::element value,
                  bool keep_empty) {
  if (value.is_object()) {
    std::set<std::string> names;
    for (const auto [key, member] : value.get_object()) {
      const std::string name = path.empty() ? std::string(key) : path + "." + std::string(key);
      if (!names.insert(name).second) throw std::runtime_error(name + ": comes twice");
      append_lines(out, name, member, keep_empty || name == "attributes");
    }
  } else if (value.is_array()) {
    size_t index = 0;
    for (const auto item : value.get_array()) append_lines(out, fmt::format("{}[{}]", path, index++), item, true);
    if (index == 0 && keep_empty) out.push_back(path + " = []");
  } else if (keep_empty || !value.is_string() || !std::string_view(value).empty()) {
    out.push_back(path + " = " + simdjson::to_string(value));
  }
}

// Without what every fact has from its event, and without ids that follow from the event's.
template <class Fact>
void append_fact(std::string& out, const Fact& fact, const crypto::Sealer& sealer) {
  static const std::set<std::string_view> kOfItsEvent{"schema",    "event_id", "event_type",  "platform",    "account",
                                                      "tenant",    "subject",  "occurred_at", "received_at", "timeless",
                                                      "stated_at", "receipt",  "trace_id",    "activity_id", "log_id"};
  std::string encoded;
  schemas::encode(fact, encoded);
  simdjson::dom::parser parser;
  const char* separator = "{";
  for (const auto [key, value] : parser.parse(encoded).get_object()) {
    if (kOfItsEvent.contains(key) || (value.is_string() && std::string_view(value).empty())) continue;
    out += separator + in_quotes(key) + ": " + show_seals(simdjson::to_string(value), sealer);
    separator = ", ";
  }
  out += "}";
}

void append_facts(std::string& out, const processors::Facts& facts, const crypto::Sealer& sealer) {
  const char* before = ",\n  \"facts\": {";
  facts.for_each_kind([&]<class Fact>(const std::vector<Fact>& list) {
    if (list.empty()) return;
    out += fmt::format("{}\n    \"{}\": [", before, Fact::kName);
    before = ",";
    const char* separator = "\n      ";
    for (const auto& fact : list) {
      out += separator;
      append_fact(out, fact, sealer);
      separator = ",\n      ";
    }
    out += "\n    ]";
  });
  if (std::string_view(before) == ",") out += "\n  }";
}

}  // namespace

crypto::Sealer throwaway_sealer() { return crypto::Sealer(Secret("AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=")); }

ingest::RandomBytes no_randomness() {
  return [](std::span<unsigned char> bytes) { std::ranges::fill(bytes, static_cast<unsigned char>('0')); };
}

std::string open_reply(const ingest::Account& account, std::string_view body) {
  const auto document = ingest::parse_document(body);
  if (!document) return {};
  const bool lower = document->has("encrypt");
  const auto field = [&](std::string_view name, std::string_view lower_name) {
    return document->value(lower ? lower_name : name);
  };
  const auto encrypt = field("Encrypt", "encrypt");
  if (encrypt.empty()) return {};
  const auto fits = [&](const Secret& token) {
    const std::array<std::string_view, 4> parts{token.reveal(), field("TimeStamp", "timestamp"),
                                                field("Nonce", "nonce"), encrypt};
    return wxcrypt::signature_fits(field("MsgSignature", "msgsignature"), parts);
  };
  if (std::ranges::none_of(account.tokens, fits)) return "signed wrongly";
  std::string buffer;
  wxcrypt::Plaintext plaintext;
  for (const auto& key : account.aes_keys)
    if (wxcrypt::decrypt(key, encrypt, buffer, plaintext) == wxcrypt::CipherFault::none)
      return std::string(plaintext.message);
  return "encrypted wrongly";
}

std::string show_seals(std::string_view text, const crypto::Sealer& sealer) {
  std::string out;
  const auto rest = for_each_seal(text, [&](std::string_view before, std::string_view seal) {
    out.append(before).append("sealed:{").append(sealer.open(seal).value_or("?")).append("}");
  });
  return out.append(rest);
}

std::vector<std::string> sealed_texts(std::string_view text, const crypto::Sealer& sealer) {
  std::vector<std::string> texts;
  for_each_seal(text, [&](std::string_view, std::string_view seal) {
    if (auto opened = sealer.open(seal)) texts.push_back(std::move(*opened));
  });
  return texts;
}

std::string render(const Interpretation& interpretation, const ingest::Account& account, const crypto::Sealer& sealer,
                   const processors::Facts* facts) {
  std::string out;
  const auto end = [&](const Reply& reply, bool urgent) {
    out += ",\n  \"answer\": " + in_quotes(answer(reply, account));
    if (urgent) out += ",\n  \"urgent\": true";
    out += "\n}\n";
  };
  if (const auto* accepted = std::get_if<ingest::Accepted>(&interpretation)) {
    out = "{\n  \"outcome\": \"accepted\"";
    append_columns(out, accepted->event, sealer);
    if (accepted->address_mismatch) out += ",\n  \"address_mismatch\": true";
    if (facts != nullptr) append_facts(out, *facts, sealer);
    end(accepted->reply, accepted->urgent);
  } else if (const auto* unreadable = std::get_if<ingest::Unreadable>(&interpretation)) {
    out = fmt::format("{{\n  \"outcome\": \"unreadable\",\n  \"reason\": \"{}\"", to_string(unreadable->letter.reason));
    end(unreadable->reply, unreadable->urgent);
  } else if (const auto* refused = std::get_if<ingest::Refused>(&interpretation)) {
    out = fmt::format("{{\n  \"outcome\": \"refused\",\n  \"status\": {},\n  \"refusal\": \"{}\"\n}}\n",
                      status_of(refused->refusal), to_string(refused->refusal));
  } else {
    out = "{\n  \"outcome\": \"challenge\"\n}\n";
  }
  return out;
}

std::vector<std::string> lines(std::string_view json) {
  simdjson::dom::parser parser;
  simdjson::dom::element root;
  if (const auto error = parser.parse(json.data(), json.size()).get(root); error || !root.is_object())
    throw std::runtime_error(std::string("expected a JSON object: ") + simdjson::error_message(error));
  std::vector<std::string> all;
  append_lines(all, {}, root, false);
  std::sort(all.begin(), all.end());
  return all;
}

std::string difference(const std::vector<std::string>& actual, const std::vector<std::string>& expected) {
  std::vector<std::string> surplus, missing;
  std::set_difference(actual.begin(), actual.end(), expected.begin(), expected.end(), std::back_inserter(surplus));
  std::set_difference(expected.begin(), expected.end(), actual.begin(), actual.end(), std::back_inserter(missing));
  std::string out;
  for (const auto& line : missing) out += "\n  expected " + line;
  for (const auto& line : surplus) out += "\n  came     " + line;
  return out;
}

}  // namespace wxpipe::operate
