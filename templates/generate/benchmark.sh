#!/bin/sh
# Made by natsscan generate; written anew when it runs again.
# Measures publishing and consuming on streams set up like those of the mapping, under names and subjects of their own.
# They are removed at the end; no other stream is touched. Usage: sh benchmark.sh [STREAM...]
#   NATS_URL, NATS_CONTEXT, NATS_CREDS and the like, as the nats command reads them
#   BENCH_MSGS (100000)  BENCH_SIZE (512)  BENCH_CLIENTS (4)  BENCH_REPLICAS (as in the mapping)
# With AMQP_URI set, the same load goes through RabbitMQ with PerfTest: PERF_TEST (perf-test) is its command.
# Exit codes: 0 done, 1 a step failed, 2 it cannot run.
set -u

BENCH_MSGS=${BENCH_MSGS:-100000}
BENCH_SIZE=${BENCH_SIZE:-512}
BENCH_CLIENTS=${BENCH_CLIENTS:-4}
wanted=" $* "
failed=0
made=
folder=$(mktemp -d) || exit 2

stop() {
  printf 'benchmark: %s\n' "$*" >&2
  exit 2
}

trap '[ -z "$made" ] || nats stream rm "$made" --force >/dev/null; rm -rf "$folder"' EXIT
trap 'exit 1' INT TERM

bench() { # STREAM REPLICAS BATCH QUEUE-TYPE CONFIGURATION CONSUMER
  case $wanted in
    '  ' | *" $1 "*) ;;
    *) return 0 ;;
  esac
  name="BENCH_$1"
  printf '\n== %s\n' "$1"
  if nats stream info "$name" --json --no-select >/dev/null 2>&1; then
    printf 'benchmark: the stream %s is there already and not touched; remove it first\n' "$name" >&2
    failed=1
    return 0
  fi
  printf '%s\n' "$5" >"$folder/stream.json"
  printf '%s\n' "$6" >"$folder/consumer.json"
  if ! nats stream add "$name" --config "$folder/stream.json" --replicas "${BENCH_REPLICAS:-$2}" >"$folder/said" 2>&1; then
    cat "$folder/said" >&2
    printf 'benchmark: the stream %s cannot be made; with fewer servers than %s set BENCH_REPLICAS\n' "$name" "$2" >&2
    failed=1
    return 0
  fi
  made=$name
  { nats consumer add "$name" bench --config "$folder/consumer.json" >"$folder/said" 2>&1 || { cat "$folder/said" >&2; false; }; } &&
    nats bench js pub sync "bench.$1" --stream "$name" --msgs "$BENCH_MSGS" --size "$BENCH_SIZE" --clients "$BENCH_CLIENTS" --no-progress &&
    nats bench js consume --stream "$name" --consumer bench --msgs "$BENCH_MSGS" --clients "$BENCH_CLIENTS" --batch "$3" --no-progress ||
    failed=1
  nats stream rm "$name" --force >/dev/null && made=
  if [ -n "${AMQP_URI:-}" ]; then
    # shellcheck disable=SC2086  # PERF_TEST and the kind of queue may be several words
    ${PERF_TEST:-perf-test} --uri "$AMQP_URI" --queue "bench.$1" $4 --flag persistent --confirm 1 --size "$BENCH_SIZE" \
      --producers "$BENCH_CLIENTS" --consumers "$BENCH_CLIENTS" --qos "$3" --pmessages "$((BENCH_MSGS / BENCH_CLIENTS))" \
      --cmessages "$((BENCH_MSGS / BENCH_CLIENTS))" || failed=1
    printf 'The queue bench.%s is left on RabbitMQ; remove it when you are done.\n' "$1"
  fi
}

command -v nats >/dev/null 2>&1 || stop 'the command nats is not installed; see https://github.com/nats-io/natscli'
nats rtt >/dev/null 2>&1 || stop 'NATS is not reached; check NATS_URL or NATS_CONTEXT with: nats rtt'
case $BENCH_MSGS$BENCH_SIZE$BENCH_CLIENTS in
  *[!0-9]*) stop 'BENCH_MSGS, BENCH_SIZE and BENCH_CLIENTS are numbers' ;;
esac

{% for stream in facts.streams if stream.flows and stream.plan.layout != "advisories" %}
bench {{ stream.name }} {{ stream.replicas }} {{ batch(stream) }} {{ '--quorum-queue' if stream.replicas > 1 else '--auto-delete false' }} \
  {{ bench_stream(stream) }} \
  {{ bench_consumer(stream) }}
{% endfor %}
exit "$failed"
