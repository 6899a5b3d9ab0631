#!/usr/bin/env bash
# Runs everything that has to pass, on a fresh Debian as root or with sudo:
#   tests/run.sh                    all parts
#   tests/run.sh unit e2e ...       only these parts, of:
#     unit   unit, property and mock-cluster tests        (build/dev)
#     judge  our parsers against Java's own               (build/dev)
#     asan   the same under ASan and UBSan                (build/asan)
#     tsan   the same under TSan                          (build/tsan)
#     tidy   clang-format, clang-tidy, room table, deploy (build/dev)
#     e2e    scenarios on real brokers                    (build/release)
# Builds are reused, also between runs. One ctest run over all parts comes last: its summary and
# its exit code are those of this script.
set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
cd "$root"
export DEBIAN_FRONTEND=noninteractive CTEST_OUTPUT_ON_FAILURE=1

[ $# -gt 0 ] || set -- unit judge asan tsan tidy e2e
labels=()     # what ctest runs
trees=(dev)   # where tests are registered; dev has all but the sanitizers' ones
presets=()    # what is built
add_preset() {
  case " ${presets[*]} " in
    *" $1 "*) ;;
    *) presets+=("$1") ;;
  esac
}
for part; do
  case $part in
    unit) labels+=(unit property mock) && add_preset dev ;;
    judge) labels+=(judge) && add_preset dev ;;
    asan | tsan) labels+=("$part") && trees+=("$part") && add_preset "$part" ;;
    tidy) labels+=(tidy deploy) && add_preset dev ;;
    e2e) labels+=(e2e) && add_preset release ;;
    *)
      echo "tests/run.sh: no part '$part'; there are: unit judge asan tsan tidy e2e" >&2
      exit 64
      ;;
  esac
done

# timed WHAT COMMAND...: one line with the time that it took, its output only when it fails.
timed() {
  local what=$1 log status=0 began=$SECONDS
  shift
  log=$(mktemp)
  "$@" >"$log" 2>&1 || status=$?
  if [ "$status" -ne 0 ]; then
    cat "$log"
    echo "== $what FAILED after $((SECONDS - began)) s"
  else
    echo "== $what: $((SECONDS - began)) s"
  fi
  rm -f "$log"
  return "$status"
}

build() {
  cmake --preset "$1" && cmake --build --preset "$1"
}

timed packages sh deploy/install_packages.sh build test
timed 'configure dev' cmake --preset dev
for preset in "${presets[@]}"; do
  timed "build $preset" build "$preset"
done
case " $* " in
  *' e2e '* | *' judge '*) timed 'Kafka jars' tests/e2e/fetch_kafka.sh ;;
esac

# A ctest tree that holds the trees of the chosen presets.
gate=$root/build/gate
mkdir -p "$gate"
for tree in "${trees[@]}"; do
  echo "subdirs(\"$root/build/$tree\")"
done >"$gate/CTestTestfile.cmake"

# A part that finds no test would pass for having nothing to say.
for label in "${labels[@]}"; do
  if ctest --test-dir "$gate" -N -L "^$label\$" | grep -q '^Total Tests: 0$'; then
    echo "tests/run.sh: no test is registered under the label '$label'" >&2
    exit 70
  fi
done

chosen="^($(IFS='|' && echo "${labels[*]}"))\$"
echo "== tests: $chosen"
# Scenarios and clang-tidy are registered to run alone; most of the others wait more than they work.
exec ctest --test-dir "$gate" -L "$chosen" -j "$((2 * $(nproc)))" --no-tests=error
