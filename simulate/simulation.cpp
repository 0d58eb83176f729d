#include "simulate/simulation.hpp"

#include <fmt/format.h>

#include <array>
#include <deque>
#include <thread>

#include "common/config/units.hpp"
#include "common/crypto/digest.hpp"
#include "common/http/connection.hpp"
#include "rig/ledger.hpp"
#include "simulate/judge.hpp"
#include "simulate/progress.hpp"
#include "simulate/wire.hpp"

namespace wxpipe::simulate {
namespace {
using namespace std::chrono_literals;
using std::chrono::steady_clock;

constexpr auto kFlushEvery = 100ms;
constexpr auto kLookUp = 5s;  // for the server's name

std::string hex_sha256(std::string_view bytes) {
  constexpr char kDigits16[] = "0123456789abcdef";
  const auto digest = crypto::sha256(std::array{bytes});
  std::string text;
  for (const unsigned char byte : digest) {
    text += kDigits16[byte >> 4];
    text += kDigits16[byte & 15];
  }
  return text;
}

// Waits until the server listens. Throws UsageError if its certificate isn't trusted or it doesn't speak TLS: then no
// attempt would ever succeed.
void wait_for(const http::Url& url, const SimulationOptions& options) {
  http::Connection knock(url, {.verify = !options.insecure});
  const auto deadline = steady_clock::now() + options.wait;
  for (;;) {
    try {
      return knock.open(SteadyTime::max());
    } catch (const http::Error& error) {
      if (error.failure == http::Failure::untrusted)
        throw UsageError(
            fmt::format("{}; say --insecure to take any certificate, or --url with the name that the certificate has",
                        error.what()));
      if (error.failure == http::Failure::handshake)
        throw UsageError(fmt::format("{}; is it HTTP that is spoken there?", error.what()));
      if (steady_clock::now() >= deadline)
        throw Unavailable(fmt::format(
            "nobody answers at {}: {}; is `wxpipe run` or `wxpipe ingest` running there? (--url says where, --wait how "
            "long to try)",
            options.url, error.what()));
    }
    std::this_thread::sleep_for(100ms);
  }
}
}  // namespace

std::string default_url(const config::IngestSettings& settings) {
  config::Endpoint endpoint = settings.listen;
  if (endpoint.port == 0) {
    if (settings.public_url.empty())
      throw UsageError("ingest.listen has port 0, so nobody can know where it listens; say --url http://host:port");
    return settings.public_url;
  }
  if (endpoint.host == "0.0.0.0") endpoint.host = "127.0.0.1";
  if (endpoint.host == "::") endpoint.host = "::1";
  return (settings.tls_certificate_file.empty() ? "http://" : "https://") + config::format_endpoint(endpoint);
}

struct Simulation::Impl final : Correspondence {
  Impl(const std::vector<config::AccountSettings>& accounts, const SimulationOptions& given)
      : options(given),
        generator(accounts, started(options.content)),
        progress(options.sending.count, options.sending.duration) {
    const auto url = http::parse_url(options.url);
    if (!url) throw UsageError(fmt::format("--url: '{}' isn't of the form http://host:port", options.url));
    address = {url->authority, url->prefix};
    server.endpoints = http::resolve(*url, steady_clock::now() + kLookUp);
    server.name = url->host;
    server.verify = !options.insecure;
    if (url->tls) {
      tls.emplace(http::tls_context({}));
      server.tls = &*tls;
    }
    if (!options.ledger.empty()) ledger.emplace(options.ledger);
    wait_for(*url, options);
    prepare();
    sender.emplace(server, options.sending, *this);
  }

  // The begin is now, unless it was given to repeat a run byte by byte.
  static const GeneratorOptions& started(GeneratorOptions& content) {
    if (content.begin == Timestamp{}) content.begin = system_clock().now();
    return content;
  }

  // Before the clock starts: signed and encrypted callbacks, in one block of memory.
  void prepare() {
    const Timestamp now = system_clock().now();
    std::vector<std::pair<size_t, size_t>> places;
    for (size_t i = 0; i < options.prepared; ++i) {
      Parcel parcel;
      parcel.said = generator.next(now);
      write(parcel, now);
      if (ledger) parcel.body_sha256 = body_sha256(parcel);
      parcel.said.body = {};
      places.emplace_back(arena.size(), parcel.request.size());
      arena += parcel.request;
      parcel.request = {};
      prepared.push_back(std::move(parcel));
    }
    for (size_t i = 0; i < places.size(); ++i)
      prepared[i].prepared = std::string_view(arena).substr(places[i].first, places[i].second);
  }

  // --- Correspondence ---

  bool next(Parcel& parcel, Timestamp at) override {
    if (prepared.empty()) {
      parcel.said = generator.next(at);
      return true;
    }
    const auto planned = parcel.planned;
    parcel = std::move(prepared.front());
    prepared.pop_front();
    parcel.planned = planned;
    return true;
  }

  void write(Parcel& parcel, Timestamp now) override {
    if (!parcel.prepared.empty()) return;
    auto request = write_request(parcel.said, generator.speaker(parcel.said.speaker), address, parcel.attempts, now);
    parcel.request = std::move(request.bytes);
    parcel.body_at = request.body_at;
  }

