#!/bin/sh
# Runs after `npm ci`: brings the Debian packages that Node 26, the shim's compiler and the daemon need, compiles the
# shim, bundles the commands into dist/ and bin/. What it cannot install it names in one sentence, does what can be
# done without, and ends well, so that a user without root gets as far as the machine allows.
set -eu
cd "$(dirname "$0")/.."

case $(uname -m) in x86_64) arch=x64 ;; aarch64) arch=arm64 ;; *) arch=none ;; esac
if [ ! -e "node_modules/node-linux-$arch/bin/node" ]; then
  echo "naru: no Node 26 for this platform among the dependencies; Naru runs on Linux x64 and arm64" >&2
  exit 1
fi
# npm 9 drops this link again together with the other platform's package, which has one of the same name.
node=$PWD/node_modules/.bin/node
chmod +x "node_modules/node-linux-$arch/bin/node"
ln -sfn "../node-linux-$arch/bin/node" "$node"

sh scripts/install-packages.sh \
  '/usr/lib/*/libatomic.so.1=libatomic1' \
  musl-gcc=musl-tools \
  /usr/include/linux/types.h=linux-libc-dev \
  '/usr/lib/*/libnftables.so.1=libnftables1' \
  '/usr/lib/*/libisal.so.2=libisal2' \
  || true # said already

if command -v musl-gcc >/dev/null 2>&1 && [ -e /usr/include/linux/types.h ]; then
  sh scripts/build-shim.sh
fi
if "$node" --version >/dev/null 2>&1; then
  "$node" scripts/build.ts
fi
