// Postgres's errors as exceptions, by their meaning. A lost connection is wxpipe::Unavailable.
#pragma once

#include <stdexcept>
#include <string>

#include "common/result.hpp"

namespace wxpipe::postgres {

// A statement was refused. Its transaction is aborted, the connection still works. sqlstate.hpp says what to do about
// it.
class SqlError : public std::runtime_error {
 public:
  SqlError(std::string sqlstate, const std::string& message, std::string detail = {})
      : std::runtime_error(message),
        sqlstate_(std::move(sqlstate)),
        detail_(std::move(detail)) {}
  const std::string& sqlstate() const { return sqlstate_; }
  // The server's detail, if wanted (Connection::ask_for_details). It may quote the row: use it to find the row, never
  // log it.
  const std::string& detail() const { return detail_; }

 private:
  std::string sqlstate_, detail_;
};

// The connection ended during COMMIT: the commit may have happened. Never just retry; first look at what is stored.
class InDoubt : public Unavailable {
 public:
  using Unavailable::Unavailable;
};

}  // namespace wxpipe::postgres
