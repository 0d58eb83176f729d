# shellcheck shell=bash
# One private Postgres on the stack's data and port: superuser wxpipe without a password, database wxpipe, only on
# 127.0.0.1. fsync stays on: tests kill it. Uses: $stack, $data, as_server.

postgres_url() { printf 'postgresql://wxpipe@127.0.0.1:%s/wxpipe\n' "$POSTGRES_PORT"; }

# The newest one installed, or the one that made the data.
postgres_programs() {
  local version folder
  if version=$(cat "$data/postgres/PG_VERSION" 2>/dev/null); then
    folder=/usr/lib/postgresql/$version/bin
  else
    folder=$(printf '%s\n' /usr/lib/postgresql/*/bin | sort -V | tail -n 1)
  fi
  [[ -x $folder/postgres ]] || { say "no Postgres server in $folder; dev/install installs it"; return 1; }
  printf '%s\n' "$folder"
}

query_postgres() { # database, sql
  PGCONNECT_TIMEOUT=3 timeout 10 psql -X -q -A -t -h 127.0.0.1 -p "$POSTGRES_PORT" -U wxpipe -d "$1" -v ON_ERROR_STOP=1 -c "$2" 2>/dev/null
}
postgres_answers() { [[ $(query_postgres postgres 'select 1') == 1 ]]; }

start_postgres() {
  local settings=() programs log=$stack/postgres.log sockets='' began=$SECONDS
  programs=$(postgres_programs) || return 1
  if [[ ! -f $data/postgres/PG_VERSION ]]; then
    # Made under another name first, so that an interrupted attempt isn't taken for a database.
    rm -rf "$data/postgres.new"
    as_server timeout 120 "$programs/initdb" -D "$data/postgres.new" -U wxpipe --auth=trust --encoding=UTF8 --locale=C.UTF-8 \
      --no-sync >>"$log" 2>&1 </dev/null || { say "initdb failed: see $log"; return 1; }
    mv "$data/postgres.new" "$data/postgres"
  fi
  # Benchmarks give it memory: WXPIPE_STACK_POSTGRES="-c shared_buffers=2GB".
  [[ -z ${WXPIPE_STACK_POSTGRES:-} ]] || read -ra settings <<<"$WXPIPE_STACK_POSTGRES"
  # A socket's path may have 107 bytes. If the data's path is longer, only TCP is used.
  if ((${#data} < 85)); then sockets=$data; fi
  port_is_free "$POSTGRES_PORT" || port_taken "$POSTGRES_PORT" postgres || return 1
  # After a kill -9 the last backends may still run; Postgres refuses to start until they are gone.
  until postgres_answers; do
    ((SECONDS - began < 60)) || { say "Postgres did not answer within 60 seconds: see $log"; return 1; }
    if ! running_pid "$stack/postgres.pid" >/dev/null; then
      ((SECONDS - began < 20)) || { say "Postgres ended while starting: see $log"; tail -n 5 "$log" >&2; return 1; }
      launch postgres "$log" "$programs/postgres" -D "$data/postgres" -p "$POSTGRES_PORT" -c listen_addresses=127.0.0.1 \
        -c "unix_socket_directories=$sockets" -c max_connections=200 -c fsync=on "${settings[@]}"
    fi
    sleep 0.1
  done
  [[ $(query_postgres postgres "select 1 from pg_database where datname = 'wxpipe'") == 1 ]] ||
    query_postgres postgres 'create database wxpipe' || { say "the database could not be created: see $log"; return 1; }
}

# SIGINT: ends sessions and shuts down cleanly.
stop_postgres() { stop_process "$stack/postgres.pid" INT 20; }
