// `expected` builds every error text, so all have the same form: what was expected, then what was found.
#include "common/config/value.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <charconv>
#include <cmath>

#include "common/config/units.hpp"

namespace wxpipe::config {
namespace {

template <class... Visitors>
struct Overloaded : Visitors... {
  using Visitors::operator()...;
};
template <class... Visitors>
Overloaded(Visitors...) -> Overloaded<Visitors...>;

std::string describe(const Value& value) {
  return std::visit(Overloaded{[](const std::string& text) { return in_quotes(text); },
                               [](int64_t number) { return fmt::format("integer {}", number); },
                               [](double number) { return fmt::format("number {}", number); },
                               [](bool flag) { return fmt::format("{}", flag); },
                               [](const Texts&) { return std::string("an array"); },
                               [](const TextMap&) { return std::string("a table"); },
                               [](const Untyped& untyped) { return in_quotes(untyped.text); },
                               [](const Foreign& foreign) { return std::string(foreign.name); }},
                    value);
}

Complaint expected(std::string_view what, const Value& value) {
  return fmt::format("expected {}, got {}", what, describe(value));
}

const std::string* text_of(const Value& value) {
  if (const auto* text = std::get_if<std::string>(&value)) return text;
  if (const auto* untyped = std::get_if<Untyped>(&value)) return &untyped->text;
  return nullptr;
}

std::optional<int64_t> whole_number_of(const Value& value) {
  if (const auto* number = std::get_if<int64_t>(&value)) return *number;
  const auto* untyped = std::get_if<Untyped>(&value);
  if (!untyped) return std::nullopt;
  const char* last = untyped->text.data() + untyped->text.size();
  int64_t number = 0;
  const auto [end, error] = std::from_chars(untyped->text.data(), last, number);
  return error == std::errc{} && end == last ? std::optional(number) : std::nullopt;
}

std::optional<double> number_of(const Value& value) {
  if (const auto* number = std::get_if<double>(&value)) return *number;
  if (const auto whole = whole_number_of(value)) return static_cast<double>(*whole);
  const auto* untyped = std::get_if<Untyped>(&value);
  if (!untyped) return std::nullopt;
  const char* last = untyped->text.data() + untyped->text.size();
  double number = 0;
  const auto [end, error] = std::from_chars(untyped->text.data(), last, number);
  return error == std::errc{} && end == last ? std::optional(number) : std::nullopt;
}

bool within(double number, const Rule& rule) { return number >= rule.least && number <= rule.most; }
constexpr double kUnbounded = 9e15;

// " from 1 to 64"; what has no upper bound worth naming says "of 1 or more".
template <class Show>
std::string bounds(const Rule& rule, Show&& show_number) {
  if (rule.most >= kUnbounded) return fmt::format(" of {} or more", show_number(rule.least));
  return fmt::format(" from {} to {}", show_number(rule.least), show_number(rule.most));
}
std::string show_whole(double number) { return fmt::format("{}", static_cast<int64_t>(number)); }
std::string show_duration(double number) {
  return in_quotes(format_duration(milliseconds(static_cast<int64_t>(number))));
}
std::string show_size(double number) { return in_quotes(format_size(static_cast<uint64_t>(number))); }

template <class Whole>
Complaint assign_whole(Whole& field, const Rule& rule, const Value& value) {
  const auto number = whole_number_of(value);
  if (!number || !within(static_cast<double>(*number), rule))
    return expected(fmt::format("a whole number{}", bounds(rule, show_whole)), value);
  field = static_cast<Whole>(*number);
  return std::nullopt;
}

template <class Duration>
Complaint assign_duration(Duration& field, const Rule& rule, const Value& value) {
  const auto* text = text_of(value);
  const auto duration = text ? parse_duration(*text) : std::nullopt;
  if (!duration) return expected("a duration with its unit (ms, s, m, h or d), such as \"800ms\" or \"10m\"", value);
  const auto rounded = std::chrono::duration_cast<Duration>(*duration);
  if (rounded != *duration) return expected("a duration in whole seconds", value);
  if (!within(static_cast<double>(duration->count()), rule))
    return expected(fmt::format("a duration{}", bounds(rule, show_duration)), value);
  field = rounded;
  return std::nullopt;
}

}  // namespace

std::string in_quotes(std::string_view text) {
  std::string out = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\')
      (out += '\\') += c;
    else if (c == '\n')
      out += "\\n";
    else if (c == '\t')
      out += "\\t";
    else if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f)
      out += fmt::format("\\u{:04X}", static_cast<unsigned>(static_cast<unsigned char>(c)));
    else
      out += c;
  }
  return out += '"';
}

