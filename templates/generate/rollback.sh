#!/bin/sh
# Made by natsscan generate; written anew when it runs again.
# What of a way back to RabbitMQ can be scripted. It never purges or deletes anything. See rollback.md for the whole plan.
# Usage: sh rollback.sh report           what is left in each stream; changes nothing
#        sh rollback.sh writers [--yes]  run $WRITER_BACK SERVICE for each service that publishes; without --yes only say so
#        sh rollback.sh wait [SECONDS]   wait until consumers have taken and settled everything (600 seconds)
#        sh rollback.sh backup DIR       copy all streams that hold something to DIR; changes nothing on the servers
# NATS_URL, NATS_CONTEXT, NATS_CREDS and the like are as the nats command reads them.
# WRITER_BACK is a command of yours that makes one service publish to RabbitMQ again.
# Exit codes: 0 done, 1 messages are left or a step failed, 2 it cannot run.
set -u

stop() {
  printf 'rollback: %s\n' "$*" >&2
  exit 2
}

number_of() { # FIELD, of JSON on standard input
  sed -n "s/.*\"$1\": *\([0-9][0-9]*\).*/\1/p" | head -n 1
}

left_total=0
unknown=0

stream() { # NAME
  held=$(nats stream info "$1" --json --no-select 2>/dev/null | number_of messages)
  if [ -z "$held" ]; then
    printf '%-40s cannot be asked\n' "$1"
    unknown=$((unknown + 1))
  else
    printf '%-40s %s messages held\n' "$1" "$held"
  fi
}

consumer() { # STREAM NAME
  told=$(nats consumer info "$1" "$2" --json --no-select 2>/dev/null)
  waiting=$(printf '%s\n' "$told" | number_of num_pending)
  given=$(printf '%s\n' "$told" | number_of num_ack_pending)
  if [ -z "$waiting" ] || [ -z "$given" ]; then
    printf '  %-38s cannot be asked\n' "$2"
    unknown=$((unknown + 1))
  else
    printf '  %-38s %s to deliver, %s not settled\n' "$2" "$waiting" "$given"
    left_total=$((left_total + waiting + given))
  fi
}

several() { # STREAM PATTERN
  names=$(nats consumer ls "$1" --names 2>/dev/null | grep -E "^$2\$")
  [ -n "$names" ] || return 0
  while IFS= read -r name; do
    consumer "$1" "$name" </dev/null
  done <<NAMES
$names
NAMES
}

report() {
  left_total=0
  unknown=0
{% for stream in facts.streams %}
  stream {{ stream.name }}
{% for flow in stream.flows %}
{% if flow.is_named %}
  consumer {{ stream.name }} {{ flow.plan.name }}
{% else %}
  several {{ stream.name }} {{ flow.plan.name | regex }}
{% endif %}
{% endfor %}
{% endfor %}
  printf '\n%s messages are still to be settled; %s could not be asked.\n' "$left_total" "$unknown"
  [ "$left_total" -eq 0 ] && [ "$unknown" -eq 0 ]
}

writer() { # SERVICE
  if [ "$yes" = no ]; then
    printf 'would run: %s %s\n' "${WRITER_BACK:-\$WRITER_BACK}" "$1"
    return 0
  fi
  printf 'running: %s %s\n' "$WRITER_BACK" "$1"
  # shellcheck disable=SC2086  # it may have arguments of its own
  $WRITER_BACK "$1" || {
    printf 'rollback: failed for %s; it may still publish to NATS, so go on only when it does not\n' "$1" >&2
    exit 1
  }
}

writers() {
  if [ "$yes" = yes ] && [ -z "${WRITER_BACK:-}" ]; then
    stop 'set WRITER_BACK to the command that makes a service publish to RabbitMQ again; its name is added to it'
  fi
{% for service in facts.writers %}
  writer {{ service }}
{% else %}
  printf 'No service publishes.\n'
{% endfor %}
}

drained() { # SECONDS
  ends=$(($(date +%s) + $1))
  until report >/dev/null; do
    if [ "$(date +%s)" -ge "$ends" ]; then
      report
      return 1
    fi
    sleep 5
  done
  report
}

copy() { # DIR STREAM
  if [ -e "$1/$2" ]; then
    printf '%s is there already; give another folder\n' "$1/$2"
    failed=1
  else
    nats stream backup "$2" "$1/$2" --no-progress || failed=1
  fi
}

backup() { # DIR
  mkdir -p "$1" || return 1
  failed=0
{% for stream in facts.streams %}
  copy "$1" {{ stream.name }}
{% endfor %}
  return "$failed"
}

yes=no
[ "${2:-}" = --yes ] && yes=yes
command -v nats >/dev/null 2>&1 || stop 'the command nats is not installed; see https://github.com/nats-io/natscli'
case ${1:-report} in
  writers) writers ;;
  report | wait | backup)
    nats rtt >/dev/null 2>&1 || stop 'NATS is not reached; check NATS_URL or NATS_CONTEXT with: nats rtt'
    case ${1:-report} in
      report) report ;;
      wait)
        case ${2:-600} in
          *[!0-9]*) stop 'wait takes a number of seconds' ;;
        esac
        drained "${2:-600}"
        ;;
      backup) backup "${2:?give a folder to copy to}" ;;
    esac
    ;;
  *) stop "$1 is none of report, writers, wait, backup" ;;
esac
