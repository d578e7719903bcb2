#!/bin/sh
# usage: install-packages.sh COMMAND-OR-FILE=PACKAGE …
# Installs the Debian packages whose command (or file, by absolute path or pattern) is not there. Where it cannot, it
# names them in one sentence, with the command that installs them, and exits 1.
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

give_up() {
  echo "naru: missing Debian packages:$missing; install them and try again: sudo apt-get install -y$missing" >&2
  exit 1
}
[ "$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1 || give_up

apt() { DEBIAN_FRONTEND=noninteractive apt-get -qq -o DPkg::Lock::Timeout=120 "$@" >/dev/null; }
# The lists of a fresh machine may be absent or old: only then are they fetched.
# shellcheck disable=SC2086
apt install -y --no-install-recommends $missing 2>/dev/null || { apt update && apt install -y --no-install-recommends $missing; } || give_up