Complaint assign(std::string& field, const Rule& rule, const Value& value) {
  const auto* text = text_of(value);
  if (!rule.words.empty()) {
    if (text && std::find(rule.words.begin(), rule.words.end(), *text) != rule.words.end()) {
      field = *text;
      return std::nullopt;
    }
    return expected(fmt::format("one of {}", fmt::join(rule.words, ", ")), value);
  }
  if (!text) return expected("text in quotes", value);
  if (text->empty() && !rule.may_be_empty) return expected("text that isn't empty", value);
  const auto legal = [&](char c) {
    return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') ||
           rule.characters.find(c) != std::string_view::npos;
  };
  if (!rule.characters.empty() && (text->size() > 200 || !std::all_of(text->begin(), text->end(), legal)))
    return expected(fmt::format("at most 200 letters, digits and {}", rule.characters), value);
  field = *text;
  return std::nullopt;
}
std::string show(const std::string& field, const Rule&) { return field.empty() ? "" : in_quotes(field); }

Complaint assign(Secret& field, const Rule&, const Value& value) {
  const auto* text = text_of(value);
  if (!text) return "expected text in quotes";
  if (text->empty()) return "is empty; take the line out or give the secret";
  field = Secret(*text);
  return std::nullopt;
}
std::string show(const Secret& field, const Rule&) { return field.empty() ? "" : "\"***\""; }

Complaint assign(Endpoint& field, const Rule&, const Value& value) {
  const auto* text = text_of(value);
  const auto endpoint = text ? parse_endpoint(*text) : std::nullopt;
  if (!endpoint) return expected("\"host:port\", such as \"0.0.0.0:8080\" or \"[::]:8080\"", value);
  field = *endpoint;
  return std::nullopt;
}
std::string show(const Endpoint& field, const Rule&) { return in_quotes(format_endpoint(field)); }

Complaint assign(int& field, const Rule& rule, const Value& value) { return assign_whole(field, rule, value); }
std::string show(int field, const Rule&) { return fmt::format("{}", field); }

Complaint assign(size_t& field, const Rule& rule, const Value& value) {
  if (!rule.is_size) return assign_whole(field, rule, value);
  const auto* text = text_of(value);
  std::optional<uint64_t> bytes;
  if (text)
    bytes = parse_size(*text);
  else if (const auto number = whole_number_of(value); number && *number >= 0)
    bytes = static_cast<uint64_t>(*number);
  if (!bytes.has_value()) return expected("a size with its unit (B, KiB, MiB or GiB), such as \"16KiB\"", value);
  if (!within(static_cast<double>(*bytes), rule))
    return expected(fmt::format("a size{}", bounds(rule, show_size)), value);
  field = *bytes;
  return std::nullopt;
}
std::string show(size_t field, const Rule& rule) {
  return rule.is_size ? in_quotes(format_size(field)) : fmt::format("{}", field);
}

Complaint assign(std::optional<int64_t>& field, const Rule& rule, const Value& value) {
  int64_t number = 0;
  auto complaint = assign_whole(number, rule, value);
  if (!complaint) field = number;
  return complaint;
}
std::string show(const std::optional<int64_t>& field, const Rule&) { return field ? fmt::format("{}", *field) : ""; }

Complaint assign(milliseconds& field, const Rule& rule, const Value& value) {
  return assign_duration(field, rule, value);
}
std::string show(milliseconds field, const Rule&) { return in_quotes(format_duration(field)); }

Complaint assign(seconds& field, const Rule& rule, const Value& value) { return assign_duration(field, rule, value); }
std::string show(seconds field, const Rule&) { return in_quotes(format_duration(field)); }

