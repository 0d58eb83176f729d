// A pooler tells its clients a process number of its own making, so PQbackendPID isn't the server's process. That alone
// doesn't say how it pools: so a second connection tries to get our server's process while our session stands idle.
#include "common/postgres/pooler.hpp"

#include <poll.h>

#include <chrono>
#include <memory>
#include <string>

#include "common/result.hpp"

namespace wxpipe::postgres {
namespace {
using std::chrono::steady_clock;
using namespace std::chrono_literals;

// The pool may be used by others too, who can be faster than our second connection.
constexpr int kTries = 5;
// A pool in session mode lets us wait when it has no session left. One that lends them on has ours.
constexpr auto kPatience = 2s;

constexpr const char* kWhich = "select pg_catalog.pg_backend_pid()";
constexpr const char* kHoldAndWhich = "begin; select pg_catalog.pg_backend_pid()";

struct ClearResult {
  void operator()(PGresult* result) const { PQclear(result); }
};

// The number of the server's process that answered; empty: no answer in time.
std::string server_process(PGconn* session, const char* sql) {
  const auto until = steady_clock::now() + kPatience;
  if (PQsendQuery(session, sql) != 1) throw Unavailable(PQerrorMessage(session));
  for (std::string process;;) {
    while (PQisBusy(session) != 0) {
      const auto left = std::chrono::ceil<std::chrono::milliseconds>(until - steady_clock::now());
      pollfd socket{PQsocket(session), POLLIN, 0};
      if (left <= 0ms || ::poll(&socket, 1, static_cast<int>(left.count())) == 0) return {};
      if (PQconsumeInput(session) != 1) throw Unavailable(PQerrorMessage(session));
    }
    const std::unique_ptr<PGresult, ClearResult> result(PQgetResult(session));
    if (!result) return process;
    if (PQresultStatus(result.get()) == PGRES_TUPLES_OK)
      process = PQgetvalue(result.get(), 0, 0);
    else if (PQresultStatus(result.get()) != PGRES_COMMAND_OK)
      throw Unavailable(PQresultErrorMessage(result.get()));
  }
}

std::string ours(PGconn* session) {
  auto process = server_process(session, kWhich);
  if (process.empty()) throw Unavailable("Postgres did not answer");
  return process;
}
}  // namespace

bool is_lent_to_others(PGconn* session, const Secret& text) {
  const auto process = ours(session);
  if (process == std::to_string(PQbackendPID(session))) return false;
  for (int i = 0; i < kTries; ++i) {
    const std::unique_ptr<PGconn, decltype(&PQfinish)> other(PQconnectdb(text.reveal().c_str()), &PQfinish);
    if (PQstatus(other.get()) != CONNECTION_OK) throw Unavailable(PQerrorMessage(other.get()));
    try {
      const auto another = server_process(other.get(), kHoldAndWhich);
      if (another.empty()) return false;
      if (another == process) return true;
    } catch (const Unavailable& error) {
      // Statement mode: pgbouncer refuses "begin" and says so.
      if (std::string_view(error.what()).find("pooling mode") != std::string_view::npos) return true;
      throw;
    }
    if (ours(session) != process) return true;
  }
  return false;
}

}  // namespace wxpipe::postgres
