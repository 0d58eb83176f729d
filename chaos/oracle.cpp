#include "chaos/oracle.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace wxpipe::chaos {
namespace {
constexpr uint64_t kExamples = 5;  // of each kind of violation

void blame(Verdict& verdict, Violation violation, std::string example) {
  auto& count = verdict.violations[static_cast<size_t>(violation)];
  if (count++ < kExamples) verdict.examples.push_back(fmt::format("{}: {}", to_string(violation), example));
}

int digit(char c) {
  if ('0' <= c && c <= '9') return c - '0';
  if ('a' <= c && c <= 'f') return c - 'a' + 10;
  return -1;
}
}  // namespace

std::optional<Digest> parse_digest(std::string_view hex) {
  Digest digest;
  if (hex.size() != 2 * digest.size()) return std::nullopt;
  for (size_t i = 0; i < digest.size(); ++i) {
    const int high = digit(hex[2 * i]), low = digit(hex[2 * i + 1]);
    if (high < 0 || low < 0) return std::nullopt;
    digest[i] = static_cast<unsigned char>(high << 4 | low);
  }
  return digest;
}

std::string_view to_string(Violation violation) {
  constexpr std::array<std::string_view, kViolations> kWords{"lost",     "doubled",      "wrong",
                                                             "stranger", "out_of_order", "doubled_on_topic"};
  return kWords[static_cast<size_t>(violation)];
}

bool Verdict::fine() const {
  return std::all_of(violations.begin(), violations.end(), [](uint64_t count) { return count == 0; });
}

uint32_t Oracle::word(std::string_view text) {
  const auto [found, fresh] = word_numbers_.try_emplace(std::string(text), static_cast<uint32_t>(words_.size()));
  if (fresh) words_.emplace_back(text);
  return found->second;
}

std::string Oracle::name(const Content& content) const {
  return fmt::format("serial {} ({} {})", content.serial, words_[content.account],
                     content.poison != 0 ? words_[content.poison] : words_[content.type]);
}

void Oracle::sent(const rig::LedgerLine& line) {
  const auto digest = parse_digest(line.body_sha256);
  if (!digest) throw std::invalid_argument(fmt::format("serial {} of the ledger has no body_sha256", line.serial));
  ++told_.callbacks;
  told_.acknowledged += line.acked ? 1 : 0;
  told_.repeated += line.resend == rig::Resend::same ? 1 : 0;
  told_.repeated_with_other_bytes += line.resend == rig::Resend::changed ? 1 : 0;
  told_.poisoned += line.poison ? 1 : 0;
  told_.strangers += line.stranger ? 1 : 0;
  if (line.acked && line.attempts == 1 && line.acked_at)
    told_.longest_ack = std::max(told_.longest_ack, std::chrono::microseconds(*line.acked_at - line.sent_at));

  const auto [found, fresh] = by_body_.try_emplace(*digest, static_cast<uint32_t>(contents_.size()));
  if (fresh) {
    auto& content = contents_.emplace_back();
    content.serial = line.serial;
    content.account = word(line.account);
    content.tenant = word(line.tenant.value_or(""));
    content.type = word(line.type.value_or(""));
    content.poison = word(line.poison.value_or(""));
    content.stranger = word(line.stranger.value_or(""));
    content.key = word(fmt::format("{}|{}|{}", line.account, line.tenant.value_or(""), line.subject));
  }
  auto& content = contents_[found->second];
  content.acknowledged = content.acknowledged || line.acked;
  if (line.key_order) content.order = line.key_order;
  content.sent_again = content.sent_again || !fresh || line.attempts > 1;
}

void Oracle::stored(const StoredRow& row) {
  ++told_.rows;
  const auto found = by_body_.find(row.body);
  if (found == by_body_.end())
    return blame(
        told_, Violation::wrong,
        fmt::format("row {} ({} {}): nobody sent these bytes", to_string(row.event_id), row.account, row.type));
  auto& content = contents_[found->second];
  ++content.rows;
  by_event_[row.event_id] = found->second;
  const auto differs = [&](std::string_view what, std::string_view is, uint32_t should) {
    if (is != words_[should])
      blame(told_, Violation::wrong,
            fmt::format("row of {}: {} is '{}' rather than '{}'", name(content), what, is, words_[should]));
  };
  if (content.poison != 0 || content.stranger != 0) return;  // has a judgement of its own
  differs("account", row.account, content.account);
  differs("tenant", row.tenant, content.tenant);
  differs("type", row.type, content.type);
}

