#!/bin/sh
# Fetches the Kafka jars that the end-to-end tests run, once, into a cache folder that survives
# clean builds: fetch_kafka.sh [version ...]. Needs mvn and a Java of 17 or later.
set -eu

here=$(cd "$(dirname "$0")" && pwd)
home=${KFERRY_KAFKA_HOME:-$HOME/.cache/kferry/kafka}
[ $# -gt 0 ] || set -- 2.2.0 3.9.1 4.3.1

for version; do
  folder=$home/$version
  [ -e "$folder/.complete" ] && continue
  part=$folder.part.$$
  rm -rf "$part"
  mkdir -p "$part"
  trap 'rm -rf "$part"' EXIT INT TERM
  mvn -q -B -f "$here/kafka/pom.xml" -P "$version" dependency:copy-dependencies \
    -DincludeScope=runtime -DoutputDirectory="$part"
  # Some lines bring their own log binding: exactly one may be on the class path.
  rm -f "$part"/slf4j-log4j12-*.jar "$part"/slf4j-reload4j-*.jar "$part"/log4j-slf4j-impl-*.jar \
        "$part"/log4j-slf4j2-impl-*.jar
  touch "$part/.complete"
  rm -rf "$folder"
  mv "$part" "$folder"
done
