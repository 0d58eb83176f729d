// A connection to Postgres, and transactions on it. libpqxx's interface differs between Debian 12 (6.4) and 13 (7.10),
// so only connection.cpp uses it.
//
// One thread owns a connection; only `interrupt` may come from another. After Unavailable the connection can't be used
// any more: make a new one.
#pragma once

#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/postgres/error.hpp"
#include "common/postgres/schemas.hpp"
#include "common/secret.hpp"

namespace wxpipe::postgres {

// Values for $1, $2 … in binary form. They are views: keep the data until the statement has run.
class Parameters {
 public:
  Parameters& bytes(std::string_view value);  // arrays (sql_array.hpp), bytea
  Parameters& text(std::string_view value) { return bytes(value); }
  Parameters& int4(int32_t value);
  Parameters& int8(int64_t value);

  const std::vector<std::string_view>& values() const { return values_; }

 private:
  std::vector<std::string_view> values_;
  std::deque<std::string> owned_;  // a deque, so that the views stay valid
};

// The result of a statement, as text.
class Rows {
 public:
  Rows(size_t columns, size_t affected, std::vector<std::optional<std::string>> cells)
      : columns_(columns),
        affected_(affected),
        cells_(std::move(cells)) {}
  size_t size() const { return columns_ == 0 ? 0 : cells_.size() / columns_; }
  size_t columns() const { return columns_; }
  bool empty() const { return size() == 0; }
  size_t affected() const { return affected_; }  // rows inserted, updated or deleted
  bool is_null(size_t row, size_t column) const { return !cell(row, column); }
  // Null reads as empty text.
  const std::string& text(size_t row, size_t column) const;
  int64_t integer(size_t row, size_t column) const;

 private:
  const std::optional<std::string>& cell(size_t row, size_t column) const { return cells_.at(row * columns_ + column); }

  size_t columns_, affected_;
  std::vector<std::optional<std::string>> cells_;
};

// Prepared on first use, once per connection, under its name.
struct Statement {
  const char* name;
  const char* sql;
};

enum class Purpose {
  sink,           // short statements, bounded waits
  administration  // migrations and partitions: statements may take long, waits for locks may not
};

// The setting that a connection's URL comes from, for errors.
inline constexpr std::string_view kUrlSetting = "postgres.url";

class Connection {
 public:
  // Adds keepalives and timeouts that the URL doesn't set. All SQL runs in `schemas`. Throws Unavailable with the
  // server's reason.
  Connection(const Secret& url, std::string_view application_name, Purpose purpose, const Schemas& schemas = {},
             std::string_view setting = kUrlSetting);
  ~Connection();
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  // Outside of a transaction: each statement commits by itself. Several may be separated by semicolons (then without
  // parameters). Throws SqlError or Unavailable.
  Rows execute(const std::string& sql);
  Rows execute(const std::string& sql, const Parameters& parameters);

  // From now on an SqlError has its detail too, in a field of its own. Costs nothing.
  void ask_for_details(bool wanted);

  // From any thread: the running statement ends with Unavailable, and the connection is lost.
  void interrupt();

 private:
  friend class Transaction;
  struct Implementation;
  std::unique_ptr<Implementation> implementation_;
};

// One at a time on a connection. Rolls back when it is destroyed without commit.
class Transaction {
 public:
  explicit Transaction(Connection& connection);
  ~Transaction();
  Transaction(const Transaction&) = delete;
  Transaction& operator=(const Transaction&) = delete;

  Rows execute(const std::string& sql);
  Rows execute(const std::string& sql, const Parameters& parameters);
  Rows execute(const Statement& statement, const Parameters& parameters);
  // `sql`: copy … from stdin (format binary). `rows`: the whole input of COPY (copy_rows.hpp). Either all rows are
  // stored, or it throws SqlError.
  void copy(const char* sql, std::string_view rows);
  // `sql`: copy … to stdout. Passes on what the server sends, piece by piece. What `take` throws ends the connection.
  void copy_out(const std::string& sql, const std::function<void(std::string_view)>& take);
  // Throws InDoubt when the connection ends during the commit.
  void commit();

 private:
  struct Implementation;
  Connection::Implementation& connection_;
  std::unique_ptr<Implementation> implementation_;
};

// The URL (or keyword=value string) plus wxpipe's defaults for what it doesn't set. Throws UsageError when libpq can't
// read it; the message never has the password.
std::string connection_string(const Secret& url, std::string_view application_name,
                              std::string_view setting = kUrlSetting);

}  // namespace wxpipe::postgres
