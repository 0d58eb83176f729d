# shellcheck shell=bash
# One private Kafka broker (KRaft, a single node) on the stack's data and port. Uses: $repository, $stack, $data,
# $kafka_version (empty: the usual one), as_server.

kafka_address() { printf '127.0.0.1:%s\n' "$KAFKA_PORT"; }

kafka_answers() { timeout 3 kcat -L -m 2 -X reconnect.backoff.max.ms=100 -b "$(kafka_address)" 2>/dev/null | grep -q '^ 1 brokers'; }

# The stack's version: chosen once, then kept, because a version can't read what a later one wrote.
choose_kafka_version() {
  local kept=''
  if [[ -f $stack/kafka-version ]]; then kept=$(<"$stack/kafka-version")
  elif [[ -d $data/kafka ]]; then kept=3.9.2  # made before this file was
  fi
  [[ -z $kept || -z $kafka_version || $kafka_version == "$kept" ]] ||
    { say "the Kafka in $stack is $kept, not $kafka_version; dev/stack down --remove deletes it"; return 1; }
  kafka_version=${kept:-${kafka_version:-${WXPIPE_STACK_KAFKA:-3.9.2}}}
}

start_kafka() {
  local jars class_path log=$stack/kafka.log properties=$data/server.properties launched
  jars=$("$repository/dev/kafka/fetch" "$kafka_version") || return 1
  echo "$kafka_version" >"$stack/kafka-version"
  # A sorted list rather than a wildcard: the same class path each time.
  class_path=$(printf '%s:' "$jars"/*.jar)
  # Options for a quick start; benchmarks want a JVM that runs fast (WXPIPE_STACK_JVM).
  local jvm=(-Xms128m -Xmx512m -XX:+UseSerialGC -XX:TieredStopAtLevel=1)
  [[ -z ${WXPIPE_STACK_JVM:-} ]] || read -ra jvm <<<"$WXPIPE_STACK_JVM"
  local java=(java -cp "${class_path%:}" "${jvm[@]}" -Xshare:auto -XX:-UsePerfData
    -Djava.awt.headless=true -Dorg.slf4j.simpleLogger.defaultLogLevel=warn -Dorg.slf4j.simpleLogger.showDateTime=true)

  sed -e "s|@PORT@|$KAFKA_PORT|g" -e "s|@CONTROLLER_PORT@|$CONTROLLER_PORT|g" -e "s|@DATA@|$data/kafka|g" \
    "$repository/dev/kafka/server.properties.in" >"$properties"
  [[ ! -f $stack/kafka.properties ]] || cat "$stack/kafka.properties" >>"$properties"
  for port in "$KAFKA_PORT" "$CONTROLLER_PORT"; do
    port_is_free "$port" || port_taken "$port" kafka || return 1
  done
  if [[ ! -f $data/kafka/meta.properties ]]; then
    as_server timeout 60 "${java[@]}" kafka.tools.StorageTool format --ignore-formatted -t wxpipe-stack-00000000Q -c "$properties" \
      >>"$log" 2>&1 </dev/null || { say "Kafka's storage could not be formatted: see $log"; return 1; }
  fi
  launched=$SECONDS
  launch kafka "$log" "${java[@]}" kafka.Kafka "$properties"
  until kafka_answers; do
    running_pid "$stack/kafka.pid" >/dev/null || { say "Kafka ended while starting: see $log"; tail -n 5 "$log" >&2; return 1; }
    ((SECONDS - launched < 90)) || { say "Kafka did not answer within 90 seconds: see $log"; return 1; }
    sleep 0.1
  done
}

# A broker that can't reach its controller would wait for minutes. SIGKILL does no harm: it recovers.
stop_kafka() { stop_process "$stack/kafka.pid" TERM 15; }
