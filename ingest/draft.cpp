#include "ingest/draft.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <chrono>
#include <vector>

#include "common/crypto/digest.hpp"
#include "ingest/sealed_body.hpp"
#include "schemas/event_id.hpp"
#include "schemas/topics.hpp"

namespace wxpipe::ingest {
namespace {

// Ids are in indexed columns and in keys. No real id is longer; a longer one is cut and ends in a hash.
constexpr size_t kLongestId = 512;
constexpr size_t kLongestIdentityValue = 128, kIdentityHead = 64;
// Attributes beyond these limits are left out, and the event says so: a hostile body could make them huge. raw has
// everything.
constexpr size_t kMostAttributes = 4096, kMostAttributeBytes = 512 * 1024;
// Below a topic's maximum, with room for the other fields, headers, and what `process` adds.
constexpr size_t kLargestEvent = static_cast<size_t>(schemas::kMaxMessageBytes) - 128 * 1024;

constexpr Timestamp kEarliest = Timestamp(std::chrono::sys_days{std::chrono::year{2011} / 1 / 1}.time_since_epoch());
constexpr std::chrono::hours kMostAhead{24};

std::string_view head(std::string_view text, size_t most) {
  if (text.size() <= most) return text;
  while (most > 0 && (static_cast<unsigned char>(text[most]) & 0xc0) == 0x80) --most;
  return text.substr(0, most);
}

void append_hex(std::string& out, std::span<const unsigned char> bytes) {
  constexpr std::string_view kHex = "0123456789abcdef";
  for (const auto byte : bytes) {
    out += kHex[byte >> 4];
    out += kHex[byte & 15];
  }
}

void append_shortened(std::string& out, std::string_view text, size_t most) {
  out.append(head(text, most)).append(1, '#');
  const crypto::Sha256 hash = crypto::sha256({&text, 1});
  append_hex(out, std::span(hash).first(8));
}

void bound(std::string& column) {
  if (column.size() <= kLongestId) return;
  std::string shortened;
  append_shortened(shortened, column, kLongestId - 32);
  column = std::move(shortened);
}

// Seconds, or milliseconds where the number is too large for them (docs/protocol.md §7). Nothing: not a number.
std::optional<Timestamp> read_time(std::string_view text) {
  constexpr int64_t kFirstMilliseconds = 100'000'000'000, kFarAway = 253'402'300'800'000;  // the year 10000
  int64_t number = 0;
  const auto* const end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, number);
  if (stop != end || error == std::errc::invalid_argument) return std::nullopt;
  if (error == std::errc::result_out_of_range) number = text.starts_with('-') ? 0 : kFarAway;
  number = std::clamp<int64_t>(number, 0, kFarAway);
  return number > kFirstMilliseconds ? Timestamp(std::chrono::milliseconds(number))
                                     : Timestamp(std::chrono::seconds(number));
}

// RFC 3339, with Z or an offset, or a number as above.
std::optional<Timestamp> read_stated_time(std::string_view text) {
  Timestamp at;
  if (parse_iso8601(text, at)) return at;
  const auto sign = text.size() < 6 ? text.size() : text.size() - 6;  // +08:00
  if (sign == text.size() || (text[sign] != '+' && text[sign] != '-') || text[sign + 3] != ':') return read_time(text);
  int hours = 0, minutes = 0;
  const auto digits = [&](size_t from, int& to) {
    const auto* const begin = text.data() + sign + from;
    return std::from_chars(begin, begin + 2, to).ptr == begin + 2;
  };
  if (!digits(1, hours) || !digits(4, minutes)) return std::nullopt;
  if (!parse_iso8601(std::string(text.substr(0, sign)) + "Z", at)) return std::nullopt;
  const auto ahead = std::chrono::hours(hours) + std::chrono::minutes(minutes);
  return text[sign] == '+' ? at - ahead : at + ahead;
}

// In XML a list stands inside an object of its own, in JSON it doesn't. This gives both the same attribute name.
std::string_view attribute_name(std::string_view path) {
  if (!path.starts_with("SubscribeMsg")) return path;
  for (const std::string_view wrapper :
       {"SubscribeMsgPopupEvent.", "SubscribeMsgChangeEvent.", "SubscribeMsgSentEvent."})
    if (path.starts_with(wrapper)) return path.substr(wrapper.size());
  return path;
}

// Calls the function for each path in the list.
template <class Visit>
void for_each_path(std::string_view paths, Visit&& visit) {
  while (!paths.empty()) {
    const size_t blank = std::min(paths.find(' '), paths.size());
    visit(paths.substr(0, blank));
    paths.remove_prefix(std::min(blank + 1, paths.size()));
  }
}

// Moves fields with equal names together, in the order of their first one: equal neighbours become one JSON list.
void group(schemas::Attributes& attributes) {
  const size_t count = attributes.size();
  constexpr size_t kFew = 24;
  if (count <= kFew) {
    bool scattered = false;
    for (size_t i = 2; i < count && !scattered; ++i)
      if (attributes[i].first != attributes[i - 1].first)
        for (size_t j = 0; j + 1 < i && !scattered; ++j) scattered = attributes[j].first == attributes[i].first;
    if (!scattered) return;
  }
  std::vector<uint32_t> order(count), first(count);
  for (size_t i = 0; i < count; ++i) order[i] = static_cast<uint32_t>(i);
  std::sort(order.begin(), order.end(), [&](uint32_t a, uint32_t b) {
    const int compared = attributes[a].first.compare(attributes[b].first);
    return compared != 0 ? compared < 0 : a < b;
  });
  for (size_t i = 0; i < count; ++i)
    first[order[i]] =
        i > 0 && attributes[order[i]].first == attributes[order[i - 1]].first ? first[order[i - 1]] : order[i];
  std::sort(order.begin(), order.end(),
            [&](uint32_t a, uint32_t b) { return first[a] != first[b] ? first[a] < first[b] : a < b; });
  schemas::Attributes grouped;
  grouped.reserve(count);
  for (const uint32_t i : order) grouped.push_back(std::move(attributes[i]));
  attributes = std::move(grouped);
}

size_t json_size(std::string_view text) {
  size_t size = 2;
  for (const char c : text)
    size += c == '"' || c == '\\' || c == '\n' || c == '\r' || c == '\t' ? 2U
            : static_cast<unsigned char>(c) < 0x20                       ? 6U
                                                                         : 1U;
  return size;
}

bool fits_topic(const schemas::Event& event) {
  size_t bytes = event.raw.size() + event.content.size();
  for (const auto& [name, value] : event.attributes) bytes += name.size() + value.size();
  constexpr size_t kLongestEscape = 6;
  if (bytes * kLongestEscape <= kLargestEvent) return true;
  size_t size = json_size(event.raw) + json_size(event.content);
  for (const auto& [name, value] : event.attributes) size += json_size(name) + json_size(value) + 2;
  return size <= kLargestEvent;
}

}  // namespace

