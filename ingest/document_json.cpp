// JSON into fields, with simdjson on demand. simdjson only finds the structure. We resolve strings in place and keep
// numbers as text, because ids exceed simdjson's number types.
#include <simdjson.h>

#include <cstring>

#include "ingest/document_builder.hpp"
#include "ingest/json_text.hpp"
#include "ingest/words.hpp"

namespace wxpipe::ingest {
namespace {

namespace ondemand = simdjson::ondemand;
static_assert(kJsonPadding >= simdjson::SIMDJSON_PADDING);

constexpr std::string_view kBlank = " \t\r\n";

Trouble malformed(std::string_view what) { return trouble(Reason::malformed_json, std::string(what)); }
Trouble malformed(simdjson::error_code code) { return malformed(simdjson::error_message(code)); }
Trouble too_deep() { return trouble(Reason::nested_too_deep, "objects and arrays are nested deeper than 32"); }

bool is_digit(char c) { return c >= '0' && c <= '9'; }

bool is_number(std::string_view text) {
  size_t at = 0;
  const auto digits = [&] {
    const size_t from = at;
    while (at < text.size() && is_digit(text[at])) ++at;
    return at > from;
  };
  if (at < text.size() && text[at] == '-') ++at;
  const size_t first = at;
  if (!digits() || (text[first] == '0' && at > first + 1)) return false;
  if (at < text.size() && text[at] == '.' && (++at, !digits())) return false;
  if (at < text.size() && (text[at] == 'e' || text[at] == 'E')) {
    ++at;
    if (at < text.size() && (text[at] == '+' || text[at] == '-')) ++at;
    if (!digits()) return false;
  }
  return at == text.size();
}

class Reader {
 public:
  explicit Reader(DocumentBuilder& builder) : builder_(builder), end_(builder.text() + builder.size()) {}

  template <class Value>  // a value or the whole document, which have no common type
  Trouble read(Value& value, std::string_view path, std::string_view name, int depth) {
    ondemand::json_type type;
    if (const auto error = value.type().get(type)) return malformed(error);
    switch (type) {
      case ondemand::json_type::object: {
        if (depth > kDeepestNesting) return too_deep();
        ondemand::object object;
        if (const auto error = value.get_object().get(object)) return malformed(error);
        return read_object(object, path, name, depth);
      }
      case ondemand::json_type::array: {
        if (depth > kDeepestNesting) return too_deep();
        ondemand::array array;
        if (const auto error = value.get_array().get(array)) return malformed(error);
        return read_array(array, path, name, depth);
      }
      default: {
        std::string_view token;
        if (const auto error = simdjson::simdjson_result<std::string_view>(value.raw_json_token()).get(token))
          return malformed(error);
        return read_scalar(token, path, name);
      }
    }
  }

  // token: as written, perhaps with white space behind it.
  Trouble read_scalar(std::string_view token, std::string_view path, std::string_view name) {
    token = token.substr(0, token.find_last_not_of(kBlank) + 1);
    if (path.empty()) path = kNameless;
    if (token.starts_with('"')) {
      std::string_view text;
      if (!resolve(token.data() + 1, text)) return malformed("a text isn't well-formed");
      builder_.add(path, name, text);
    } else if (token == "true" || token == "false" || is_number(token)) {
      builder_.add(path, name, token);
    } else if (token != "null") {
      return malformed("a value is neither text, number, true, false nor null");
    }
    return {};
  }

 private:
  Trouble read_object(ondemand::object& object, std::string_view path, std::string_view name, int depth) {
    const bool outermost = depth == 1;
    const size_t node = outermost ? 0 : builder_.open(Node::Kind::object, path, name);
    bool empty = true;
    for (auto item : object) {
      empty = false;
      ondemand::field field;
      if (const auto error = std::move(item).get(field)) return malformed(error);
      std::string_view key;
      if (!resolve(field.key().raw(), key)) return malformed("a key isn't well-formed");
      key = trimmed(key);
      if (key.empty()) key = kNameless;
      const std::string_view child_path = builder_.path(path, key);
      if (child_path.empty()) return trouble(Reason::too_large, "the names of nested objects are too long");
      ondemand::value value = field.value();
      if (auto bad = read(value, child_path, key, depth + 1); bad.found) return bad;
    }
    if (outermost) return {};
    if (empty) builder_.add_empty(path.empty() ? kNameless : path);
    builder_.close(node);
    return {};
  }

