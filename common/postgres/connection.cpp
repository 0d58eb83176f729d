#include "common/postgres/connection.hpp"

#include <fmt/format.h>
#include <libpq-fe.h>
#include <sys/socket.h>

#include <array>
#include <charconv>
#include <mutex>
#include <pqxx/pqxx>
#include <set>

#include "common/postgres/pooler.hpp"
#include "common/postgres/sql_array.hpp"
#include "common/postgres/sqlstate.hpp"

#if !defined(PQXX_VERSION_MAJOR) || PQXX_VERSION_MAJOR < 7
#define WXPIPE_PQXX_6 1
#endif

namespace wxpipe::postgres {
namespace {

// libpqxx has no binary COPY, but libpq has. So both use the connection; libpqxx owns it.
#ifdef WXPIPE_PQXX_6
using AnyConnection = pqxx::connection_base;
class RememberHandle : public pqxx::connect_direct {
 public:
  using connect_direct::connect_direct;
  handle do_startconnect(handle orig) override { return raw = connect_direct::do_startconnect(orig); }
  handle raw = nullptr;
};
class KnownConnection : private RememberHandle, public pqxx::connection_base {
 public:
  explicit KnownConnection(const std::string& text)
      : RememberHandle(text),
        connection_base(static_cast<RememberHandle&>(*this)) {
    init();
  }
  ~KnownConnection() { close(); }
  PGconn* raw() const { return RememberHandle::raw; }
};
#else
using AnyConnection = pqxx::connection;
using KnownConnection = pqxx::connection;
#endif

// libpq's texts have several lines, the later ones indented.
std::string one_line(std::string_view text) {
  std::string out;
  for (char c : text) {
    if (c == '\n' || c == '\t') c = ' ';
    if (c != ' ' || (!out.empty() && out.back() != ' ')) out += c;
  }
  if (!out.empty() && out.back() == ' ') out.pop_back();
  return out;
}

// Turns libpqxx's exceptions into ours. The order matters: special ones before general ones, in both versions.
// details: keep the lines after an error's first one, apart from the message.
template <class Call>
auto translated(const AnyConnection& connection, bool details, Call&& call) {
  try {
    return call();
  } catch (const pqxx::in_doubt_error& error) {
    throw InDoubt(one_line(error.what()));
  } catch (const pqxx::broken_connection& error) {
    throw Unavailable("the connection to Postgres broke: " + one_line(error.what()));
  } catch (const pqxx::deadlock_detected& error) {  // 6.4 gives these no SQLSTATE
    throw SqlError("40P01", one_line(error.what()));
  } catch (const pqxx::serialization_failure& error) {
    throw SqlError("40001", one_line(error.what()));
  } catch (const pqxx::statement_completion_unknown& error) {
    throw InDoubt(one_line(error.what()));
  } catch (const pqxx::transaction_rollback& error) {
    throw SqlError("40000", one_line(error.what()));
  } catch (const pqxx::sql_error& error) {
    if (!connection.is_open() || ends_connection(error.sqlstate())) throw Unavailable(one_line(error.what()));
    if (!details) throw SqlError(error.sqlstate(), one_line(error.what()));
    const std::string text = error.what();
    const auto end = std::min(text.find('\n'), text.size());
    throw SqlError(error.sqlstate(), text.substr(0, end), text.substr(end));
  } catch (const pqxx::failure& error) {
    if (!connection.is_open()) throw Unavailable(one_line(error.what()));
    throw SqlError("", one_line(error.what()));
  }
}

Rows to_rows(const pqxx::result& result) {
  std::vector<std::optional<std::string>> cells;
  const auto columns = static_cast<size_t>(result.columns());
  cells.reserve(static_cast<size_t>(result.size()) * columns);
  for (const auto& row : result)
    for (const auto& field : row) {
      if (field.is_null())
        cells.emplace_back();
      else
        cells.emplace_back(std::in_place, field.c_str(), static_cast<size_t>(field.size()));
    }
  return {columns, static_cast<size_t>(result.affected_rows()), std::move(cells)};
}

#ifdef WXPIPE_PQXX_6
std::vector<pqxx::binarystring> binary(const Parameters& parameters) {
  std::vector<pqxx::binarystring> values;
  values.reserve(parameters.values().size());
  for (const auto value : parameters.values()) values.emplace_back(value.data(), value.size());
  return values;
}
pqxx::result run(pqxx::transaction_base& transaction, const std::string& sql, const Parameters& parameters) {
  const auto values = binary(parameters);
  return transaction.exec_params(sql, pqxx::prepare::make_dynamic_params(values));
}
pqxx::result run_prepared(pqxx::transaction_base& transaction, const char* name, const Parameters& parameters) {
  const auto values = binary(parameters);
  return transaction.exec_prepared(name, pqxx::prepare::make_dynamic_params(values));
}
// A connection that reconnects by itself would silently lose its transaction, locks and settings.
void never_reconnect(AnyConnection& connection) {
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wdeprecated-declarations"
  connection.inhibit_reactivation(true);
#pragma GCC diagnostic pop
}
constexpr auto kTerse = pqxx::connection::terse, kNormal = pqxx::connection::normal;
#else
pqxx::params binary(const Parameters& parameters) {
  pqxx::params values;
  values.reserve(parameters.values().size());
  for (const auto value : parameters.values()) values.append(pqxx::binary_cast(value));
  return values;
}
pqxx::result run(pqxx::transaction_base& transaction, const std::string& sql, const Parameters& parameters) {
  return transaction.exec(pqxx::zview(sql), binary(parameters));
}
pqxx::result run_prepared(pqxx::transaction_base& transaction, const char* name, const Parameters& parameters) {
  return transaction.exec(pqxx::prepped{name}, binary(parameters));
}
constexpr auto kTerse = pqxx::error_verbosity::terse, kNormal = pqxx::error_verbosity::normal;
#endif

struct Session {
  std::unique_ptr<KnownConnection> handle;
  PGconn* raw;  // the handle's
};

#ifdef WXPIPE_PQXX_6
Session connect(const std::string& text) {
  auto handle = std::make_unique<KnownConnection>(text);
  never_reconnect(*handle);
  auto* raw = handle->raw();
  return {std::move(handle), raw};
}
#else
Session connect(const std::string& text) {
  std::unique_ptr<PGconn, decltype(&PQfinish)> raw(PQconnectdb(text.c_str()), &PQfinish);
  if (PQstatus(raw.get()) != CONNECTION_OK) throw pqxx::broken_connection(PQerrorMessage(raw.get()));
  auto handle = std::make_unique<pqxx::connection>(pqxx::connection::seize_raw_connection(raw.get()));
  return {std::move(handle), raw.release()};
}
#endif

struct ClearResult {
  void operator()(PGresult* result) const { PQclear(result); }
};
using Result = std::unique_ptr<PGresult, ClearResult>;

void throw_unless(const PGconn* connection, const PGresult* result, ExecStatusType wanted, bool details) {
  if (PQresultStatus(result) == wanted) return;
  const char* state = PQresultErrorField(result, PG_DIAG_SQLSTATE);
  const auto why = one_line(result ? PQresultErrorMessage(result) : PQerrorMessage(connection));
  if (!state || PQstatus(connection) != CONNECTION_OK || ends_connection(state)) throw Unavailable(why);
  if (!details) throw SqlError(state, why);
  const std::string text = PQresultErrorMessage(result);
  const auto end = std::min(text.find('\n'), text.size());
  throw SqlError(state, text.substr(0, end), text.substr(end));
}

// Roles and databases have defaults that a DBA may change. Whatever wxpipe depends on is set here. The time-out comes
// first: another one could end the rest.
constexpr const char* kSession =
    "set client_encoding = 'UTF8'; set standard_conforming_strings = on; set bytea_output = 'hex'; "
    "set datestyle = 'ISO, MDY'; set intervalstyle = 'postgres'; set timezone = 'UTC'; set extra_float_digits = 1; "
    "set array_nulls = on; set search_path = public; set default_transaction_isolation = 'read committed'; "
    "set default_transaction_deferrable = off; set idle_session_timeout = 0; "
    // Compiling takes half a second where the planner was told to avoid a kind of plan: such a plan seems to cost much.
    "set jit = off";
// plan_cache_mode: the plans don't depend on the values, and each planning costs as much as a small batch.
// enable_…: rows are always looked up by key. Else a plan from when a table (or this month's partition) was small reads
// all of it for each row, until autovacuum comes by (benchmarks/buffers measures it).
// idle_in_transaction_session_timeout: a frozen sink holds locks on rows that its heir waits for.
constexpr const char* kSinkSession =
    "set statement_timeout = '60s'; set lock_timeout = '5s'; set idle_in_transaction_session_timeout = '10s'; "
    "set plan_cache_mode = force_generic_plan; set enable_seqscan = off; set enable_hashjoin = off; "
    "set enable_mergejoin = off";
constexpr const char* kAdministrationSession =
    "set statement_timeout = 0; set lock_timeout = '10s'; set idle_in_transaction_session_timeout = '60s'";
// Not every server takes these, which is fine. Texts of rows over 2 kB are compressed, and Postgres's own pglz costs
// ten times as much as lz4, which a server may be built without. transaction_timeout: from Postgres 17 on.
constexpr std::array<const char*, 2> kOptional{"set default_toast_compression = 'lz4'", "set transaction_timeout = 0"};

// postgres.url: [postgres] url.
Unavailable not_connected(std::string_view setting, std::string_view why) {
  const auto dot = setting.rfind('.');
  auto text = fmt::format("Postgres ([{}] {}): {}", setting.substr(0, dot), setting.substr(dot + 1), one_line(why));
  if (why.find("session is read-only") != std::string_view::npos)
    text += "; it is a standby, or default_transaction_read_only is on for this user or database";
  return Unavailable(text);
}
}  // namespace

Parameters& Parameters::bytes(std::string_view value) {
  values_.push_back(value);
  return *this;
}
Parameters& Parameters::int4(int32_t value) {
  append_binary(owned_.emplace_back(), value);
  return bytes(owned_.back());
}
Parameters& Parameters::int8(int64_t value) {
  append_binary(owned_.emplace_back(), value);
  return bytes(owned_.back());
}

const std::string& Rows::text(size_t row, size_t column) const {
  static const std::string null;
  const auto& value = cell(row, column);
  return value ? *value : null;
}

int64_t Rows::integer(size_t row, size_t column) const {
  const auto& digits = text(row, column);
  int64_t value = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
  if (error != std::errc{} || end != digits.data() + digits.size())
    throw std::logic_error(fmt::format("column {} is not an integer: '{}'", column, digits));
  return value;
}

struct Connection::Implementation {
  std::unique_ptr<KnownConnection> handle;
  PGconn* raw = nullptr;
  std::set<std::string, std::less<>> prepared;
  bool details = false;
  std::optional<Schemas> elsewhere;  // none: the usual schemas, so the SQL runs as it is
  std::string setting;               // that its URL comes from
  std::mutex interrupting;           // held while the socket must not change

