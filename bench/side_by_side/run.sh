#!/bin/sh
# Measures kferry, MirrorMaker 1 and MirrorMaker 2 in turn on the same data between two real
# brokers. run.sh --help lists the options; the result goes to bench/results/NAME.{json,svg}.
# Nothing else may run on the machine meanwhile.
set -eu

here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../.." && pwd)
sh "$root/deploy/install_packages.sh" bench
"$root/tests/e2e/fetch_kafka.sh" 3.9.1
KFERRY_BENCH_JARS=$("$here/fetch_jars.sh")
export KFERRY_BENCH_JARS
export PYTHONDONTWRITEBYTECODE=1 PYTHONPATH="$root/tests/e2e:$here"
exec python3 "$here/side_by_side.py" "$@"
