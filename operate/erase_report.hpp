// An erasure as a person asks for it: who is meant, what is there, what becomes of it, and what it can't reach. One
// thread.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "common/config/settings.hpp"
#include "common/report/report.hpp"
#include "operate/erase.hpp"

namespace wxpipe::operate {

struct EraseRequest {
  std::string subject, account;  // everywhere, or in one account
  std::string customer;          // or: all identities of a customer
  std::string reason;
  bool yes = false;
};

// Production and all side schemas. Asks Kafka how long its topics hold what they have. begins: gets whom it will erase;
// if it is interrupted, they are named nowhere else. Throws Unavailable, UsageError.
report::Report run_erase(const config::Settings& settings, const EraseRequest& request,
                         const std::function<void(const std::vector<Known>&)>& begins);

}  // namespace wxpipe::operate
