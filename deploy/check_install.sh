#!/bin/sh
# Installs a build into a folder of its own and follows RUNBOOK, section 2: check_install.sh BUILD
set -eu

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cmake --install "$1" --prefix "$work/usr" >/dev/null
doc=$work/usr/share/doc/kferry
mkdir "$work/etc"
cp "$doc/conf/examples/service.json" "$work/etc/kferry.json"
cp "$doc/conf/consumer.properties" "$doc/conf/producer.properties" "$work/etc"
"$work/usr/bin/kferry" check --strict --config "$work/etc/kferry.json"
for file in README.md LICENSE conf/kferry.json deploy/RUNBOOK.md \
  deploy/prometheus/kferry.rules.yml; do
  [ -s "$doc/$file" ] || { echo "$file is not installed" >&2 && exit 1; }
done

# It names the program where it is, or verify says that there is none.
unit=$work/usr/lib/systemd/system/kferry.service
systemd-analyze verify --man=no "$unit" 2>"$work/verify" || true
if [ -s "$work/verify" ]; then
  cat "$work/verify" >&2
  exit 1
fi
