// Finds out whether a pooler (pgbouncer and others) lends our session on between transactions. Locks, settings and
// prepared statements live in a session of the server, so they would be lost, and would reach strangers.
#pragma once

#include <libpq-fe.h>

#include <string>
#include <string_view>

#include "common/secret.hpp"

namespace wxpipe::postgres {

// session: connected with `text`, and idle. Without a pooler this costs one short statement; with one it makes a second
// connection for a moment. Throws Unavailable when the server doesn't answer.
bool is_lent_to_others(PGconn* session, const Secret& text);

// For people. setting: "postgres.url", which names the pooler.
inline std::string needs_own_session(std::string_view setting) {
  return std::string(setting) +
         ": this is a pooler (pgbouncer or the like) in transaction mode. It gives each transaction another session, but "
         "wxpipe's locks, settings and prepared statements belong to one. Name the server itself, or a pool with "
         "pool_mode = session";
}

}  // namespace wxpipe::postgres
