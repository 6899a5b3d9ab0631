#!/bin/sh
# From a fresh clone on Debian to a running kferry:
#   deploy/quickstart.sh                  builds, then shows a mirror at work (no Kafka needed)
#   deploy/quickstart.sh ARGUMENTS...     builds, then runs kferry with these arguments
# Relative names in the arguments are taken from where you are.
set -eu

root=$(cd "$(dirname "$0")/.." && pwd)
echo 'quickstart: packages' >&2
sh "$root/deploy/install_packages.sh" build
echo 'quickstart: build' >&2
(cd "$root" && cmake --preset release >/dev/null && cmake --build --preset release) >&2

[ $# -gt 0 ] || set -- demo --seconds 20
echo "quickstart: kferry $*" >&2
exec "$root/build/release/kferry" "$@"
