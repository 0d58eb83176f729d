// One look at every role by its admin port, for `wxpipe top`: what it takes in, how fast, what waits.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include "common/config/settings.hpp"
#include "operate/exposition.hpp"

namespace wxpipe::operate {

struct Scrape {
  std::string address;
  std::chrono::steady_clock::time_point at;
  std::string trouble;                        // why there is no answer; empty: there is one
  std::vector<std::string> ready, not_ready;  // parts of /readyz: "ingest", "sink.leads"
  Exposition metrics;
};

// Asks all of them at once; takes at most the limit. In the order of the addresses.
std::vector<Scrape> scrape(const std::vector<config::Endpoint>& addresses, std::chrono::milliseconds limit);

// One role of one process, from two scrapes of its address.
struct RoleLine {
  std::string address, role;  // "ingest", "process", "sink"; of an address without an answer: none
  std::string state;          // "ready", what isn't, or why there is no answer
  // Callbacks, events or rows.
  double per_second = 0;
  // Refused or failed callbacks; dead letters of process and sink.
  double bad_per_second = 0;
  // ingest: from request to reply; sink: from callback to row. In seconds.
  std::optional<double> median{}, p99{};
  double waiting = 0;  // events in the spool; records that wait for process or the sinks
};
std::vector<RoleLine> role_lines(const Scrape& before, const Scrape& now);

enum class TopOrder { address, rate, p99, waiting };
TopOrder next(TopOrder order);
std::string_view to_string(TopOrder order);
void sort(std::vector<RoleLine>& lines, TopOrder order);  // the most first; addresses by their names

}  // namespace wxpipe::operate