Draft::Draft(const Document& document, const NormalizeContext& context, std::string_view platform)
    : document_(document),
      context_(context),
      seals_(context.sealer) {
  event.platform = platform;
  event.category = "event";
  event.account = context.account.name;
  event.tenant = context.tenant;
  event.received_at = context.received_at;
}

void Draft::keep(std::string& column, const Field* field) {
  if (field == nullptr) return;
  column = trimmed(field->value);
  taken_.at(taken_count_++) = field;
}

void Draft::keep_verbatim(std::string& column, const Field* field) {
  if (field == nullptr) return;
  column = field->value;
  taken_.at(taken_count_++) = field;
}

void Draft::keep_time(const Field* field) {
  if (field == nullptr) return;
  time_text_ = trimmed(field->value);
  platform_time_ = read_time(time_text_);
  taken_.at(taken_count_++) = field;
}

void Draft::keep_stated_time(const Field* field) {
  if (field == nullptr) return;
  const auto at = read_stated_time(trimmed(field->value));
  if (at && *at >= kEarliest && *at <= context_.received_at + kMostAhead) event.stated_at = *at;
}

bool Draft::is_taken(const Field& field) const {
  return std::find(taken_.begin(), taken_.begin() + taken_count_, &field) != taken_.begin() + taken_count_;
}

