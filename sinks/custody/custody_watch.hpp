// Sets wxpipe_unaccounted: every five seconds it looks for the receipts of marks that aren't proven yet. Of several
// sink processes one looks at a time, by a lock in Postgres; all show what was found. What is merely on its way raises
// no alarm.
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
  // Borrowed and outliving it. The thread that calls run owns everything else.
  CustodyWatch(const config::Settings& settings, Database& database, prometheus::Gauge& unaccounted)
      : settings_(settings),
        database_(database),
        unaccounted_(unaccounted) {}

  void run(const std::stop_token& stop);

 private:
  // Answers whether there was something to be done, and none of it could be proven.
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
