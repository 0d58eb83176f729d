// What Postgres can answer, as exceptions by meaning. A connection that is gone is wxpipe::Unavailable.
#pragma once

#include <stdexcept>
#include <string>

#include "common/result.hpp"

namespace wxpipe::postgres {

// A statement was refused; its transaction is aborted, the connection lives. sqlstate.hpp says what to do about it.
class SqlError : public std::runtime_error {
 public:
  SqlError(std::string sqlstate, const std::string& message, std::string detail = {})
      : std::runtime_error(message),
        sqlstate_(std::move(sqlstate)),
        detail_(std::move(detail)) {}
  const std::string& sqlstate() const { return sqlstate_; }
  // What else the server said, where it was asked to (Connection::ask_for_details). It may quote the row: good for
  // finding it, never for a log.
  const std::string& detail() const { return detail_; }

 private:
  std::string sqlstate_, detail_;
};

// The connection ended during COMMIT: it may have happened. Never retry blindly, look at what is stored.
class InDoubt : public Unavailable {
 public:
  using Unavailable::Unavailable;
};

}  // namespace wxpipe::postgres
