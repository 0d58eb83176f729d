#include "ingest/draft.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <chrono>
#include <cmath>
#include <vector>

#include "common/crypto/digest.hpp"
#include "ingest/attribute_writer.hpp"
#include "ingest/sealed_body.hpp"
#include "ingest/senders/told.hpp"
#include "ingest/utf8.hpp"
#include "schemas/event_id.hpp"
#include "schemas/topics.hpp"

namespace wxpipe::ingest {
namespace {

// Ids are in indexed columns and in keys. No real id is longer; a longer one is cut and ends in a hash.
constexpr size_t kLongestId = 512;
constexpr size_t kLongestIdentityValue = 128, kIdentityHead = 64;
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

// JSON may write 1736928000 as 1736928000.0 or 1.736928e9. The text begins with a digit or a minus.
std::optional<Timestamp> read_fraction(std::string_view text) {
  constexpr double kFirstMilliseconds = 1e11, kFarAway = 2.534023008e14;  // the year 10000
  double number = 0;
  const auto* const end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, number);
  if (stop != end || error == std::errc::invalid_argument) return std::nullopt;
  if (error == std::errc::result_out_of_range) number = text.starts_with('-') ? 0 : kFarAway;
  number = std::clamp(number, 0.0, kFarAway);
  const double microseconds = number * (number > kFirstMilliseconds ? 1e3 : 1e6);
  return Timestamp(std::chrono::microseconds(std::llround(microseconds)));
}

// Seconds, or milliseconds where the number is too large for them (docs/protocol.md §7). Nothing: not a number.
std::optional<Timestamp> read_time(std::string_view text) {
  constexpr int64_t kFirstMilliseconds = 100'000'000'000, kFarAway = 253'402'300'800'000;  // the year 10000
  int64_t number = 0;
  const auto* const end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, number);
  if (error == std::errc::invalid_argument) return std::nullopt;
  if (stop != end) return read_fraction(text);
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

// Calls the function for each path in the list.
template <class Visit>
void for_each_path(std::string_view paths, Visit&& visit) {
  while (!paths.empty()) {
    const size_t blank = std::min(paths.find(' '), paths.size());
    visit(paths.substr(0, blank));
    paths.remove_prefix(std::min(blank + 1, paths.size()));
  }
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
  const size_t as_they_are = event.attributes.json().size() + event.body_bytes.size() / 3 * 4;
  const size_t texts = event.raw.size() + event.content.size();
  constexpr size_t kLongestEscape = 6;
  return texts * kLongestEscape + as_they_are <= kLargestEvent ||
         json_size(event.raw) + json_size(event.content) + as_they_are <= kLargestEvent;
}

// A field that names a person, whatever its spelling: openid, OpenID, OpenId, payer_openid.
bool is_openid(std::string_view path) {
  constexpr std::string_view kPlain = "openid";
  size_t matched = kPlain.size();
  for (size_t i = path.size(); i > 0 && matched > 0 && path[i - 1] != '.'; --i) {
    if (path[i - 1] == '_') continue;
    if (lower(path[i - 1]) != kPlain[--matched]) return false;
  }
  return matched == 0;
}

// The first field directly below the root that names a person.
const Field* find_openid(const Document& document) {
  for (const Field& field : document.fields())
    if (field.path.find('.') == std::string_view::npos && is_openid(field.path) && !trimmed(field.value).empty())
      return &field;
  return nullptr;
}

// Parts of an identity that many events of one second share, and ids of the account, of which a form may have none.
constexpr std::array<std::string_view, 5> kShared{kFrom, "T", kBody, "ChangeType", "AgentID"};
constexpr std::array<std::string_view, 5> kAccountIds{"AgentId", "AppId", "appid", "CorpId", "AuthCorpId"};

template <size_t Size>
bool is_one_of(const std::array<std::string_view, Size>& names, std::string_view name) {
  return std::find(names.begin(), names.end(), name) != names.end();
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
  if (context.told != nullptr) hide(context.told->shared_key);
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

void Draft::keep_stated_time(std::string_view text) {
  const auto at = read_stated_time(text);
  if (at && *at >= kEarliest && *at <= context_.received_at + kMostAhead) event.stated_at = *at;
}

bool Draft::is_taken(const Field& field) const {
  return std::find(taken_.begin(), taken_.begin() + taken_count_, &field) != taken_.begin() + taken_count_;
}

void Draft::apply(const EventRule& rule, std::string_view fallback) {
  event.type = rule.type;
  content_paths_ = rule.content;
  lists_ = rule.lists;
  identify(rule.word.ends_with('*') ? Word(event.event).view() : rule.word,
           rule.identity.empty() ? fallback : rule.identity);
  needs_own_part_ = !rule.identity.empty();
  set_subject(rule.subject);
}

void Draft::set_subject(std::string_view path) {
  if (path == kNobody) return;
  if (path != kFrom) event.subject = value(path);
  if (!event.subject.empty()) return;
  // The sender of such an event is the platform, never a person.
  if (is_openid(path)) {
    if (const Field* const openid = find_openid(document_)) event.subject = trimmed(openid->value);
  } else if (!(Word(event.sender) == "sys")) {
    event.subject = event.sender;
  }
}

void Draft::set_unknown(std::string_view word) {
  known_ = false;
  event.type = unknown_type(word);
  identify(word.empty() ? "untyped" : Word(word).view(), "T body");
  set_subject(find_openid(document_) != nullptr ? "openid" : kFrom);
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
  for (const Field& field : document_.fields()) {
    if (!is_credential(field.path) || is_taken(field)) continue;
    if (const std::string_view clear = trimmed(field.value); !clear.empty()) seals_.seal(clear);
  }
  AttributeWriter writer(document_, std::span(taken_).first(taken_count_), lists_, seals_);
  event.attributes = schemas::AttributeTree::of_json(writer.write());
  if (context_.told == nullptr || seals_.overflowed()) return;
  for (const auto& [name, value] : context_.told->contact) {
    if (!schemas::attribute(event.attributes, name).empty()) continue;
    std::string scrubbed = value;
    seals_.scrub(scrubbed);
    event.attributes.emplace_back(name, scrubbed);
  }
}

// Calls the function for each value of the path, as it stands in the attributes.
template <class Visit>
void Draft::for_each_value(std::string_view path, Visit&& visit) {
  if (seals_.overflowed() || seals_.shows(path)) return;  // a name that is a credential is sealed too
  for (const Field& field : document_.fields()) {
    if (attribute_name(field.path) != path || field.value.empty() || is_taken(field)) continue;
    if (seals_.empty()) {
      visit(field.value);
    } else if (is_credential(field.path)) {
      if (const std::string_view clear = trimmed(field.value); !clear.empty()) visit(seals_.seal(clear));
    } else {
      std::string scrubbed(field.value);
      seals_.scrub(scrubbed);
      visit(scrubbed);
    }
  }
}

void Draft::add_content() {
  for_each_path(content_paths_, [&](std::string_view path) {
    for_each_value(path, [&](std::string_view value) {
      if (!event.content.empty()) event.content += ' ';
      event.content += value;
    });
  });
}

// The path's values as used in an identity: joined, or a view of the only one. Sealed values differ in the first part
// of their seal, so that part is used. `joined` is memory for the result.
std::string_view Draft::values_of(std::string_view path, std::string& joined) {
  if (seals_.empty()) {
    const Field* only = nullptr;
    bool several = false;
    for (const Field& field : document_.fields()) {
      if (attribute_name(field.path) != path || field.value.empty() || is_taken(field)) continue;
      several = only != nullptr;
      if (several) break;
      only = &field;
    }
    if (only == nullptr && is_openid(path)) only = find_openid(document_);
    if (!several) return only == nullptr ? std::string_view() : trimmed(only->value);
  }
  std::vector<std::string> values;
  for_each_value(path, [&](std::string_view value) {
    value = trimmed(value);
    values.emplace_back(value.starts_with(kSealPrefix) ? value.substr(kSealPrefix.size(), 16) : value);
  });
  if (path.ends_with("PicMd5Sum")) std::sort(values.begin(), values.end());
  joined = fmt::format("{}", fmt::join(values, ","));
  return joined;
}

// Appends "|name=value", or nothing if there is no value. Returns whether there was one.
bool Draft::append_part(std::string& out, std::string_view path) {
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
    return true;
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
  if (value.empty()) return false;
  constexpr std::string_view kHardware = "base_info.";
  out.append(1, '|').append(path.substr(path.starts_with(kHardware) ? kHardware.size() : 0)).append(1, '=');
  if (value.size() > kLongestIdentityValue)
    append_shortened(out, value, kIdentityHead);
  else
    out += value;
  return true;
}

std::string Draft::identity() {
  std::string out;
  out.reserve(128);
  out += identity_word_;
  bool wanted = false, told = false, has_body = false;
  for_each_path(identity_paths_, [&](std::string_view path) {
    const bool there = append_part(out, path);
    has_body |= path == kBody;
    if (is_one_of(kShared, path)) return;
    told |= there;
    wanted |= !is_one_of(kAccountIds, path);
  });
  if (!has_body && (out.size() == identity_word_.size() || (needs_own_part_ && wanted && !told)))
    append_part(out, kBody);
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
  if (seals_.overflowed()) event.content.clear();  // credentials that aren't known may stand in it
}

void Draft::keep_body() {
  std::string_view body = context_.decrypted;
  std::string replaced;
  if (document_.has_other_bytes()) {
    body = replaced = with_replaced_bytes(body);
    event.body_bytes = seals_.empty() ? std::string(context_.decrypted) : seals_.seal_whole(context_.decrypted);
  }
  event.raw = seals_.empty() ? std::string(body) : seal_body(body, document_.format(), seals_);
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
  if (!seals_.empty()) seals_.scrub(event.identity);
  keep_body();
  if (!fits_topic(event)) return Rejection{Reason::too_large, "as an event it would be larger than a topic takes"};
  return std::move(event);
}

}  // namespace wxpipe::ingest
