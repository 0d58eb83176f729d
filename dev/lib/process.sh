# shellcheck shell=bash
# Server processes by pid file. A pid file holds "pid start-time". So if the system gives the pid to another
# program, we don't take it for ours, and never kill it.

# When the process started, in ticks since boot; nothing when it is gone or a zombie.
start_time() {
  local stat fields
  { stat=$(<"/proc/$1/stat"); } 2>/dev/null || return 1
  read -ra fields <<<"${stat##*) }"
  [[ ${fields[0]} != [ZX] ]] || return 1
  printf '%s\n' "${fields[19]}"
}

remember_process() { # pid file, pid
  local started
  started=$(start_time "$2") || return 1
  printf '%s %s\n' "$2" "$started" >"$1.new" && mv "$1.new" "$1"
}

# Prints the pid when the process of this pid file lives.
running_pid() {
  local pid started
  { read -r pid started <"$1"; } 2>/dev/null || return 1
  [[ $(start_time "$pid") == "$started" ]] && printf '%s\n' "$pid"
}

# Waits up to so many seconds until the process of this pid file is gone.
wait_until_gone() {
  local deadline=$((SECONDS + $2))
  while running_pid "$1" >/dev/null; do
    ((SECONDS < deadline)) || return 1
    sleep 0.05
  done
}

# Sends a signal, waits, and kills a process that doesn't end.
stop_process() { # pid file, signal, seconds
  local pid
  if pid=$(running_pid "$1"); then
    kill -s "$2" "$pid" || return 1
    if ! wait_until_gone "$1" "$3"; then
      kill_process "$1" || return 1
    fi
  fi
  rm -f "$1"
}

# kill -9, with its children: as if the machine had failed.
kill_process() { # pid file
  local pid children=''
  if pid=$(running_pid "$1"); then
    { children=$(<"/proc/$pid/task/$pid/children"); } 2>/dev/null || true
    # shellcheck disable=SC2086  # a list of pids
    kill -KILL "$pid" $children || return 1
    wait_until_gone "$1" 10 || return 1
  fi
  rm -f "$1"
}

# Runs a command in the background and in a process group of its own, and waits: so a trap on a signal acts at
# once, and end_task in the trap ends the command with all its children. Not for commands that ask on the terminal
# (sudo).
task=''
run_task() { # command …
  local result=0
  set -m
  "$@" </dev/null &
  task=$!
  set +m
  wait "$task" || result=$?
  task=''
  return "$result"
}
end_task() {
  local deadline=$((SECONDS + 10))
  [[ -n $task ]] || return 0
  kill -TERM -- "-$task" 2>/dev/null || return 0
  while kill -0 -- "-$task" 2>/dev/null; do
    ((SECONDS < deadline)) || kill -KILL -- "-$task" 2>/dev/null || return 0
    sleep 0.05
  done
}

port_is_free() { ! (exec 3<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null; }

# Below the range for outgoing connections, so that no other program takes it while a server is down.
free_port() {
  local port
  for _ in {1..200}; do
    port=$((12000 + (RANDOM * 32768 + RANDOM) % 20000))
    if port_is_free "$port"; then
      printf '%s\n' "$port"
      return
    fi
  done
  return 1
}
