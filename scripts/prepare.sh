#!/bin/sh
# Runs after `npm ci`: brings the compiler the shim needs, compiles the shim, bundles the commands into dist/ and bin/.
# Without root or apt it says in one sentence what is missing and goes on, so that type check and unit tests still run.
set -eu
cd "$(dirname "$0")/.."

node=node_modules/.bin/node
if [ ! -x "$node" ]; then
  echo "naru: no Node 26 for this platform among the dependencies; Naru runs on Linux x64 and arm64" >&2
  exit 1
fi

sh scripts/install-packages.sh musl-gcc=musl-tools || true
if command -v musl-gcc >/dev/null 2>&1; then
  sh scripts/build-shim.sh
fi
"$node" scripts/build.ts