void Draft::apply(const EventRule& rule, std::string_view fallback) {
  event.type = rule.type;
  content_paths_ = rule.content;
  identify(rule.word.ends_with('*') ? Word(event.event).view() : rule.word,
           rule.identity.empty() ? fallback : rule.identity);
  if (rule.subject == kNobody) return;
  if (rule.subject != kFrom) event.subject = value(rule.subject);
  if (event.subject.empty() && !(Word(event.sender) == "sys")) event.subject = event.sender;
}

void Draft::set_unknown(std::string_view word) {
  known_ = false;
  event.type = unknown_type(word);
  identify(word.empty() ? "untyped" : Word(word).view(), "T body");
  if (!(Word(event.sender) == "sys")) event.subject = event.sender;
}

void Draft::hide(std::string_view credential) {
  if (!credential.empty()) seals_.seal(credential);
}

void Draft::identify(std::string_view word, std::string_view paths) {
  identity_word_ = word;
  identity_paths_ = paths;
}

std::optional<Rejection> Draft::place_in_time() {
  if (platform_time_) {
    if (*platform_time_ < kEarliest)
      return Rejection{Reason::implausible_time, fmt::format("{} is before 2011", head(time_text_, 32))};
    if (*platform_time_ > context_.received_at + kMostAhead)
      return Rejection{Reason::implausible_time,
                       fmt::format("{} is more than a day after it was received", head(time_text_, 32))};
    event.occurred_at = *platform_time_;
    return std::nullopt;
  }
  if (wants_time_ && known_)
    return Rejection{Reason::missing_field, time_text_.empty() ? "CreateTime (TimeStamp)" : "the time isn't a number"};
  event.timeless = true;
  event.occurred_at = context_.received_at;
  return std::nullopt;
}

void Draft::add_attributes() {
  const auto fields = document_.fields();
  event.attributes.reserve(std::min(fields.size(), kMostAttributes) + 2);
  size_t bytes = 0;
  for (const Field& field : fields) {
    if (is_taken(field)) continue;
    const std::string_view name = attribute_name(field.path);
    bytes += name.size() + field.value.size();
    if (event.attributes.size() == kMostAttributes || bytes > kMostAttributeBytes) cut_ = true;
    std::string_view value = field.value;
    if (is_credential(field.path)) {
      value = trimmed(value);
      if (!value.empty()) value = seals_.seal(value);
    }
    if (!cut_) event.attributes.emplace_back(name, value);
  }
  if (seals_.overflowed()) {  // not all credentials are known, so they may stand elsewhere too
    event.attributes.clear();
    event.content.clear();
  }
  if (document_.sanitised()) event.attributes.emplace_back("sanitised", "true");
  if (cut_ || seals_.overflowed()) event.attributes.emplace_back("attributes_cut", "true");
  group(event.attributes);
}

void Draft::add_content() {
  for_each_path(content_paths_, [&](std::string_view path) {
    for (const auto& [name, value] : event.attributes) {
      if (name != path || value.empty()) continue;
      if (!event.content.empty()) event.content += ' ';
      event.content += value;
    }
  });
}

