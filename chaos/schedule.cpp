#include "chaos/schedule.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <map>
#include <random>
#include <span>

#include "common/result.hpp"

namespace wxpipe::chaos {
namespace {
using namespace std::chrono_literals;

// std's distributions differ between libraries; its engines don't. The bounds are small, so the bias is negligible.
class Random {
 public:
  explicit Random(uint64_t seed) : engine_(seed) {}
  size_t below(size_t bound) { return engine_() % bound; }
  int64_t between(int64_t least, int64_t most) {
    return least + static_cast<int64_t>(below(static_cast<size_t>(most - least) + 1));
  }
  milliseconds between(milliseconds least, milliseconds most) {
    return milliseconds(between(least.count(), most.count()));
  }

 private:
  std::mt19937_64 engine_;
};

constexpr std::array<std::string_view, 5> kActors{"ingest", "process", "sink", "kafka", "postgres"};
constexpr std::array<std::string_view, 16> kKinds{"kill",
                                                  "stop",
                                                  "stop_at_commit",
                                                  "terminate_backend",
                                                  "kill_backend",
                                                  "stop_backend",
                                                  "cut",
                                                  "freeze",
                                                  "lose_answers",
                                                  "delay",
                                                  "slice",
                                                  "half_close",
                                                  "withhold_end",
                                                  "storm",
                                                  "disk_full",
                                                  "clock_jump"};

bool has_amount(FaultKind kind) {
  return kind == FaultKind::delay || kind == FaultKind::slice || kind == FaultKind::storm ||
         kind == FaultKind::clock_jump;
}
bool is_network(FaultKind kind) { return FaultKind::cut <= kind && kind <= FaultKind::withhold_end; }
bool is_backend(FaultKind kind) { return FaultKind::terminate_backend <= kind && kind <= FaultKind::stop_backend; }
bool is_role(Actor actor) { return actor <= Actor::sink; }

constexpr milliseconds kFirst = 3s;       // there is load by then
constexpr milliseconds kLastBefore = 4s;  // before the end of the load
constexpr milliseconds kShortest{0};

struct Card {
  FaultKind kind;
  Actor actor;  // for a network fault: the role
  int copies;
  milliseconds least, most;  // how long it lasts
};
// About half are kills. Sessions last 5 s and the ack budget is 2 s: stops and freezes are shorter or longer than
// these.
constexpr Card kDeck[] = {
    {FaultKind::kill, Actor::ingest, 16, 50ms, 1500ms},
    {FaultKind::kill, Actor::process, 16, 50ms, 1500ms},
    {FaultKind::kill, Actor::sink, 16, 50ms, 1500ms},
    {FaultKind::kill, Actor::kafka, 6, 0ms, 3s},
    {FaultKind::kill, Actor::postgres, 6, 0ms, 3s},
    {FaultKind::stop, Actor::ingest, 3, 300ms, 4s},
    {FaultKind::stop, Actor::process, 4, 1s, 9s},
    {FaultKind::stop, Actor::sink, 4, 1s, 9s},
    {FaultKind::stop, Actor::kafka, 2, 300ms, 6s},
    {FaultKind::stop, Actor::postgres, 2, 300ms, 6s},
    {FaultKind::stop_at_commit, Actor::kafka, 2, 4s, 8s},
    {FaultKind::terminate_backend, Actor::postgres, 3, kShortest, kShortest},
    {FaultKind::kill_backend, Actor::postgres, 1, kShortest, kShortest},
    {FaultKind::stop_backend, Actor::postgres, 1, 500ms, 6s},
    {FaultKind::cut, Actor::ingest, 2, 0ms, 3s},
    {FaultKind::cut, Actor::process, 2, 0ms, 3s},
    {FaultKind::cut, Actor::sink, 2, 0ms, 3s},
    {FaultKind::freeze, Actor::ingest, 1, 300ms, 6s},
    {FaultKind::freeze, Actor::process, 1, 300ms, 8s},
    {FaultKind::freeze, Actor::sink, 2, 300ms, 8s},
    {FaultKind::lose_answers, Actor::ingest, 1, 300ms, 5s},
    {FaultKind::lose_answers, Actor::process, 1, 300ms, 5s},
    {FaultKind::lose_answers, Actor::sink, 1, 300ms, 5s},
    {FaultKind::delay, Actor::ingest, 1, 2s, 6s},
    {FaultKind::delay, Actor::process, 1, 2s, 6s},
    {FaultKind::delay, Actor::sink, 1, 2s, 6s},
    {FaultKind::slice, Actor::ingest, 1, 2s, 6s},
    {FaultKind::slice, Actor::process, 1, 2s, 6s},
    {FaultKind::slice, Actor::sink, 1, 2s, 6s},
    {FaultKind::half_close, Actor::ingest, 1, kShortest, kShortest},
    {FaultKind::half_close, Actor::process, 1, kShortest, kShortest},
    {FaultKind::half_close, Actor::sink, 1, kShortest, kShortest},
    {FaultKind::withhold_end, Actor::process, 4, 2s, 8s},
    {FaultKind::storm, Actor::process, 1, 3s, 8s},
    {FaultKind::storm, Actor::sink, 1, 3s, 8s},
    {FaultKind::disk_full, Actor::ingest, 2, 500ms, 6s},
    {FaultKind::clock_jump, Actor::ingest, 1, 2s, 8s},
    {FaultKind::clock_jump, Actor::process, 1, 2s, 8s},
    {FaultKind::clock_jump, Actor::sink, 1, 2s, 8s},
};

// How long a target is left alone after a fault ends: it may still be starting, or its clients are reconnecting.
milliseconds rest_of(const Fault& fault) {
  if (fault.target.actor == Actor::kafka) return 10s;
  if (fault.target.actor == Actor::postgres)
    return is_backend(fault.kind) && fault.kind != FaultKind::kill_backend ? 500ms : 4s;
  return fault.kind == FaultKind::storm ? 4s : 1s;
}

int64_t amount_of(FaultKind kind, Random& random) {
  switch (kind) {
    case FaultKind::delay:
      return random.between(10, 400);
    case FaultKind::slice:
      return random.between(40, 4000);
    case FaultKind::storm:
      return random.between(1, 3);
    case FaultKind::clock_jump: {
      // Less than webhooks tolerate (5 minutes) and well inside the dedupe window, so messages.v1 must still have every
      // event once. Longer jumps can be written by hand, but below an hour: brokers refuse records beyond that.
      const auto seconds = random.between(1, 240);
      return random.below(2) == 0 ? seconds : -seconds;
    }
    default:
      return 0;
  }
}

Target target_of(const Card& card, const Members& members, Random& random) {
  if (!is_role(card.actor)) return {card.actor, 0, {}};
  if (card.kind == FaultKind::storm) return {card.actor, kAnyNumber, {}};
  Target target{card.actor, static_cast<int>(random.below(static_cast<size_t>(members.of(card.actor)))), {}};
  if (is_network(card.kind))
    target.server = card.actor == Actor::sink && random.below(2) == 0 ? Actor::postgres : Actor::kafka;
  return target;
}

class Deck {
 public:
  Deck(const Members& members, const Wishes& wishes) {
    for (const auto& card : kDeck) {
      const bool unwanted = std::find(wishes.without.begin(), wishes.without.end(), card.kind) != wishes.without.end();
      if (unwanted || (is_role(card.actor) && members.of(card.actor) == 0)) continue;
      for (int i = 0; i < card.copies; ++i) all_.push_back(&card);
    }
  }
  bool empty() const { return all_.empty(); }
  const Card& draw(Random& random) {
    if (left_.empty()) {
      left_ = all_;
      for (size_t i = left_.size(); i > 1; --i) std::swap(left_[i - 1], left_[random.below(i)]);
    }
    const Card& card = *left_.back();
    left_.pop_back();
    return card;
  }
  void put_under(const Card& card) { left_.insert(left_.begin(), &card); }

