# shellcheck shell=bash
# What the scripts in dev/ tell people: progress and errors on stderr, results on stdout.
say() { printf '%s\n' "$*" >&2; }
fail() {
  printf '%s: %s\n' "dev/${0##*/}" "$*" >&2
  exit 1
}
