#!/bin/sh
# Measures kferry, MirrorMaker 1 and MirrorMaker 2 in turn on the same data between two real
# brokers: run.sh [KIND ...], with the presets release and bench built before.
#   records_1k, records_100b, tls_1k, one_record   a topic is copied, beside a plain TCP relay
#   sweep     the same over sizes of the source's batches, uncompressed and lz4
#   wide      1,000 topics of 10 partitions: start, idle, and a record into each topic
#   delay     of each record at a fixed rate
#   all       one after the other
# run.sh --help lists the options; each result goes to bench/results/KIND.{json,svg}.
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