void Oracle::dead_letter(const StoredLetter& letter) {
  ++told_.dead_letters;
  const auto found = by_body_.find(letter.body);
  if (found == by_body_.end())
    return blame(told_, Violation::wrong,
                 fmt::format("dead letter ({} {} {}): nobody sent these bytes as poison", letter.stage, letter.account,
                             letter.reason));
  auto& content = contents_[found->second];
  ++content.letters;
  if (content.poison != 0 && (letter.reason != words_[content.poison] || letter.account != words_[content.account]))
    blame(told_, Violation::wrong,
          fmt::format("dead letter of {}: {} of {}", name(content), letter.reason, letter.account));
}

void Oracle::on_topic(const TopicRecord& record) {
  ++told_.topic_records;
  const auto found = by_event_.find(record.event_id);
  if (found == by_event_.end())
    return blame(told_, Violation::lost,
                 fmt::format("event {} is on messages.v1 (partition {}, offset {}) and has no row",
                             to_string(record.event_id), record.partition, record.offset));
  auto& content = contents_[found->second];
  if (++content.topic_records > 1) return;
  content.instance = word(record.receipt.substr(0, record.receipt.find('/')));
  content.partition = record.partition;
  content.offset = record.offset;
}

Verdict Oracle::verdict() const {
  Verdict verdict = told_;
  judge_contents(verdict);
  judge_order(verdict);
  return verdict;
}

void Oracle::judge_contents(Verdict& verdict) const {
  for (const auto& content : contents_) {
    if (content.stranger != 0) {
      if (content.acknowledged || content.rows + content.letters > 0)
        blame(verdict, Violation::stranger, name(content));
      continue;
    }
    const bool poisoned = content.poison != 0;
    const auto there = poisoned ? content.letters : content.rows;
    const auto elsewhere = poisoned ? content.rows : content.letters;
    if (content.acknowledged && there == 0) blame(verdict, Violation::lost, name(content));
    if (there > 1) blame(verdict, Violation::doubled, fmt::format("{}: {} times", name(content), there));
    if (elsewhere > 0)
      blame(verdict, Violation::wrong, fmt::format("{} is a {}", name(content), poisoned ? "row" : "dead letter"));
    if (!content.acknowledged && there > 0) ++verdict.stored_unacknowledged;
    if (once_on_topic_ && content.topic_records > 1)
      blame(verdict, Violation::doubled_on_topic, fmt::format("{}: {} times", name(content), content.topic_records));
  }
}

// The sender settles a callback before it sends the next one of its subject. So of two acknowledged ones, the first was
// durable before the second existed. Only callbacks that one process took can be compared: a callback may wait in one
// process's spool while another process sends a later one. For the same reason only contents that were sent once are
// compared: copies may lie in two spools, and either can reach the topic first.
void Oracle::judge_order(Verdict& verdict) const {
  std::vector<const Content*> ordered;
  for (const auto& content : contents_)
    if (content.order && !content.sent_again && content.topic_records > 0) ordered.push_back(&content);
  std::sort(ordered.begin(), ordered.end(), [](const Content* left, const Content* right) {
    return std::tuple(left->key, left->instance, *left->order) < std::tuple(right->key, right->instance, *right->order);
  });
  const Content* last = nullptr;  // the last acknowledged one
  for (const auto* content : ordered) {
    if (last && (last->key != content->key || last->instance != content->instance)) last = nullptr;
    if (last && content->partition != last->partition)
      blame(verdict, Violation::out_of_order,
            fmt::format("{} is in partition {}, {} of the same subject in {}", name(*last), last->partition,
                        name(*content), content->partition));
    else if (last && content->offset < last->offset)
      blame(verdict, Violation::out_of_order,
            fmt::format("{} came before {} in partition {}, both by {}", name(*content), name(*last), last->partition,
                        words_[last->instance]));
    if (content->acknowledged) last = content;
  }
}

}  // namespace wxpipe::chaos
