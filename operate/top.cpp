#include "operate/top.hpp"

#include <algorithm>
#include <array>
#include <future>

#include "common/config/units.hpp"
#include "common/http/client.hpp"
#include "common/json/read.hpp"

namespace wxpipe::operate {
namespace {
using std::chrono::steady_clock;

void read_parts(std::string_view json, Scrape& into) {
  auto document = json::thread_reader().iterate(json);
  for (auto part : document["parts"].get_object()) {
    const std::string_view name = part.unescaped_key();
    (bool(part.value()["ready"]) ? into.ready : into.not_ready).emplace_back(name);
  }
}

Scrape scrape_one(const config::Endpoint& address, std::chrono::milliseconds limit) {
  Scrape found{.address = config::format_endpoint(address),
               .at = {},
               .trouble = {},
               .ready = {},
               .not_ready = {},
               .metrics = {}};
  try {
    http::Client client(*http::parse_url("http://" + found.address),
                        {.connect = limit / 2, .request = limit / 2, .most_body_bytes = 8 << 20});
    const auto readiness = client.get("/readyz");
    const auto metrics = client.get("/metrics");
    found.at = steady_clock::now();
    if (metrics.status != 200) {
      found.trouble = "no role of wxpipe";
      return found;
    }
    read_parts(readiness.body, found);
    found.metrics = Exposition(metrics.body);
  } catch (const http::Error& error) {
    found.trouble = error.what();
  } catch (const simdjson::simdjson_error&) {
    found.trouble = "no role of wxpipe";
  }
  return found;
}

bool is_of(const std::string& part, std::string_view role) {
  return part == role || part.starts_with(std::string(role) + ".") || (role == "ingest" && part == "kafka");
}
}  // namespace

std::vector<Scrape> scrape(const std::vector<config::Endpoint>& addresses, std::chrono::milliseconds limit) {
  std::vector<std::future<Scrape>> asked;
  for (const auto& address : addresses)
    asked.push_back(std::async(std::launch::async, [&address, limit] { return scrape_one(address, limit); }));
  std::vector<Scrape> all;
  for (auto& one : asked) all.push_back(one.get());
  return all;
}

std::vector<RoleLine> role_lines(const Scrape& before, const Scrape& now) {
  if (!now.trouble.empty()) return {{.address = now.address, .role = "", .state = now.trouble}};
  const auto time = std::chrono::duration<double>(now.at - before.at).count();
  const bool comparable = before.trouble.empty() && time > 0;
  const auto rate = [&](std::string_view metric, std::string_view label = {}, std::string_view value = {}) {
    return comparable ? grown(before.metrics.sum(metric, label, value), now.metrics.sum(metric, label, value)) / time
                      : 0;
  };
  const auto share = [&](std::string_view histogram, double of) {
    return comparable ? quantile(before.metrics, now.metrics, histogram, of) : std::nullopt;
  };
  std::vector<RoleLine> lines;
  for (const std::string_view role : {"ingest", "process", "sink"}) {
    RoleLine line{.address = now.address, .role = std::string(role), .state = {}};
    bool there = false;
    for (const auto& part : now.ready) there |= is_of(part, role);
    for (const auto& part : now.not_ready)
      if (is_of(part, role)) {
        there = true;
        line.state += (line.state.empty() ? "not ready: " : ", ") + part;
      }
    if (!there) continue;
    if (line.state.empty()) line.state = "ready";
    if (role == "ingest") {
      line.per_second = rate("wxpipe_callbacks_total");
      line.bad_per_second = rate("wxpipe_callbacks_total", "outcome", "refused") +
                            rate("wxpipe_callbacks_total", "outcome", "failed") +
                            rate("wxpipe_callbacks_total", "outcome", "dead_letter");
      line.median = share("wxpipe_ack_seconds", 0.5);
      line.p99 = share("wxpipe_ack_seconds", 0.99);
      line.waiting = now.metrics.sum("wxpipe_spool_events");
    } else if (role == "process") {
      line.per_second = rate("wxpipe_process_events_total");
      line.bad_per_second = rate("wxpipe_dead_letters_total", "stage", "process");
      line.waiting = now.metrics.sum("wxpipe_consumer_lag_records", "group", "process");
    } else {
      line.per_second = rate("wxpipe_sink_rows_total");
      line.bad_per_second = rate("wxpipe_dead_letters_total", "stage", "sink.*");
      line.median = share("wxpipe_end_to_end_seconds", 0.5);
      line.p99 = share("wxpipe_end_to_end_seconds", 0.99);
      line.waiting = now.metrics.sum("wxpipe_consumer_lag_records", "group", "sink.*");
    }
    lines.push_back(std::move(line));
  }
  return lines;
}

TopOrder next(TopOrder order) { return static_cast<TopOrder>((static_cast<int>(order) + 1) % 4); }

std::string_view to_string(TopOrder order) {
  constexpr std::array<std::string_view, 4> kOrders{"address", "rate", "p99", "waiting"};
  return kOrders.at(static_cast<size_t>(order));
}

void sort(std::vector<RoleLine>& lines, TopOrder order) {
  std::stable_sort(lines.begin(), lines.end(), [order](const RoleLine& a, const RoleLine& b) {
    switch (order) {
      case TopOrder::address:
        return a.address < b.address;
      case TopOrder::rate:
        return a.per_second > b.per_second;
      case TopOrder::p99:
        return a.p99.value_or(-1) > b.p99.value_or(-1);
      case TopOrder::waiting:
        return a.waiting > b.waiting;
    }
    return false;
  });
}

}  // namespace wxpipe::operate