  // Runs the SQL in this connection's schemas.
  template <class Call>
  auto in_schemas(const std::string& sql, Call&& call) const {
    return elsewhere ? call(placed(sql, *elsewhere)) : call(sql);
  }
};

Connection::Connection(const Secret& url, std::string_view application_name, Purpose purpose, const Schemas& schemas,
                       std::string_view setting)
    : implementation_(std::make_unique<Implementation>()) {
  try {
    const Secret text(connection_string(url, application_name, setting));
    auto [handle, raw] = connect(text.reveal());
    implementation_->handle = std::move(handle);
    implementation_->raw = raw;
    if (is_lent_to_others(raw, text)) throw UsageError(needs_own_session(setting));
  } catch (const pqxx::failure& error) {
    throw not_connected(setting, error.what());
  } catch (const Unavailable& error) {
    throw not_connected(setting, error.what());
  }
  const char* const encoding = PQparameterStatus(implementation_->raw, "server_encoding");
  if (encoding == nullptr || std::string_view(encoding) != "UTF8")
    throw UsageError(
        fmt::format("{}: the database's encoding is {}, which can't hold every text; make another with: "
                    "create database … encoding 'UTF8' template template0",
                    setting, encoding == nullptr ? "unknown" : encoding));
  // "Failing row contains (…)" would take payloads into logs.
  if (purpose == Purpose::sink) implementation_->handle->set_verbosity(kTerse);
  try {
    execute(purpose == Purpose::sink ? kSinkSession : kAdministrationSession);
    execute(kSession);
    if (schemas != Schemas{}) execute("set search_path = " + schemas.business);
  } catch (const SqlError& error) {
    throw not_connected(setting, error.what());
  }
  if (schemas != Schemas{}) implementation_->elsewhere = schemas;
  implementation_->setting = setting;
  for (const auto* optional : kOptional) try {
      execute(optional);
    } catch (const SqlError&) {
    }
}

Connection::~Connection() {
  const std::lock_guard lock(implementation_->interrupting);
  implementation_->handle.reset();
}

Rows Connection::execute(const std::string& sql) {
  return translated(*implementation_->handle, implementation_->details, [&] {
    pqxx::nontransaction alone(*implementation_->handle);
    return implementation_->in_schemas(sql, [&](const std::string& text) { return to_rows(alone.exec(text)); });
  });
}

Rows Connection::execute(const std::string& sql, const Parameters& parameters) {
  return translated(*implementation_->handle, implementation_->details, [&] {
    pqxx::nontransaction alone(*implementation_->handle);
    return implementation_->in_schemas(sql,
                                       [&](const std::string& text) { return to_rows(run(alone, text, parameters)); });
  });
}

void Connection::ask_for_details(bool wanted) {
  implementation_->details = wanted;
  implementation_->handle->set_verbosity(wanted ? kNormal : kTerse);
}

void Connection::interrupt() {
  const std::lock_guard lock(implementation_->interrupting);
  if (implementation_->handle) ::shutdown(implementation_->handle->sock(), SHUT_RDWR);
}

struct Transaction::Implementation {
  explicit Implementation(AnyConnection& connection) : work(connection) {}
  pqxx::work work;
};

Transaction::Transaction(Connection& connection) : connection_(*connection.implementation_) {
  translated(*connection_.handle, connection_.details,
             [&] { implementation_ = std::make_unique<Implementation>(*connection_.handle); });
}

Transaction::~Transaction() = default;

Rows Transaction::execute(const std::string& sql) {
  return translated(*connection_.handle, connection_.details, [&] {
    return connection_.in_schemas(sql,
                                  [&](const std::string& text) { return to_rows(implementation_->work.exec(text)); });
  });
}

Rows Transaction::execute(const std::string& sql, const Parameters& parameters) {
  return translated(*connection_.handle, connection_.details, [&] {
    return connection_.in_schemas(
        sql, [&](const std::string& text) { return to_rows(run(implementation_->work, text, parameters)); });
  });
}

Rows Transaction::execute(const Statement& statement, const Parameters& parameters) {
  try {
    return translated(*connection_.handle, connection_.details, [&] {
      if (!connection_.prepared.contains(statement.name)) {
        connection_.in_schemas(statement.sql,
                               [&](const std::string& text) { connection_.handle->prepare(statement.name, text); });
        connection_.prepared.emplace(statement.name);
      }
      return to_rows(run_prepared(implementation_->work, statement.name, parameters));
    });
  } catch (const SqlError& error) {
    // Prepared by somebody else, or not there: a pooler that nothing showed when we connected.
    if (error.sqlstate() == "42P05" || error.sqlstate() == "26000")
      throw UsageError(needs_own_session(connection_.setting));
    throw;
  }
}

void Transaction::copy(const char* sql, std::string_view rows) {
  constexpr size_t kPiece = 128 << 10;  // libpq keeps a buffer of this size
  auto* raw = connection_.raw;
  const Result begun(connection_.elsewhere ? PQexec(raw, placed(sql, *connection_.elsewhere).c_str())
                                           : PQexec(raw, sql));
  throw_unless(raw, begun.get(), PGRES_COPY_IN, connection_.details);
  bool sent = true;
  for (; sent && !rows.empty(); rows.remove_prefix(std::min(kPiece, rows.size())))
    sent = PQputCopyData(raw, rows.data(), static_cast<int>(std::min(kPiece, rows.size()))) == 1;
  if (!sent || PQputCopyEnd(raw, nullptr) != 1) throw Unavailable(one_line(PQerrorMessage(raw)));
  const Result outcome(PQgetResult(raw));
  while (const Result more{PQgetResult(raw)}) {  // read up to null: only then can other statements run
  }
  throw_unless(raw, outcome.get(), PGRES_COMMAND_OK, connection_.details);
}

void Transaction::copy_out(const std::string& sql, const std::function<void(std::string_view)>& take) {
  auto* raw = connection_.raw;
  const Result begun(PQexec(raw, connection_.elsewhere ? placed(sql, *connection_.elsewhere).c_str() : sql.c_str()));
  throw_unless(raw, begun.get(), PGRES_COPY_OUT, connection_.details);
  struct Freed {
    void operator()(char* bytes) const { PQfreemem(bytes); }
  };
  for (;;) {
    char* bytes = nullptr;
    const int length = PQgetCopyData(raw, &bytes, 0);
    const std::unique_ptr<char, Freed> row(bytes);
    if (length == -1) break;
    if (length < 0) throw Unavailable(one_line(PQerrorMessage(raw)));
    try {
      take({row.get(), static_cast<size_t>(length)});
    } catch (...) {  // the rest isn't read, so nothing else can be asked on this connection
      ::shutdown(PQsocket(raw), SHUT_RDWR);
      throw;
    }
  }
  const Result outcome(PQgetResult(raw));
  while (const Result more{PQgetResult(raw)}) {  // read up to null: only then can other statements run
  }
  throw_unless(raw, outcome.get(), PGRES_COMMAND_OK, connection_.details);
}

void Transaction::commit() {
  translated(*connection_.handle, connection_.details, [&] { implementation_->work.commit(); });
}

}  // namespace wxpipe::postgres
