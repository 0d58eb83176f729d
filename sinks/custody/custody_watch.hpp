// Sets wxpipe_unaccounted: every five seconds it looks for the receipts of marks that aren't proven yet. With a lock in
// Postgres, only one sink process checks at a time; all of them show the result. Receipts that are still on their way
// raise no alarm.
#pragma once

#include <prometheus/gauge.h>

#include <memory>
#include <stop_token>
#include <string>

#include "common/config/settings.hpp"
#include "sinks/custody/drain.hpp"
#include "sinks/database.hpp"

namespace wxpipe::sinks {

class CustodyWatch {
 public:
  // All arguments are borrowed and must outlive it. The thread that calls run owns everything else.
  CustodyWatch(const config::Settings& settings, Database& database, prometheus::Gauge& unaccounted)
      : settings_(settings),
        database_(database),
        unaccounted_(unaccounted) {}

  void run(const std::stop_token& stop);

 private:
  // Returns true if there was something to check and nothing could be proven.
  bool look(const std::stop_token& stop);
  void show(int64_t unaccounted);

  const config::Settings& settings_;
  Database& database_;
  prometheus::Gauge& unaccounted_;
  std::unique_ptr<Drain> drain_;
  int64_t shown_ = 0;
  std::string hindrance_;
};

}  // namespace wxpipe::sinks
