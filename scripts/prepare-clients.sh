#!/bin/sh
# The Docker clients of npm that the scenarios try, installed beside their tests: apart from the house's own dependencies,
# and with no install script run (ssh2, which they reach other machines with, has one). Once for each lock file.
set -eu
cd "$(dirname "$0")/../tests/scenarios/clients"
cmp -s package-lock.json node_modules/.lock-installed && exit 0
${npm_execpath:+"$npm_node_execpath"} "${npm_execpath:-npm}" ci --ignore-scripts --no-audit --no-fund --loglevel=error >&2
cp package-lock.json node_modules/.lock-installed