 private:
  std::vector<const Card*> all_, left_;
};
}  // namespace

Schedule make_schedule(uint64_t seed, milliseconds length, const Members& members, const Wishes& wishes) {
  Schedule schedule{seed, length, members, {}};
  Random random(seed);
  Deck deck(members, wishes);
  if (deck.empty()) return schedule;
  std::map<Target, milliseconds> busy;
  const auto end = length - kLastBefore;
  for (auto at = kFirst; at < end; at += random.between(wishes.every / 4, wishes.every * 7 / 4)) {
    // Draws a few times. A fault that doesn't fit now goes to the bottom of the deck.
    for (int tries = 0; tries < 8; ++tries) {
      const Card& card = deck.draw(random);
      Fault fault{at, card.kind, target_of(card, members, random), amount_of(card.kind, random),
                  random.between(card.least, card.most)};
      const auto found = busy.find(fault.target);
      const bool fits = (found == busy.end() || found->second <= at) && at + fault.lasts < end;
      if (!fits) {
        deck.put_under(card);
        continue;
      }
      busy[fault.target] = at + fault.lasts + rest_of(fault);
      schedule.faults.push_back(fault);
      break;
    }
  }
  return schedule;
}

std::string_view to_string(FaultKind kind) { return kKinds[static_cast<size_t>(kind)]; }
std::string_view to_string(Actor actor) { return kActors[static_cast<size_t>(actor)]; }

std::optional<FaultKind> parse_fault_kind(std::string_view name) {
  const auto* found = std::find(kKinds.begin(), kKinds.end(), name);
  if (found == kKinds.end()) return std::nullopt;
  return static_cast<FaultKind>(found - kKinds.begin());
}

std::string to_string(const Target& target) {
  std::string text(to_string(target.actor));
  if (is_role(target.actor)) text += target.number == kAnyNumber ? ".*" : fmt::format(".{}", target.number);
  if (target.server) text += fmt::format("-{}", to_string(*target.server));
  return text;
}

std::string to_text(const Fault& fault) {
  auto line = fmt::format("{}ms {} {}", fault.at.count(), to_string(fault.kind), to_string(fault.target));
  if (has_amount(fault.kind)) line += fmt::format(" by {}", fault.amount);
  if (fault.lasts > 0ms) line += fmt::format(" for {}ms", fault.lasts.count());
  return line;
}

std::string to_text(const Schedule& schedule) {
  auto text =
      fmt::format("wxpipe chaos schedule\nseed {}\nlength {}ms\nmembers", schedule.seed, schedule.length.count());
  for (const auto role : kRoles) text += fmt::format(" {} {}", schedule.members.of(role), to_string(role));
  text += '\n';
  for (const auto& fault : schedule.faults) text.append(to_text(fault)).append("\n");
  return text;
}

namespace {
// Reads one line, word by word. Throws Complaint with a text for people when it can't.
struct Complaint {
  std::string why;
};

class Words {
 public:
  explicit Words(std::string_view line) {
    while (!line.empty()) {
      const auto begin = line.find_first_not_of(" \t\r");
      if (begin == std::string_view::npos) return;
      line.remove_prefix(begin);
      const auto end = std::min(line.find_first_of(" \t\r"), line.size());
      words_.push_back(line.substr(0, end));
      line.remove_prefix(end);
    }
  }
  bool empty() const { return next_ == words_.size(); }
  std::string_view peek() const { return empty() ? std::string_view{} : words_[next_]; }
  std::string_view take(std::string_view meaning) {
    if (empty()) throw Complaint{fmt::format("it ends where {} should stand", meaning)};
    return words_[next_++];
  }
  void expect(std::string_view word) {
    if (take(fmt::format("'{}'", word)) != word)
      throw Complaint{fmt::format("expected '{}', got '{}'", word, words_[next_ - 1])};
  }
  template <class Number>
  Number number(std::string_view meaning) {
    return to_number<Number>(take(meaning), meaning);
  }
  milliseconds time(std::string_view meaning) {
    auto text = take(meaning);
    if (!text.ends_with("ms"))
      throw Complaint{fmt::format("{}: expected milliseconds such as 400ms, got '{}'", meaning, text)};
    const milliseconds time(to_number<int64_t>(text.substr(0, text.size() - 2), meaning));
    if (time < 0ms) throw Complaint{fmt::format("{}: {} is before the beginning", meaning, text)};
    return time;
  }

