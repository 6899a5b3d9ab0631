#!/bin/sh
# Runs clang-tidy over our sources with the checks of .clang-tidy, as many at a time as there are
# processors. Usage: tests/tidy/clang_tidy.sh [BUILD_DIR [PATH_PART]]
#   BUILD_DIR  has a compile_commands.json; default build/dev
#   PATH_PART  only sources whose path has it; default /src/
set -eu
cd "$(dirname "$0")/../.."
build="${1:-build/dev}"
part="${2:-/src/}"
commands="$build/compile_commands.json"
if [ ! -f "$commands" ]; then
  echo "$commands is not there: configure first, as with cmake --preset dev" >&2
  exit 2
fi
sources=$(sed -n 's/^ *"file": "\(.*\)",\{0,1\}$/\1/p' "$commands" | grep -F "$PWD/src/" |
  grep -F "$part" | sort -u)
if [ -z "$sources" ]; then
  echo "no source in $commands has $part in its path" >&2
  exit 2
fi
# Its count of what it suppressed in system headers says nothing about us.
printf '%s\n' "$sources" |
  xargs -n 1 -P "$(nproc)" sh -c '
    gcc_only=--extra-arg=-Wno-unknown-warning-option
    said=$(clang-tidy-14 -p "$1" --quiet "$gcc_only" "$2" 2>&1) && exit 0
    printf "%s\n" "$said" | grep -v "warnings generated" >&2
    exit 1' tidy "$build"
