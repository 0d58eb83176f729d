#include "operate/callback_probe.hpp"

#include <fmt/format.h>
#include <openssl/rand.h>

#include <algorithm>
#include <array>
#include <functional>

#include "common/http/client.hpp"
#include "common/result.hpp"
#include "ingest/callback.hpp"
#include "ingest/refusals.hpp"
#include "ingest/wxcrypt/cipher.hpp"
#include "ingest/wxcrypt/signature.hpp"
#include "operate/explain.hpp"

namespace wxpipe::operate {
namespace {
using namespace std::chrono_literals;
using ingest::Proof;
using report::duration_words, report::Finding, report::Level;
using std::chrono::microseconds;
using std::chrono::steady_clock;
namespace wxcrypt = ingest::wxcrypt;

constexpr auto kPlatformWaits = 5s;
constexpr size_t kShown = 80;  // bytes of a wrong answer

std::string digits(std::span<const unsigned char> random) {
  std::string out;
  for (const auto byte : random) out += static_cast<char>('0' + byte % 10);
  if (!out.empty() && out.front() == '0') out.front() = '7';
  return out;
}

std::string percent_encoded(std::string_view text) {
  std::string out;
  for (const char c : text) {
    const bool plain = (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
    if (plain)
      out += c;
    else
      out += fmt::format("%{:02X}", static_cast<unsigned char>(c));
  }
  return out;
}

std::string sign(std::span<const std::string_view> parts) {
  const auto text = wxcrypt::sign(parts);
  return {text.data(), text.size()};
}

// What the account is verified as, at an address with a tenant in it.
std::string receiveid_of(const ingest::Account& account, std::string_view tenant) {
  const auto id = ingest::rules(account.kind).receivers.challenge;
  return id == nullptr ? std::string(tenant) : account.*id;
}

// The console has the platform's words in the address, and some platforms send them as they are.
std::string path_of(const ingest::Account& account, const std::string& prefix) {
  if (prefix.find("/callback/") != std::string::npos) return {};
  const auto tenant = ingest::rules(account.kind).tenant.in_path;
  return fmt::format("/callback/{}{}{}", account.name, tenant.empty() ? "" : "/", tenant);
}

// What operations.md says about a refusal.
std::string remedy_for(std::string_view reason) {
  const auto all = explanations(operations_page());
  for (const auto* row : explain(all, reason))
    if (row->section.starts_with("Refusals")) return row->cells.back().text;
  return "`wxpipe explain` lists the reasons.";
}

bool is_refusal(std::string_view body) {
  for (int i = 0; i < ingest::kRefusalCount; ++i)
    if (ingest::to_string(static_cast<ingest::Refusal>(i)) == body) return true;
  return false;
}

std::string shown(std::string_view body) {
  std::string out;
  for (const char c : body.substr(0, kShown)) out += c >= ' ' && c <= '~' ? c : '.';
  return out + (body.size() > kShown ? "…" : "");
}

Finding judge_status(const http::Response& answer, bool verified, microseconds took) {
  if (!verified && answer.status == 405)
    return {Level::fine, "405: wxpipe is there; senders of this account verify no address"};
  if (answer.status == 200) {
    if (took < kPlatformWaits / 2) return {Level::fine, fmt::format("200 in {}", duration_words(took))};
    return {Level::warning, fmt::format("200, but only after {}", duration_words(took)),
            "The platform waits five seconds. What lies between here and ingest takes that long?"};
  }
  if (answer.status / 100 == 3)
    return {Level::error,
            fmt::format("{}: sent on to {}", answer.status, answer.header("Location").value_or("nowhere")),
            "The platforms follow no redirect: enter the final address, or let the proxy serve this one."};
  if (is_refusal(answer.body))
    return {Level::error, fmt::format("{}: wxpipe refuses it: {}", answer.status, answer.body),
            remedy_for(answer.body)};
  return {
      Level::error, fmt::format("{}, and the answer isn't wxpipe's: {}", answer.status, shown(answer.body)),
      "Something before ingest answers: a proxy, a gateway, a firewall's page. Does it pass /callback/ on, with the query?"};
}

Finding judge_answer(std::string_view body, std::string_view expected) {
  if (body == expected) return {Level::fine, "the echo came back as it must"};
  const bool inside = body.find(expected) != std::string_view::npos;
  return {Level::error,
          inside ? fmt::format("the echo came back with something around it: {}", shown(body))
                 : fmt::format("another text came back: {}", shown(body)),
          inside ? "A proxy adds to the answer (a byte order mark, a newline, quotes, a script). Take that away."
                 : "Is this the address of this wxpipe, and does its configuration have this account's keys?"};
}
}  // namespace

bool is_verified(const ingest::Account& account) {
  return ingest::rules(account.kind).proof != Proof::standard_webhook && !account.sender;
}

Verification make_verification(const ingest::Account& account, std::string_view tenant, Timestamp at,
                               std::span<const unsigned char> random) {
  const auto echo = digits(random.subspan(0, 19)), nonce = digits(random.subspan(19, 5));
  const auto timestamp = std::to_string(std::chrono::floor<std::chrono::seconds>(at).time_since_epoch().count());
  const std::string_view token = account.tokens.front().reveal();  // signs, and is not written
  const auto times = fmt::format("timestamp={}&nonce={}", timestamp, nonce);
  if (ingest::rules(account.kind).proof == Proof::wechat) {
    const std::array<std::string_view, 3> parts{token, timestamp, nonce};
    return {fmt::format("signature={}&{}&echostr={}", sign(parts), times, echo), echo};
  }
  wxcrypt::Random16 random16;
  std::copy_n(random.begin() + 24, random16.size(), random16.begin());
  const auto encrypted = wxcrypt::encrypt(account.aes_keys.front(), random16, echo, receiveid_of(account, tenant));
  const std::array<std::string_view, 4> parts{token, timestamp, nonce, encrypted};
  return {fmt::format("msg_signature={}&{}&echostr={}", sign(parts), times, percent_encoded(encrypted)), echo};
}

Probe probe_callback(const ingest::Account& account, const std::string& base, std::chrono::milliseconds limit) {
  const auto url = http::parse_url(base);
  if (!url)
    throw UsageError(
        fmt::format("'{}' is no address; write https://hooks.example.com, as it is reached from outside", base));
  const auto path = path_of(account, url->prefix);
  Probe probe{account.name, base + path, {}};
  const auto deadline = [&] { return steady_clock::now() + limit; };
  // Runs one station; false: it failed, and what comes after it can't be asked.
  const auto station = [&](const char* name, const char* remedy, const std::function<Finding()>& ask) {
    try {
      probe.stations.push_back({name, ask()});
    } catch (const http::Error& error) {
      probe.stations.push_back({name, {Level::error, error.what(), remedy}});
    }
    return probe.stations.back().finding.level != Level::error;
  };

  if (!station("dns", "Does the name exist, and does this machine's name server know it?", [&]() -> Finding {
        const auto found = http::resolve(*url, deadline());
        return {Level::fine, fmt::format("{} is {}", url->host, found.front().address().to_string())};
      }))
    return probe;
  auto clear = *url;
  clear.tls = false;
  const http::Options options{.connect = limit, .request = limit, .most_body_bytes = 1 << 20};
  if (!station("tcp", "Does something listen there, and do firewalls and the load balancer let it through?",
               [&]() -> Finding {
                 http::Connection(clear, options).open(deadline());
                 return {Level::fine, fmt::format("port {} takes connections", url->port)};
               }))
    return probe;
  if (url->tls &&
      !station(
          "tls",
          "Platforms need a certificate that is valid, for this name, with its whole chain: `openssl s_client -connect HOST:443`.",
          [&]() -> Finding {
            http::Connection(*url, options).open(deadline());
            return {Level::fine, "the certificate is trusted and is for this name"};
          }))
    return probe;

  std::array<unsigned char, 40> random{};
  if (RAND_bytes(random.data(), static_cast<int>(random.size())) != 1)
    throw std::runtime_error("no secure random numbers can be had");
  const bool verified = is_verified(account);
  const auto tenant = ingest::rules(account.kind).tenant.in_path;
  const auto verification =
      verified ? make_verification(account, tenant, system_clock().now(), random) : Verification{};
  http::Response answer;
  const auto target = path + (verified ? "?" + verification.query : "");
  if (!station("status", "Does what listens there speak HTTP, and does it answer within five seconds?", [&] {
        const auto asked = steady_clock::now();
        answer = http::Client(*url, options)
                     .send({.target = target, .headers = {{"User-Agent", std::string(ingest::kDoctorsName)}}});
        return judge_status(answer, verified, std::chrono::duration_cast<microseconds>(steady_clock::now() - asked));
      }))
    return probe;
  if (verified) station("answer", "", [&] { return judge_answer(answer.body, verification.answer); });
  return probe;
}

}  // namespace wxpipe::operate
