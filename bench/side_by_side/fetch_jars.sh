#!/bin/sh
# Copies the jars of pom.xml once into a cache folder and compiles the tool beside them; prints the
# folder.
set -eu

here=$(cd "$(dirname "$0")" && pwd)
folder=${KFERRY_BENCH_HOME:-$HOME/.cache/kferry/side_by_side}/3.9.1
if [ ! -e "$folder/.complete" ]; then
  part=$folder.part.$$
  trap 'rm -rf "$part"' EXIT INT TERM
  mkdir -p "$part"
  mvn -q -B -f "$here/pom.xml" dependency:copy-dependencies -DincludeScope=runtime \
    -DoutputDirectory="$part" >&2
  # Exactly one log binding may be on the class path.
  rm -f "$part"/slf4j-reload4j-*.jar "$part"/reload4j-*.jar
  touch "$part/.complete"
  rm -rf "$folder"
  mv "$part" "$folder"
fi
mkdir -p "$folder/tool"
javac -Xlint:all -d "$folder/tool" -cp "$folder/*" "$here"/tool/*.java >&2
echo "$folder"
