// Opens and resolves rows of alert_records by wxpipe's own rules (alert_rules.hpp), every [alerts] every. With a lock
// in Postgres, only one sink process does it at a time. It keeps nothing: which alerts are open, the table says.
#pragma once

#include <functional>
#include <stop_token>
#include <string>
#include <vector>

#include "common/clock.hpp"
#include "common/config/settings.hpp"
#include "sinks/alerts/alert_rules.hpp"
#include "sinks/database.hpp"

namespace wxpipe::sinks {

// Throws Unavailable when Kafka or Postgres is away.
using AskReaders = std::function<std::vector<ReaderBehind>(postgres::Connection&)>;

class AlertWatch {
 public:
  // Settings, database and clock are borrowed and must outlive it. One thread calls it. ask_readers may be empty: then
  // nothing is known of readers, and so nothing is called late or silent.
  AlertWatch(const config::Settings& settings, Database& database, const Clock& clock, AskReaders ask_readers)
      : settings_(settings),
        database_(database),
        clock_(clock),
        ask_readers_(std::move(ask_readers)) {}

  void run(const std::stop_token& stop);

  // Once; nothing, while another process does it. Throws Unavailable, UsageError (the schema's version) and SqlError.
  // If only Kafka is away, it has done what it can before it throws.
  void look();

 private:
  Observed observe(postgres::Connection& connection, std::string& readers_unknown);

  const config::Settings& settings_;
  Database& database_;
  const Clock& clock_;
  const AskReaders ask_readers_;
  std::string hindrance_;
};

}  // namespace wxpipe::sinks