  // The outermost array is the list of a member without a name.
  Trouble read_array(ondemand::array& array, std::string_view path, std::string_view name, int depth) {
    const size_t node = builder_.open(Node::Kind::list, path, depth == 1 ? kNameless : name);
    bool empty = true;
    for (auto item : array) {
      empty = false;
      ondemand::value value;
      if (const auto error = std::move(item).get(value)) return malformed(error);
      if (!builder_.pay_for_item(path)) return trouble(Reason::too_large, "the names of nested lists are too long");
      if (auto bad = read(value, path, {}, depth + 1); bad.found) return bad;
    }
    if (empty && depth > 1) builder_.add_empty(path.empty() ? kNameless : path);
    builder_.close(node);
    return {};
  }

  // The string that begins at `from`, behind its quote. simdjson has already found its end, so there is one.
  bool resolve(const char* from, std::string_view& text) {
    char* const begin = builder_.text() + (from - builder_.text());
    char* at = begin;
    bool escaped = false;
    while (at < end_ && *at != '"') {
      escaped |= *at == '\\';
      at += *at == '\\' ? 2 : 1;
    }
    if (at >= end_) return false;
    const auto size = static_cast<size_t>(at - begin);
    if (!escaped) {
      text = {begin, size};
      return true;
    }
    const JsonText resolved = resolve_json_escapes(begin, size);
    if (resolved.replaced) builder_.mark_sanitised();
    text = {begin, resolved.size};
    return resolved.legal;
  }

  DocumentBuilder& builder_;
  const char* end_;
};

// Whether brackets outside strings are nested too deep. If so, this is the better reason when simdjson failed.
bool nested_too_deep(std::string_view text) {
  int depth = 0;
  bool quoted = false;
  for (size_t at = 0; at < text.size(); ++at) {
    const char c = text[at];
    if (quoted) {
      if (c == '\\') ++at;
      quoted = c != '"';
    } else if (c == '"') {
      quoted = true;
    } else if (c == '{' || c == '[') {
      if (++depth > kDeepestNesting) return true;
    } else if (c == '}' || c == ']') {
      --depth;
    }
  }
  return false;
}

Trouble read_structure(DocumentBuilder& builder) {
  thread_local ondemand::parser parser;
  ondemand::document document;
  if (const auto error = parser.iterate(builder.text(), builder.size(), builder.size() + kJsonPadding).get(document))
    return malformed(error);
  if (auto bad = Reader(builder).read(document, {}, {}, 1); bad.found) return bad;
  if (!document.current_location().error()) return malformed("something follows the value");
  return {};
}

}  // namespace

Trouble read_json(DocumentBuilder& builder) {
  const std::string_view text(builder.text(), builder.size());
  const std::string_view value = text.substr(text.find_first_not_of(kBlank));
  if (!value.starts_with('{') && !value.starts_with('[')) {
    const size_t last = value.find_last_not_of(kBlank);
    if (value.front() == '"') {
      size_t at = 1;
      while (at < value.size() && value[at] != '"') at += value[at] == '\\' ? 2 : 1;
      if (at != last) return malformed("a text isn't well-formed");
    }
    return Reader(builder).read_scalar(value, {}, kNameless);
  }
  Trouble bad = read_structure(builder);
  if (bad.found && bad.rejection.reason == Reason::malformed_json && nested_too_deep(text)) return too_deep();
  return bad;
}

}  // namespace wxpipe::ingest