Complaint assign(std::optional<seconds>& field, const Rule& rule, const Value& value) {
  seconds duration{};
  auto complaint = assign_duration(duration, rule, value);
  if (!complaint) field = duration;
  return complaint;
}
std::string show(const std::optional<seconds>& field, const Rule& rule) { return field ? show(*field, rule) : ""; }

Complaint assign(double& field, const Rule& rule, const Value& value) {
  const auto number = number_of(value);
  if (!number || !within(*number, rule))
    return expected(fmt::format("a number from {} to {}", rule.least, rule.most), value);
  field = *number;
  return std::nullopt;
}
std::string show(double field, const Rule&) {
  // TOML tells integers from floats: a whole one keeps its point.
  return field == std::floor(field) ? fmt::format("{:.1f}", field) : fmt::format("{}", field);
}

Complaint assign(bool& field, const Rule&, const Value& value) {
  if (const auto* flag = std::get_if<bool>(&value)) {
    field = *flag;
    return std::nullopt;
  }
  const auto* untyped = std::get_if<Untyped>(&value);
  if (!untyped || (untyped->text != "true" && untyped->text != "false")) return expected("true or false", value);
  field = untyped->text == "true";
  return std::nullopt;
}
std::string show(bool field, const Rule&) { return field ? "true" : "false"; }

Complaint assign(std::optional<bool>& field, const Rule& rule, const Value& value) {
  bool flag = false;
  auto complaint = assign(flag, rule, value);
  if (!complaint) field = flag;
  return complaint;
}
std::string show(const std::optional<bool>& field, const Rule& rule) { return field ? show(*field, rule) : ""; }

Complaint assign(std::optional<std::string>& field, const Rule& rule, const Value& value) {
  std::string text;
  auto complaint = assign(text, rule, value);
  if (!complaint) field = std::move(text);
  return complaint;
}
std::string show(const std::optional<std::string>& field, const Rule&) { return field ? in_quotes(*field) : ""; }

Complaint assign(Texts& field, const Rule&, const Value& value) {
  if (const auto* texts = std::get_if<Texts>(&value)) {
    field = *texts;
    return std::nullopt;
  }
  const auto* untyped = std::get_if<Untyped>(&value);
  if (!untyped) return expected("an array of texts, such as [\"one\", \"two\"]", value);
  field.clear();
  std::string_view rest = untyped->text;
  while (!rest.empty()) {  // commas in the environment
    const auto comma = std::min(rest.find(','), rest.size());
    if (comma > 0) field.emplace_back(rest.substr(0, comma));
    rest.remove_prefix(std::min(comma + 1, rest.size()));
  }
  return std::nullopt;
}
std::string show(const Texts& field, const Rule&) {
  std::string out = "[";
  for (const auto& text : field) out += (out.size() > 1 ? ", " : "") + in_quotes(text);
  return out += ']';
}

Complaint assign(std::vector<Secret>& field, const Rule& rule, const Value& value) {
  Texts texts;
  if (assign(texts, rule, value)) return "expected an array of texts";
  field.clear();
  for (auto& text : texts) field.emplace_back(std::move(text));
  return std::nullopt;
}
std::string show(const std::vector<Secret>& field, const Rule& rule) { return show(Texts(field.size(), "***"), rule); }

Complaint assign(TextMap& field, const Rule&, const Value& value) {
  const auto* map = std::get_if<TextMap>(&value);
  if (!map) return expected("a table of name = \"value\" lines", value);
  field = *map;
  return std::nullopt;
}
std::string show(const TextMap& field, const Rule&) {
  std::string out = "{";
  for (const auto& [name, text] : field)
    out += fmt::format("{}{} = {}", out.size() > 1 ? ", " : "", in_quotes(name), in_quotes(text));
  return out += '}';
}

// Its secrets are read one by one, because each may come from elsewhere (settings_file.cpp).
Complaint assign(SecretMap&, const Rule&, const Value& value) {
  return expected("a table of name = \"secret\" lines", value);
}
std::string show(const SecretMap& field, const Rule& rule) {
  TextMap hidden;
  for (const auto& [name, secret] : field) hidden.emplace(name, "***");
  return show(hidden, rule);
}

}  // namespace wxpipe::config
