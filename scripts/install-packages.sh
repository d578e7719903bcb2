#!/bin/sh
# usage: install-packages.sh COMMAND-OR-FILE=PACKAGE …
# Installs the Debian packages whose command (or absolute file) is not there. Without root or apt-get it names them in
# one sentence, with the command that installs them, and exits 1.
set -eu

missing=
for pair in "$@"; do
  probe=${pair%%=*}
  package=${pair#*=}
  case $probe in
    /*) ls $probe >/dev/null 2>&1 || missing="$missing $package" ;;
    *) PATH=$PATH:/usr/sbin:/sbin command -v "$probe" >/dev/null 2>&1 || missing="$missing $package" ;;
  esac
done
[ -n "$missing" ] || exit 0

if [ "$(id -u)" != 0 ] || ! command -v apt-get >/dev/null 2>&1; then
  echo "naru: missing Debian packages:$missing; install them with: sudo apt-get install -y$missing" >&2
  exit 1
fi
export DEBIAN_FRONTEND=noninteractive
# shellcheck disable=SC2086
apt-get install -y --no-install-recommends $missing >/dev/null 2>&1 || {
  apt-get update >/dev/null
  apt-get install -y --no-install-recommends $missing >/dev/null
}
