#include "ingest/refusals.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "common/json/write.hpp"
#include "common/result.hpp"
#include "ingest/query.hpp"
#include "ingest/words.hpp"

namespace wxpipe::ingest {
namespace {
constexpr size_t kUsual = 100;  // records in an answer, if nothing is said

std::optional<std::string_view> header_of(const Callback& callback, std::string_view lower_name) {
  for (const Header& header : callback.headers)
    if (Word(header.name) == lower_name) return header.value;
  return std::nullopt;
}

// Whom our proxy had at its other end: it appends that address. What comes before it is the sender's own word.
std::optional<IpAddress> forwarded_for(const Callback& callback) {
  const auto value = header_of(callback, "x-forwarded-for");
  if (!value) return std::nullopt;
  const auto comma = value->rfind(',');
  return parse_ip_address(trimmed(comma == value->npos ? *value : value->substr(comma + 1)));
}

std::string_view word(const std::optional<Method>& method) {
  if (!method) return "";
  return *method == Method::get ? "GET" : "POST";
}
}  // namespace

void Refusals::add(RefusalKind kind, Timestamp at, size_t body_bytes) {
  const std::lock_guard lock(mutex_);
  const auto found = by_kind_.find(kind);
  if (found != by_kind_.end()) {
    auto& record = *found->second;
    ++record.times;
    record.at = at;
    record.body_bytes = body_bytes;
    records_.splice(records_.end(), records_, found->second);
    return;
  }
  if (records_.size() == kMost) {
    by_kind_.erase(records_.front().kind);
    records_.pop_front();
  }
  records_.push_back({kind, at, at, 1, body_bytes});
  by_kind_.emplace(std::move(kind), std::prev(records_.end()));
}

IpAddress Refusals::sender_of(const Callback& callback) const {
  const auto is_proxy = [&](const IpNetwork& network) { return network.contains(callback.from); };
  if (std::ranges::none_of(proxies_, is_proxy)) return callback.from;
  return forwarded_for(callback).value_or(callback.from);
}

void Refusals::add(const Callback& callback, std::string_view account, const Refused& refused) {
  add({std::string(account), refused.refusal, wrong_part(refused), callback.method, sender_of(callback)},
      callback.received_at, callback.body.size());
}

void Refusals::add_verified(const Callback& callback) {
  if (header_of(callback, "user-agent") == kDoctorsName) return;
  const std::string account(callback.account);
  const std::lock_guard lock(mutex_);
  std::erase_if(verified_, [&](const auto& one) { return callback.received_at - one.second.at >= kKept; });
  verified_[account] = {account, callback.received_at, sender_of(callback)};
}

std::vector<VerifiedAddress> Refusals::verified(std::string_view account, Timestamp now) const {
  std::vector<VerifiedAddress> list;
  const std::lock_guard lock(mutex_);
  for (const auto& [name, one] : verified_)
    if (now - one.at < kKept && (account.empty() || account == name)) list.push_back(one);
  return list;
}

std::vector<RefusedCallback> Refusals::latest(std::string_view account, size_t limit, Timestamp now) const {
  std::vector<RefusedCallback> list;
  const std::lock_guard lock(mutex_);
  for (auto record = records_.rbegin(); record != records_.rend() && list.size() < limit; ++record)
    if (now - record->at < kKept && (account.empty() || account == record->kind.account)) list.push_back(*record);
  return list;
}

std::string refusals_json(const Refusals& refusals, std::string_view query, Timestamp now) {
  std::string account, scratch;
  size_t limit = kUsual;
  while (!query.empty()) {
    const auto end = std::min(query.find('&'), query.size());
    const auto one = query.substr(0, end);
    query.remove_prefix(std::min(end + 1, query.size()));
    const auto equals = std::min(one.find('='), one.size());
    const auto name = one.substr(0, equals);
    std::string_view value;
    scratch.clear();
    scratch.reserve(one.size());
    if (!decode_percent(one.substr(std::min(equals + 1, one.size())), scratch, value))
      throw UsageError("a % without two hex digits\n");
    if (name == "account") {
      account = value;
    } else if (name == "limit") {
      const auto [stop, error] = std::from_chars(value.data(), value.data() + value.size(), limit);
      if (error != std::errc() || stop != value.data() + value.size() || limit < 1 || limit > Refusals::kMost)
        throw UsageError(fmt::format("limit: a number from 1 to {}\n", Refusals::kMost));
    } else {
      throw UsageError("there is account=NAME and limit=NUMBER\n");
    }
  }
  std::string out = R"({"refusals":[)";
  for (const auto& [kind, first_at, at, times, body_bytes] : refusals.latest(account, limit, now)) {
    if (out.back() == '}') out += ',';
    out += R"({"at":")" + to_iso8601(at) + R"(","first_at":")" + to_iso8601(first_at);
    out += fmt::format(R"(","times":{},"account":)", times);
    json::append_string(out, kind.account);
    out += fmt::format(R"(,"reason":"{}","wrong":"{}","method":"{}","address":"{}","body_bytes":{}}})",
                       to_string(kind.reason), to_string(kind.wrong), word(kind.method), to_string(kind.address),
                       body_bytes);
  }
  out += R"(],"verified":[)";
  for (const auto& one : refusals.verified(account, now)) {
    if (out.back() == '}') out += ',';
    out += R"({"account":)";
    json::append_string(out, one.account);
    out += fmt::format(R"(,"at":"{}","address":"{}"}})", to_iso8601(one.at), to_string(one.address));
  }
  return out + "]}\n";
}

}  // namespace wxpipe::ingest
