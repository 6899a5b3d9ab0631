#!/bin/sh
# tests/judge/make_stores.sh FOLDER: fills the folder with the cases of the stores judge.
exec java -XX:TieredStopAtLevel=1 -XX:+UseSerialGC \
  --add-exports java.base/sun.security.tools.keytool=ALL-UNNAMED \
  "$(dirname "$0")/java/MakeStores.java" "$1"
