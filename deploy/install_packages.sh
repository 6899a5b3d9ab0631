#!/bin/sh
# Installs the packages of packages.txt for the given purposes: install_packages.sh build test
# Uses sudo when not root, and asks apt for nothing when everything is there already.
set -eu

list=$(dirname "$0")/packages.txt
missing=
for purpose; do
  # shellcheck disable=SC2013  # one word per line
  for package in $(awk -v purpose="$purpose" '$1 == purpose { print $2 }' "$list"); do
    case $(dpkg-query -W -f '${Status}' "$package" 2>/dev/null) in
      'install ok installed') ;;
      *) missing="$missing $package" ;;
    esac
  done
done
[ -n "$missing" ] || exit 0

if [ "$(id -u)" -eq 0 ]; then
  as_root='env'
elif command -v sudo >/dev/null; then
  as_root='sudo -n env'
else
  echo "these packages are missing; install them as root, or install sudo:$missing" >&2
  exit 77
fi
# A fresh machine has no package lists yet, an old one has stale ones.
$as_root apt-get -qq update
# shellcheck disable=SC2086  # both are lists of words
$as_root DEBIAN_FRONTEND=noninteractive \
  apt-get -qq -y -o Dpkg::Use-Pty=0 install --no-install-recommends $missing >/dev/null
