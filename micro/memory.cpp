#include "micro/memory.hpp"

#include <fmt/format.h>
#include <simdjson.h>

#include <algorithm>
#include <charconv>
#include <chrono>
#include <optional>

#include "common/json/read.hpp"
#include "common/result.hpp"
#include "ingest/query.hpp"

namespace wxpipe::micro {
namespace {
constexpr std::string_view kMessage = "wxpipe.message.v1", kRepeat = "wxpipe.duplicate.v1";
constexpr std::string_view kLetter = "wxpipe.dead_letter.v1";
constexpr size_t kLongestWait = 20, kUsualWait = 5, kUsualLimit = 100;

// A text at the top of a JSON object; empty if there is none.
std::string text_of(std::string_view json, std::string_view name) {
  auto document = json::thread_reader().iterate(json);
  std::string_view text;
  if (document.find_field_unordered(name).get_string().get(text) != simdjson::SUCCESS) return {};
  return std::string(text);
}

bool fits(std::string_view value, std::string_view pattern) {
  if (pattern.ends_with('*')) return value.starts_with(pattern.substr(0, pattern.size() - 1));
  return value == pattern;
}

size_t number(std::string_view name, std::string_view text, size_t most) {
  size_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size() || value < 1 || value > most)
    throw UsageError(fmt::format("{}: a number from 1 to {}\n", name, most));
  return value;
}

void append(std::string& list, std::string_view json) {
  if (list.back() != '[') list += ',';
  list += json;
}
}  // namespace

struct Memory::Question {
  std::vector<std::pair<std::string, std::string>> values;  // name in the JSON, pattern
  std::optional<std::string> id;
  std::string tag;
  size_t count = 0, within = kUsualWait, limit = kUsualLimit;

  bool takes(std::string_view json) const {
    if (id && std::ranges::none_of(kIds, [&](auto name) { return text_of(json, name) == *id; })) return false;
    return json.find(tag) != std::string_view::npos &&
           std::ranges::all_of(values, [&](const auto& one) { return fits(text_of(json, one.first), one.second); });
  }

  static constexpr std::array<std::string_view, 5> kIds{"id", "dead_letter_id", "receipt", "msg_id", "identity"};
};

Memory::Question Memory::parse(std::string_view query) {
  Question question;
  std::string scratch;
  while (!query.empty()) {
    const auto one = query.substr(0, query.find('&'));
    query.remove_prefix(std::min(one.size() + 1, query.size()));
    const auto equals = std::min(one.find('='), one.size());
    const auto name = one.substr(0, equals);
    std::string_view value;
    scratch.clear();
    scratch.reserve(one.size());
    if (!ingest::decode_percent(one.substr(std::min(equals + 1, one.size())), scratch, value))
      throw UsageError("a % without two hex digits\n");
    if (name == "id")
      question.id = value;
    else if (name == "tag")
      question.tag = value;
    else if (name == "count")
      question.count = number(name, value, kMost);
    else if (name == "within")
      question.within = number(name, value, kLongestWait);
    else if (name == "limit")
      question.limit = number(name, value, kMost);
    else if (name == "account" || name == "type" || name == "reason" || name == "sender")
      question.values.emplace_back(name, value);
    else
      throw UsageError("there is id, account, type, reason, sender, tag, count, within and limit\n");
  }
  return question;
}

Memory::Event& Memory::event(std::string_view id) {
  const auto found = by_id_.find(id);
  if (found != by_id_.end()) return *found->second;
  if (events_.size() >= kMost) {
    by_id_.erase(events_.front().id);
    events_.pop_front();  // pointers to the others stay: it is a deque
    ++forgotten_;
  }
  auto& made = events_.emplace_back();
  made.id = id;
  by_id_.emplace(made.id, &made);
  return made;
}

void Memory::take(std::string_view topic, std::string_view json) {
  const auto schema = text_of(json, "schema");
  if (schema.empty()) return;
  const std::lock_guard lock(mutex_);
  if (schema == kLetter) {
    if (letters_.size() >= kMost) {
      letters_.pop_front();
      ++forgotten_;
    }
    letters_.emplace_back(json);
  } else if (schema == kRepeat) {
    ++event(text_of(json, "event_id")).repeats;
    ++repeats_;
  } else if (schema == kMessage) {
    event(text_of(json, "id")).json = json;
  } else if (topic != "events.v1" && topic != "custody.v1") {
    const auto id = text_of(json, "event_id");
    if (!id.empty()) event(id).facts.emplace_back(json);
  }
  changed_.notify_all();
}

size_t Memory::count(Kind kind, const Question& question) const {
  size_t found = 0;
  if (kind != Kind::bad)
    found += static_cast<size_t>(std::ranges::count_if(
        events_, [&](const Event& one) { return !one.json.empty() && question.takes(one.json); }));
  if (kind != Kind::good)
    found += static_cast<size_t>(
        std::ranges::count_if(letters_, [&](const std::string& one) { return question.takes(one); }));
  return found;
}

std::string Memory::counts() const {
  const auto good = std::ranges::count_if(events_, [](const Event& one) { return !one.json.empty(); });
  return fmt::format(R"("good":{},"bad":{},"repeats":{},"forgotten":{})", good, letters_.size(), repeats_, forgotten_);
}

std::string Memory::answer(Kind kind, std::string_view query) const {
  const auto question = parse(query);
  std::unique_lock lock(mutex_);
  if (question.count > 0)
    changed_.wait_for(lock, std::chrono::seconds(question.within),
                      [&] { return count(kind, question) >= question.count; });
  const auto found = count(kind, question);
  auto skipped = found - std::min(found, question.limit);  // the oldest
  std::string events = "[", letters = "[";
  if (kind != Kind::bad)
    for (const auto& one : events_) {
      if (one.json.empty() || !question.takes(one.json)) continue;
      if (skipped > 0) {
        --skipped;
        continue;
      }
      std::string facts = "[";
      for (const auto& fact : one.facts) append(facts, fact);
      append(events, fmt::format(R"({{"event":{},"facts":{}],"repeats":{}}})", one.json, facts, one.repeats));
    }
  if (kind != Kind::good)
    for (const auto& one : letters_) {
      if (!question.takes(one)) continue;
      if (skipped > 0) {
        --skipped;
        continue;
      }
      append(letters, one);
    }
  auto out = fmt::format(R"({{{},"found":{})", counts(), found);
  if (kind != Kind::bad) out += R"(,"events":)" + events + "]";
  if (kind != Kind::good) out += R"(,"dead_letters":)" + letters + "]";
  return out + "}\n";
}

std::string Memory::reset() {
  const std::lock_guard lock(mutex_);
  auto out = "{" + counts() + "}\n";
  events_.clear();
  by_id_.clear();
  letters_.clear();
  repeats_ = forgotten_ = 0;
  return out;
}

}  // namespace wxpipe::micro