  Outcome judge(const Parcel& parcel, const http::Response& response) override {
    switch (simulate::judge(generator.speaker(parcel.said.speaker).account, static_cast<unsigned>(response.status),
                            response.body)) {
      case Verdict::acknowledged:
        return Outcome::acknowledged;
      case Verdict::replied:
        return Outcome::replied;
      case Verdict::refused:
        return Outcome::refused;
      case Verdict::illegal_reply:
        return Outcome::illegal_reply;
      case Verdict::failed:
        break;
    }
    return Outcome::failed;
  }

  bool try_again(const Parcel& parcel, Outcome outcome) override {
    if (parcel.said.stranger && outcome == Outcome::refused) return false;  // a refusal is right for a stranger
    ++results.failed_attempts[static_cast<size_t>(outcome)];
    return true;
  }

  void settled(const Parcel& parcel, const Fate& fate) override {
    ++settled_count;
    count(parcel, fate);
    if (ledger) ledger->add(line_of(parcel, fate));
  }

  void tick(SteadyTime now) override {
    if (ledger && now - flushed >= kFlushEvery) {
      ledger->flush();
      flushed = now;
    }
    if (options.progress) progress.show(results, settled_count, sender->totals().began, now);
  }

  // --- Books ---

  void count(const Parcel& parcel, const Fate& fate) {
    const bool acked = is_acknowledged(fate.outcome);
    const Said& said = parcel.said;
    ++results.outcomes[static_cast<size_t>(fate.outcome)];
    if (fate.status) ++results.statuses[*fate.status];
    if (parcel.attempts > 1) results.retries += static_cast<uint64_t>(parcel.attempts - 1);
    if (parcel.attempts == 0) {
      ++results.not_sent;
      return;
    }
    if (said.resend != Resend::none) ++results.repeated;
    if (said.resend == Resend::changed) ++results.changed;
    if (said.stranger) {
      ++results.strangers;
      if (acked) ++results.strangers_let_in;
      return;
    }
    if (!acked) {
      ++results.never_acknowledged;
      return;
    }
    ++results.acknowledged;
    if (said.poison) ++results.poison;
    results.latencies.add(std::chrono::duration_cast<Latencies::Duration>(fate.ended - parcel.planned));
  }

  std::string body_sha256(const Parcel& parcel) const {
    return hex_sha256(parcel.said.poison ? parcel.bytes().substr(parcel.body_at) : std::string_view(parcel.said.body));
  }

  rig::LedgerLine line_of(const Parcel& parcel, const Fate& fate) const {
    const Said& said = parcel.said;
    const auto& account = generator.speaker(said.speaker).account;
    rig::LedgerLine line;
    line.serial = said.serial;
    line.account = account.name;
    line.kind = to_string(account.kind);
    if (!said.tenant.empty()) line.tenant = said.tenant;
    line.subject = said.subject;
    if (!said.type.empty()) line.type = said.type;
    if (said.key != kNoKey && said.resend != Resend::same) line.key_order = said.order;
    line.body_sha256 = parcel.body_sha256.empty() ? body_sha256(parcel) : parcel.body_sha256;
    line.token = generator.token(said.resend == Resend::same ? *said.identity_of : said.serial);
    line.sealed = said.credentials;
    line.identity_of = said.identity_of;
    line.resend = said.resend;
    if (said.poison) line.poison = to_string(*said.poison);
    if (said.stranger) line.stranger = to_string(*said.stranger);
    line.attempts = parcel.attempts;
    line.outcome = to_string(fate.outcome);
    line.status = fate.status;
    line.acked = is_acknowledged(fate.outcome);
    const auto latency = std::chrono::duration_cast<std::chrono::microseconds>(fate.ended - parcel.planned);
    line.planned_at = fate.ended_at - latency;
    line.sent_at = parcel.attempts ? parcel.first_sent_at : fate.ended_at;
    if (line.acked) line.acked_at = fate.ended_at;
    line.latency_us = latency.count();
    return line;
  }

  Results run() {
    const SendingTotals totals = sender->run();
    if (ledger) ledger->flush();
    if (options.progress) progress.finish(results, settled_count, totals.began, totals.ended);
    results.url = options.url;
    results.open_loop = options.sending.rate > 0;
    results.planned_rate = options.sending.rate;
    results.seconds = std::chrono::duration<double>(totals.ended - totals.began).count();
    results.planned = totals.planned;
    results.attempts = totals.attempts;
    results.reconnections = totals.reconnections;
    return results;
  }

  SimulationOptions options;
  Generator generator;
  Progress progress;
  Address address;
  std::optional<boost::asio::ssl::context> tls;
  Server server;
  std::optional<rig::Ledger> ledger;
  std::string arena;
  std::deque<Parcel> prepared;
  Results results;
  uint64_t settled_count = 0;
  SteadyTime flushed{};
  std::optional<Sender> sender;
};

Simulation::Simulation(const std::vector<config::AccountSettings>& accounts, const SimulationOptions& options)
    : impl_(std::make_unique<Impl>(accounts, options)) {}
Simulation::~Simulation() = default;
Results Simulation::run() { return impl_->run(); }
void Simulation::stop() { impl_->sender->stop(); }

}  // namespace wxpipe::simulate
