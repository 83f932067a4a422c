#!/bin/sh
# Made by natsscan generate; written anew when it runs again.
# Checks that NATS is reached, that JetStream is on, that streams and consumers are there, and that a request is answered.
# It changes nothing. Usage: sh connection-test.sh
#   NATS_URL, NATS_CONTEXT, NATS_CREDS, NATS_USER, NATS_PASSWORD, NATS_CA, NATS_TIMEOUT  as the nats command reads them
#   PROBE_SUBJECT  where the request is sent; the account must be allowed to publish and subscribe there
# Exit codes: 0 all is well, 1 something is missing, 2 NATS cannot be reached.
set -u

PROBE_SUBJECT=${PROBE_SUBJECT:-natsscan.probe.$$}
failed=0

ok() { printf 'ok       %s\n' "$*"; }
note() { printf 'note     %s\n' "$*"; }
bad() {
  printf 'FAILED   %s\n' "$*"
  failed=$((failed + 1))
}
stop() {
  printf 'FAILED   %s\n' "$*"
  exit 2
}

stream() { # NAME
  if nats stream info "$1" --json --no-select >/dev/null 2>&1; then
    ok "stream $1"
  else
    bad "stream $1 is not there; make it: nats stream add --config 'streams/$1.json'"
  fi
}

consumer() { # STREAM NAME
  if nats consumer info "$1" "$2" --json --no-select >/dev/null 2>&1; then
    ok "consumer $2 of stream $1"
  else
    bad "consumer $2 of stream $1 is not there; make it: nats consumer add $1 --config 'consumers/$1/$2.json'"
  fi
}

several() { # STREAM NAME PATTERN
  number=$(nats consumer ls "$1" --names 2>/dev/null | grep -cE "^$3\$")
  note "$number consumers like $2 of stream $1; programs make them as they run"
}

command -v nats >/dev/null 2>&1 || stop 'the command nats is not installed; see https://github.com/nats-io/natscli'
nats rtt >/dev/null 2>&1 || stop 'NATS is not reached; check NATS_URL or NATS_CONTEXT, credentials and TLS with: nats rtt'
ok 'NATS is reached'
if nats stream ls --names >/dev/null 2>&1; then
  ok 'JetStream is on for this account'
else
  stop 'JetStream does not answer; it must be enabled on the server and for this account'
fi

{% for stream in facts.streams %}
stream {{ stream.name }}
{% for flow in stream.flows %}
{% if flow.is_named %}
consumer {{ stream.name }} {{ flow.plan.name }}
{% else %}
several {{ stream.name }} {{ flow.plan.name }} {{ flow.plan.name | regex }}
{% endif %}
{% endfor %}
{% endfor %}

probe="probe-$$"
nats reply "$PROBE_SUBJECT" --echo --count 1 >/dev/null 2>&1 &
responder=$!
trap 'kill "$responder" 2>/dev/null' EXIT
answer=
for _ in 1 2 3 4 5; do
  answer=$(nats request "$PROBE_SUBJECT" "$probe" --raw 2>/dev/null)
  [ "$answer" = "$probe" ] && break
  sleep 1
done
if [ "$answer" = "$probe" ]; then
  ok "a request to $PROBE_SUBJECT is answered"
else
  bad "a request to $PROBE_SUBJECT is not answered; may this user publish and subscribe there, and to _INBOX.>?"
fi

if [ "$failed" -gt 0 ]; then
  printf '\n%s checks failed.\n' "$failed"
  exit 1
fi
printf '\nAll is well.\n'