  template <class Number>
  static Number to_number(std::string_view text, std::string_view meaning) {
    Number value{};
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc{} || end != text.data() + text.size())
      throw Complaint{fmt::format("{}: expected a number, got '{}'", meaning, text)};
    return value;
  }

 private:
  std::vector<std::string_view> words_;
  size_t next_ = 0;
};

Actor parse_actor(std::string_view name) {
  const auto* found = std::find(kActors.begin(), kActors.end(), name);
  if (found == kActors.end())
    throw Complaint{fmt::format("'{}' is none of ingest, process, sink, kafka, postgres", name)};
  return static_cast<Actor>(found - kActors.begin());
}

Target parse_target(std::string_view text, FaultKind kind, const Members& members) {
  Target target;
  const auto dash = text.find('-');
  if (dash != std::string_view::npos) target.server = parse_actor(text.substr(dash + 1));
  const auto left = text.substr(0, dash);
  const auto dot = left.find('.');
  target.actor = parse_actor(left.substr(0, dot));
  if (is_role(target.actor) != (dot != std::string_view::npos))
    throw Complaint{fmt::format("'{}': a process has a number, such as sink.0, a server has none", text)};
  if (dot != std::string_view::npos) {
    const auto number = left.substr(dot + 1);
    target.number = number == "*" ? kAnyNumber : Words::to_number<int>(number, "the process's number");
    if (target.number != kAnyNumber && (target.number < 0 || target.number >= members.of(target.actor)))
      throw Complaint{fmt::format("there is no {}; the line 'members' says how many there are", left)};
  }
  const bool way = target.server && is_role(target.actor) && !is_role(*target.server) &&
                   (*target.server == Actor::kafka || target.actor == Actor::sink);
  const bool storm = kind == FaultKind::storm;
  bool fits = is_network(kind) == target.server.has_value() && (!target.server || way) &&
              storm == (target.number == kAnyNumber);
  if (is_backend(kind)) fits = fits && target.actor == Actor::postgres;
  if (kind == FaultKind::stop_at_commit) fits = fits && target.actor == Actor::kafka;
  if (kind == FaultKind::withhold_end) fits = fits && target.actor == Actor::process;
  if (kind == FaultKind::disk_full) fits = fits && target.actor == Actor::ingest;
  if (kind == FaultKind::clock_jump) fits = fits && is_role(target.actor);
  if (!fits) throw Complaint{fmt::format("'{}' can't befall '{}'", to_string(kind), text)};
  return target;
}

Fault parse_fault(Words& words, const Members& members) {
  Fault fault;
  fault.at = words.time("the moment");
  const auto kind = words.take("what happens");
  const auto known = parse_fault_kind(kind);
  if (!known) throw Complaint{fmt::format("'{}' is no fault; there are {}", kind, fmt::join(kKinds, ", "))};
  fault.kind = *known;
  fault.target = parse_target(words.take("whom it befalls"), fault.kind, members);
  if (has_amount(fault.kind)) {
    words.expect("by");
    fault.amount = words.number<int64_t>("the amount");
  }
  if (!words.empty()) {
    words.expect("for");
    fault.lasts = words.time("how long");
  }
  return fault;
}

void parse_line(Words& words, Schedule& schedule) {
  const auto first = words.peek();
  if (first == "wxpipe" || first.starts_with('#')) return;
  if (first == "seed") {
    words.take("");
    schedule.seed = words.number<uint64_t>("the seed");
  } else if (first == "length") {
    words.take("");
    schedule.length = words.time("the length");
  } else if (first == "members") {
    words.take("");
    for (auto* count : {&schedule.members.ingest, &schedule.members.process, &schedule.members.sink}) {
      *count = words.number<int>("how many");
      words.expect(count == &schedule.members.ingest    ? "ingest"
                   : count == &schedule.members.process ? "process"
                                                        : "sink");
      if (*count < 1) throw Complaint{"each role needs a member"};
    }
  } else {
    schedule.faults.push_back(parse_fault(words, schedule.members));
  }
  if (!words.empty()) throw Complaint{fmt::format("what is '{}' for?", words.peek())};
}
}  // namespace

Schedule parse_schedule(std::string_view text, std::string_view file_name) {
  Schedule schedule;
  for (int number = 1; !text.empty(); ++number) {
    const auto end = std::min(text.find('\n'), text.size());
    Words words(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
    if (words.empty()) continue;
    try {
      parse_line(words, schedule);
    } catch (const Complaint& complaint) {
      throw UsageError(fmt::format("{}:{}: {}", file_name, number, complaint.why));
    }
  }
  if (schedule.length <= 0ms) throw UsageError(fmt::format("{}: there is no line such as 'length 60000ms'", file_name));
  std::stable_sort(schedule.faults.begin(), schedule.faults.end(),
                   [](const Fault& left, const Fault& right) { return left.at < right.at; });
  return schedule;
}

}  // namespace wxpipe::chaos
