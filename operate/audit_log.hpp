// A row of audit_logs: who did what with a command, to how many and why. Written in the transaction of its effect, so
// there is never one without the other.
#pragma once

#include <cstdint>
#include <string>

#include "common/postgres/connection.hpp"
#include "common/uuid.hpp"

namespace wxpipe::operate {

struct Operator {
  std::string name;     // login; behind sudo, that of the person
  std::string address;  // the machine
};
// Of this process.
Operator this_operator();

struct Operation {
  Uuid command_id;            // the same for all steps of one command
  std::string name;           // "dlq retry"
  std::string type;           // CREATE, READ, UPDATE, DELETE
  std::string resource_type;  // "dead_letters"
  std::string resource_id;    // empty: chosen by the filter
  std::string filter;
  std::string reason;
  int64_t affected = 0;
  std::string details = "{}";  // further figures, a JSON object
};

// A new command_id.
Uuid new_command_id();

void write(postgres::Transaction& transaction, const Operator& who, const Operation& operation);

}  // namespace wxpipe::operate
