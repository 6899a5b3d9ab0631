#!/bin/sh
# tests/judge/make_stores.sh FOLDER: fills the folder with the cases of the stores judge.
LC_ALL=C.UTF-8 exec java -XX:TieredStopAtLevel=1 -XX:+UseSerialGC \
  --add-exports java.base/sun.security.tools.keytool=ALL-UNNAMED \
  "$(dirname "$0")/java/MakeStores.java" "$1"
