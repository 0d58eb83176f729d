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
#include "sinks/family_databases.hpp"

namespace wxpipe::sinks {

// Throws Unavailable when Kafka or Postgres is away.
using AskReaders = std::function<std::vector<ReaderBehind>(FamilyConnections&)>;

class AlertWatch {
 public:
  // Settings and clock are borrowed and must outlive it. One thread calls it. ask_readers may be empty: then nothing is
  // known of readers, and so nothing is called late or silent. Throws UsageError as family_databases does.
  AlertWatch(const config::Settings& settings, const Clock& clock, AskReaders ask_readers);

  void run(const std::stop_token& stop);

  // Once; nothing, while another process does it. Throws Unavailable, UsageError (the schema's version) and SqlError.
  // If only Kafka or the database of other families is away, it has done what it can before it throws.
  void look();

 private:
  // unknown: why a part of it isn't known.
  Observed observe(std::string& unknown);
  // To the database that has the alerts, and with them what they are judged by. To be asked for anew after a question
  // to others: the connection may have been lost meanwhile.
  postgres::Connection& here() { return databases_.of<schemas::AlertTold>(); }

  const config::Settings& settings_;
  const Clock& clock_;
  const AskReaders ask_readers_;
  FamilyConnections databases_;
  std::string hindrance_;
};

}  // namespace wxpipe::sinks
