#!/bin/sh
# Runs after `npm ci`: brings the Debian packages that Node 26, the shim's compiler and the daemon need, compiles the
# shim, bundles the commands into dist/ and bin/. What it cannot install it names in one sentence, does what can be
# done without, and ends well, so that a user without root gets as far as the machine allows.
set -eu
cd "$(dirname "$0")/.."

case $(uname -m) in x86_64) arch=x64 ;; aarch64) arch=arm64 ;; *) arch=none ;; esac
node=$PWD/node_modules/node-linux-$arch/bin/node
if [ ! -e "$node" ]; then
  echo "naru: no Node 26 for this platform among the dependencies; Naru runs on Linux x64 and arm64" >&2
  exit 1
fi
chmod +x "$node"

# An npm that itself runs on Node 18 leaves out native parts that want a newer one: it is run again on Node 26.
add_left_out() {
  ls -d node_modules/@rolldown/binding-linux-* >/dev/null 2>&1 ||
    "$node" --no-deprecation "$npm_execpath" install --no-save --ignore-scripts >/dev/null
}
# npm 9 drops this link again together with the other platform's package, which has one of the same name.
link_node() { ln -sfn "../node-linux-$arch/bin/node" node_modules/.bin/node; }

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
  add_left_out
  link_node
  "$node" scripts/build.ts
else
  link_node
fi