// The attribute's value as used in an identity. Sealed values differ in the first part of their seal, so that part is
// used. `joined` is memory for a list's joined values.
std::string_view Draft::values_of(std::string_view path, std::string& joined) const {
  const auto shown = [](std::string_view value) {
    value = trimmed(value);
    return value.starts_with(kSealPrefix) ? value.substr(kSealPrefix.size(), 16) : value;
  };
  const auto& attributes = event.attributes;
  const auto named = [&](const auto& attribute) { return attribute.first == path && !attribute.second.empty(); };
  const auto first = std::find_if(attributes.begin(), attributes.end(), named);
  if (first == attributes.end()) return {};
  const auto next = std::find_if(first + 1, attributes.end(), named);
  if (next == attributes.end()) return shown(first->second);

  std::vector<std::string_view> values{shown(first->second)};
  for (auto at = next; at != attributes.end(); at = std::find_if(at + 1, attributes.end(), named))
    values.push_back(shown(at->second));
  if (path.ends_with("PicMd5Sum")) std::sort(values.begin(), values.end());
  joined = fmt::format("{}", fmt::join(values, ","));
  return joined;
}

// Appends "|name=value", or nothing if there is no value.
void Draft::append_part(std::string& out, std::string_view path) const {
  std::string joined;
  std::string_view value;
  if (path == kFrom) {
    value = event.sender;
  } else if (path == "T") {
    value = head(time_text_, kIdentityHead);
  } else if (path == "MsgId" || path == "msgid") {
    value = event.msg_id;
  } else if (path == "MsgType") {
    value = event.msg_type;
  } else if (path == "Event") {
    value = event.event;
  } else if (path == "aibotid") {
    value = event.recipient;
  } else if (path == kWebhookId) {
    out += '|';
    if (context_.webhook_id.size() > kLongestId)
      append_shortened(out, context_.webhook_id, kLongestId - 32);
    else
      out += context_.webhook_id;
    return;
  } else if (path == kBody) {
    append_hex(joined, std::span(event.id.bytes).last(8));
    value = joined;
  } else if (path == "ChangeType") {
    joined = event.change_type;
    std::transform(joined.begin(), joined.end(), joined.begin(), lower);
    value = joined;
  } else {
    value = values_of(path, joined);
  }
  if (value.empty()) return;
  constexpr std::string_view kHardware = "base_info.";
  out.append(1, '|').append(path.substr(path.starts_with(kHardware) ? kHardware.size() : 0)).append(1, '=');
  if (value.size() > kLongestIdentityValue)
    append_shortened(out, value, kIdentityHead);
  else
    out += value;
}

std::string Draft::identity() const {
  std::string out;
  out.reserve(128);
  out += identity_word_;
  for_each_path(identity_paths_, [&](std::string_view path) { append_part(out, path); });
  if (out.size() == identity_word_.size()) append_part(out, kBody);
  return out;
}

// The ids and words that a platform sets.
std::array<std::string*, 9> Draft::columns() {
  return {&event.tenant, &event.subject, &event.msg_type,  &event.event,       &event.change_type,
          &event.msg_id, &event.sender,  &event.recipient, &event.conversation};
}

void Draft::scrub() {
  for (auto* const column : columns()) seals_.scrub(*column);
  seals_.scrub(event.content);
  for (auto& [name, value] : event.attributes) {
    seals_.scrub(name);
    seals_.scrub(value);
  }
}

// Scrub before anything is cut: half a credential can't be recognised.
Result<schemas::Event> Draft::finish() {
  if (known_ && sender_missing_) return Rejection{Reason::missing_field, "FromUserName"};
  if (auto rejection = place_in_time()) return *std::move(rejection);
  event.id = schemas::event_id(event.account, event.tenant, context_.webhook_id, context_.decrypted, platform_time_);
  add_attributes();
  if (!seals_.empty()) scrub();
  for (auto* const column : columns()) bound(*column);
  add_content();
  event.identity = identity();
  if (seals_.empty()) {
    event.raw = context_.decrypted;
  } else {
    seals_.scrub(event.identity);
    event.raw = seal_body(context_.decrypted, document_.format(), seals_);
  }
  if (!fits_topic(event)) return Rejection{Reason::too_large, "as an event it would be larger than a topic takes"};
  return std::move(event);
}

}  // namespace wxpipe::ingest
