#include "simulate/generator.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "common/result.hpp"
#include "simulate/poison.hpp"
#include "simulate/strangers.hpp"

namespace wxpipe::simulate {
namespace {
using ingest::AccountKind;
using std::chrono::floor;
using std::chrono::seconds;

constexpr size_t kRemembered = 2048;  // callbacks kept for repetition: about 2 MB
constexpr int kTries = 16;
constexpr uint64_t kSeldomSeen = 1'000'000;

// The share of the traffic that comes through an account of this kind.
int share(AccountKind kind) {
  switch (kind) {
    case AccountKind::official_account:
      return 30;
    case AccountKind::wework_app:
      return 25;
    case AccountKind::mini_program:
    case AccountKind::open_platform_messages:
      return 10;
    case AccountKind::wework_suite_data:
    case AccountKind::wework_bot:
    case AccountKind::wework_instance:
    case AccountKind::channel:
      return 8;
    case AccountKind::open_platform:
    case AccountKind::wework_suite_command:
      return 3;
  }
  return 1;
}

bool wanted(const std::vector<std::string>& patterns, std::string_view type) {
  return patterns.empty() || std::any_of(patterns.begin(), patterns.end(), [&](std::string_view pattern) {
           if (!pattern.ends_with('*')) return pattern == type;
           return type.starts_with(pattern.substr(0, pattern.size() - 1));
         });
}

size_t index_at(const std::vector<int>& until, Random& random) {
  const auto at = static_cast<int>(random.below(static_cast<uint64_t>(until.back())));
  return static_cast<size_t>(std::upper_bound(until.begin(), until.end(), at) - until.begin());
}

int64_t second_of(Timestamp at) { return floor<seconds>(at).time_since_epoch().count(); }

// A few people send most of the messages.
size_t pick_person(Random& random, size_t subjects) {
  const double u = random.unit();
  return std::min(subjects - 1, static_cast<size_t>(u * u * static_cast<double>(subjects)));
}

// Fills bodies up to a wanted size, with text that compresses like real text.
std::string filling(Random& random, size_t bytes) {
  std::string text;
  while (text.size() < bytes) text += sentence(random);
  return text;
}
}  // namespace

GeneratorOptions a_day() {
  GeneratorOptions day;
  day.subjects = 20'000;
  day.resend = 0.05;
  day.resend_late = 0.2;
  day.poison = 0.002;
  day.long_ago = 0.02;
  return day;
}

Generator::Generator(const std::vector<config::AccountSettings>& accounts, const GeneratorOptions& options)
    : options_(options),
      run_(mixed(options.seed, static_cast<uint64_t>(options.begin.time_since_epoch().count()))),
      random_(run_) {
  if (options.subjects == 0) throw UsageError("--subjects: at least one follower has to be there");
  int sum = 0;
  for (const auto& settings : accounts) {
    // It can't sign as each of them does; golden cases and unit tests do.
    if (ingest::senders::is_declared(settings)) continue;
    Voice voice{make_speaker(settings, options.seed, options.subjects), {}, {}, nullptr, {}};
    int weights = 0;
    for (const auto& topic : topics(voice.speaker.account.kind)) {
      if (!wanted(options.types, topic.type)) continue;
      if (topic.effect == Effect::joins) voice.joining = &topic;
      // Weight 0 means: only said where needed. If types were chosen, such topics count like the others.
      const int weight = topic.weight == 0 && !options.types.empty() ? 1 : topic.weight;
      if (weight == 0) continue;
      voice.topics.push_back(&topic);
      voice.until.push_back(weights += weight);
    }
    if (voice.topics.empty()) continue;
    voice.joined.resize(options.subjects);
    voices_until_.push_back(sum += share(voice.speaker.account.kind));
    voices_.push_back(std::move(voice));
  }
  if (voices_.empty())
    throw UsageError(options.types.empty()
                         ? std::string("no account is configured that could say anything")
                         : fmt::format("no account says anything of the types {}; docs/event-types.md has them",
                                       fmt::join(options.types, ", ")));
}

std::string Generator::token(uint64_t serial) const {
  return fmt::format("{:08x}-{}", static_cast<uint32_t>(run_ >> 32), serial);
}

Said Generator::say(size_t index, const Topic& topic, size_t person, int64_t second, Timestamp at) {
  Voice& voice = voices_[index];
  const auto kind = voice.speaker.account.kind;
  BodyWriter body(random_.pick(formats(kind)));
  Scene scene{voice.speaker, random_, body, second, serial_, run_, person};
  if (kind == AccountKind::open_platform_messages)
    scene.tenant = voice.speaker.tenants[person % voice.speaker.tenants.size()];
  topic.say(scene);
  const std::string serial = token(serial_);
  body.text("Serial", serial);
  if (body.size() < options_.body_bytes) body.text("Remark", filling(random_, options_.body_bytes - body.size()));

  Said said;
  said.serial = said.signed_as = serial_++;
  said.speaker = index;
  said.type = topic.type;
  said.tenant = std::move(scene.tenant);
  said.subject = std::move(scene.subject);
  said.at = at;
  said.format = body.format();
  said.body = body.finish();
  if (ingest::is_standard_webhook(kind)) said.webhook_id = "msg_" + serial;
  said.credentials = scene.credentials;
  said.named = topic.named;
  return said;
}

Generator::Order& Generator::order_of(const Said& said) {
  std::string key = voices_[said.speaker].speaker.account.name;
  key.append(1, '\0').append(said.tenant).append(1, '\0').append(said.subject);
  const auto next_key = static_cast<uint32_t>(keys_.size());
  return keys_.try_emplace(std::move(key), Order{next_key, 0, 0, {}}).first->second;
}

void Generator::put_in_order(Said& said) {
  auto& order = order_of(said);
  said.key = order.key;
  said.order = order.next++;
}

Said Generator::ordinary(Timestamp at) {
  const int64_t second = second_of(at);
  for (int tries = 1;; ++tries) {
    const size_t index = index_at(voices_until_, random_);
    Voice& voice = voices_[index];
    const bool seldom = random_.chance(options_.long_ago);
    const size_t person = seldom ? options_.subjects + static_cast<size_t>(random_.below(kSeldomSeen))
                                 : pick_person(random_, options_.subjects);
    const Topic* topic = voice.topics[index_at(voice.until, random_)];
    const bool follower = topic->who == Who::follower && voice.joining && !seldom;
    if (follower && !voice.joined[person]) topic = voice.joining;
    Said said = say(index, *topic, person, second, at);
    // Nobody does the same thing twice in one second: a platform would see one event. If the rate is too high to avoid
    // it, it happens all the same.
    auto& order = order_of(said);
    if (order.second != second) {
      order.second = second;
      order.done.clear();
    }
    if (!has_own_id(voice.speaker.account.kind, *topic)) {
      if (tries < kTries && std::find(order.done.begin(), order.done.end(), topic) != order.done.end()) {
        --serial_;
        continue;
      }
      order.done.push_back(topic);
    }
    if (follower) voice.joined[person] = topic->effect != Effect::leaves;
    put_in_order(said);
    return said;
  }
}

Said Generator::poisoned(Timestamp at) {
  const size_t index = index_at(voices_until_, random_);
  Voice& voice = voices_[index];
  // Unknown types may lack any field, so poison is made from known types.
  const Topic* topic = nullptr;
  for (int tries = 0; tries < 64 && (!topic || topic->type.starts_with("unknown.")); ++tries)
    topic = voice.topics[index_at(voice.until, random_)];
  const Reason reason = random_.pick(poisons(voice.speaker.account));
  const int64_t second = reason != Reason::implausible_time ? second_of(at)
                         : random_.chance(0.5)              ? 1'262'304'000  // 2010
                                                            : second_of(at) + 3 * 86'400;
  Said said = say(index, *topic, pick_person(random_, options_.subjects), second, at);
  spoil(said, reason);
  return said;
}

Said Generator::strange(Timestamp at) {
  const size_t index = index_at(voices_until_, random_);
  Voice& voice = voices_[index];
  const Topic& topic = *voice.topics[index_at(voice.until, random_)];
  Said said = say(index, topic, pick_person(random_, options_.subjects), second_of(at), at);
  said.type = {};
  said.stranger = random_.pick(pretences(voice.speaker.account));
  return said;
}

void Generator::remember(const Said& said) {
  if (options_.resend <= 0) return;
  if (lately_.size() == kRemembered) lately_.pop_front();
  lately_.push_back(said);
  if (options_.resend_late <= 0) return;
  ++remembered_;
  if (earlier_.size() < kRemembered)
    earlier_.push_back(said);
  else if (const auto place = random_.below(remembered_); place < kRemembered)
    earlier_[static_cast<size_t>(place)] = said;
}

Said Generator::again(Timestamp at) {
  const bool late = random_.chance(options_.resend_late);
  Said said = late ? random_.pick(earlier_) : random_.pick(lately_);
  said.identity_of = said.serial;
  said.at = at;
  const bool change = said.named && !said.poison && random_.chance(options_.resend_changed);
  const std::string before = token(said.serial), after = token(serial_);
  said.serial = serial_++;
  said.resend = change ? Resend::changed : Resend::same;
  if (!change) return said;
  said.body.replace(said.body.find(before), before.size(), after);
  put_in_order(said);
  return said;
}

Said Generator::next(Timestamp at) {
  if (!lately_.empty() && random_.chance(options_.resend)) return again(at);
  if (random_.chance(options_.strangers)) return strange(at);
  Said said = random_.chance(options_.poison) ? poisoned(at) : ordinary(at);
  remember(said);
  return said;
}

}  // namespace wxpipe::simulate
