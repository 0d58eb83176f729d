#include "console/masking.hpp"

#include <algorithm>
#include <array>

namespace wxpipe::console {
namespace {
using report::Value;

// Ids: never changed, because people look by them. They aren't made of what somebody wrote.
constexpr std::array<std::string_view, 14> kIds{
    "id",         "event_id",          "dead_letter_id", "receipt",  "trace_id", "msg_id", "at",
    "command_id", "first_activity_id", "normaliser",     "activity", "boot",     "next",   "task"};
// What somebody wrote or told.
constexpr std::array<std::string_view, 14> kContent{
    "content", "summary",      "reply",    "attributes", "profile", "description", "contact_name",
    "what",    "company_name", "identity", "production", "side",    "score_parts", "raw"};
constexpr std::array<std::string_view, 6> kBodies{"body",       "body_bytes",     "context",
                                                  "record_key", "contact_wechat", "contact_email"};

bool is_digit(char c) { return c >= '0' && c <= '9'; }
template <size_t N>
bool is_one_of(const std::array<std::string_view, N>& names, std::string_view name) {
  return std::ranges::find(names, name) != names.end();
}

struct Masked {
  std::string_view name;
  const Identity& who;
  Value operator()(const std::string& text) const {
    if (text.empty() || is_one_of(kIds, name)) return text;
    if (is_one_of(kBodies, name)) return kHidden;
    if (who.role < Role::analyst && (is_one_of(kContent, name) || name == "contact_phone")) return kHidden;
    return mask_phones(text);
  }
  Value operator()(const report::Object& fields) const {
    report::Object out;
    for (const auto& [key, value] : fields) out.push_back({key, masked(key, value, who)});
    return out;
  }
  Value operator()(std::monostate) const { return {}; }
  template <class T>
  Value operator()(const T& other) const {
    return other;
  }
};
}  // namespace

std::string mask_phones(std::string_view text) {
  std::string out(text);
  for (size_t i = 0; i < out.size();) {
    if (!is_digit(out[i])) {
      ++i;
      continue;
    }
    size_t end = i;
    while (end < out.size() && is_digit(out[end])) ++end;
    auto begin = i;
    if (end - begin == 13 && out[begin] == '8' && out[begin + 1] == '6') begin += 2;
    if (end - begin == 11 && out[begin] == '1' && out[begin + 1] >= '3') out.replace(begin + 3, 4, "****");
    i = end;
  }
  return out;
}

bool is_masked(const Identity& who) { return !who.bodies || who.role < Role::analyst; }

Value masked(std::string_view name, Value value, const Identity& who) {
  if (!is_masked(who)) return value;
  return std::visit(Masked{name, who}, value.is());
}

report::Report masked(report::Report report, const Identity& who) {
  if (!is_masked(who)) return report;
  for (auto& fact : report.facts) fact.value = masked(fact.key, std::move(fact.value), who);
  for (auto& table : report.tables) {
    const bool pairs = table.columns.size() == 2 && table.columns[0].key == "name" && table.columns[1].key == "value";
    for (auto& row : table.rows)
      for (size_t i = 0; i < row.size(); ++i) {
        std::string name = table.columns.empty() ? table.key : table.columns.at(i).key;
        if (pairs && i == 1)
          if (const auto* of_row = std::get_if<std::string>(&row[0].is())) name = *of_row;
        row[i] = masked(name, std::move(row[i]), who);
      }
  }
  for (auto& finding : report.findings) finding.sentence = mask_phones(finding.sentence);
  return report;
}

}  // namespace wxpipe::console
