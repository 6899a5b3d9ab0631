#!/bin/sh
# Checks the unit with systemd's own tools: check.sh <kferry binary>. An unknown key only warns
# with exit code 0 there, so any word on stderr is a failure here.
set -eu

binary=$(readlink -f "$1")
unit=$(dirname "$0")/kferry.service
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
# verify wants the program in its place: the copy names the one that was built.
sed "s|/usr/bin/kferry|$binary|" "$unit" >"$work/kferry.service"

systemd-analyze verify --man=no "$work/kferry.service" 2>"$work/verify" || {
  cat "$work/verify" >&2
  exit 1
}
if [ -s "$work/verify" ]; then
  cat "$work/verify" >&2
  exit 1
fi
# Tenths: 1.5 of 10 is the worst exposure we accept.
systemd-analyze security --no-pager --offline=true --threshold=15 "$work/kferry.service" \
  >"$work/security" || {
  cat "$work/security" >&2
  exit 1
}
tail -n 1 "$work/security"

# A stop has to leave time for the drain that the daemon allows itself by default.
drain_s=$(awk -F'[{}]' '/drain_timeout\{/ { gsub("\047", "", $2); print int($2 / 1000) }' \
  "$(dirname "$0")/../../include/kferry/config/settings.hpp")
stop_s=$(sed -n 's/^TimeoutStopSec=//p' "$unit")
if [ -z "$drain_s" ] || [ "$stop_s" -le "$drain_s" ]; then
  echo "TimeoutStopSec=$stop_s leaves no time for a drain of ${drain_s:-unknown} s" >&2
  exit 1
fi
