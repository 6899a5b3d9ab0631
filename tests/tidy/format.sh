#!/bin/sh
# Says which of our C++ files clang-format would write another way; with --fix it writes them.
# Usage: tests/tidy/format.sh [--fix]
set -eu
cd "$(dirname "$0")/../.."
mode="--dry-run -Werror"
[ "${1:-}" = "--fix" ] && mode="-i"
folders=""
for folder in include src tests bench; do
  [ -d "$folder" ] && folders="$folders $folder"
done
# shellcheck disable=SC2086  # both are lists of words
find $folders \( -name '*.cpp' -o -name '*.hpp' -o -name '*.c' -o -name '*.h' \) -print0 |
  xargs -0 -r clang-format-14 $mode
