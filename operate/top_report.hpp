// Two looks at everything, as a report: `wxpipe top` prints it, and the console's overview shows it.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "common/config/settings.hpp"
#include "common/report/report.hpp"
#include "operate/lag.hpp"
#include "operate/top.hpp"
#include "sinks/family_databases.hpp"

namespace wxpipe::operate {

// What Kafka and Postgres say. Without them, the roles are shown all the same, with the reason. One thread owns it.
class Servers {
 public:
  // open: how each database is connected to. settings must outlive it.
  Servers(const config::Settings& settings, const sinks::FamilyConnections::Open& open);
  ~Servers();

  struct Look {
    std::optional<LagLook> lag;
    std::optional<int64_t> unaccounted, open_letters;  // not known where Postgres gave no answer
    std::string trouble;
  };
  Look look();

 private:
  std::optional<int64_t> open_letters();

  const config::Settings& settings_;
  sinks::FamilyConnections databases_;
  std::unique_ptr<LagMeter> meter_;
};

struct Look {
  std::vector<Scrape> roles;
  Servers::Look servers;
};
// What can be told from the two.
report::Report report_of(const Look& before, const Look& now, TopOrder order);

}  // namespace wxpipe::operate
