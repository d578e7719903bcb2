#!/bin/sh
# Runs before the tests that make real containers: they take root, and tools that a fresh Debian lacks. Says in one
# sentence what is missing and exits 1 when it cannot bring it.
set -eu
cd "$(dirname "$0")/.."

if [ "$(id -u)" != 0 ]; then
  echo "naru: these tests make real containers, which takes root; run them with: sudo npm test" >&2
  exit 1
fi
if [ ! -e dist/naru-shim ]; then
  echo "naru: dist/naru-shim is not built; build it with: npm ci" >&2
  exit 1
fi
sh scripts/prepare-clients.sh
sh scripts/install-packages.sh docker-compose=docker-compose skopeo=skopeo \
  '/usr/lib/python3/dist-packages/docker/__init__.py=python3-docker'
sh scripts/install-packages.sh ip=iproute2 nft=nftables ping=iputils-ping curl=curl openssl=openssl git=git \
  pgrep=procps xz=xz-utils bzip2=bzip2 zstd=zstd /etc/protocols=netbase \
  /var/lib/dpkg/info/busybox-static.list=busybox-static debootstrap=debootstrap readelf=binutils \
  clang=clang '/usr/lib/llvm-*/lib/clang/*/lib/linux/libclang_rt.fuzzer-*.a=libclang-rt-dev' \
  zsh=zsh fish=fish runc=runc crun=crun ctr=containerd podman=podman pasta=passt slirp4netns=slirp4netns newuidmap=uidmap
[ "$(uname -m)" != x86_64 ] || sh scripts/install-packages.sh qemu-system-x86_64=qemu-system-x86 mke2fs=e2fsprogs mkfs.xfs=xfsprogs /lib/systemd/systemd=systemd criu=criu apparmor_parser=apparmor checkpolicy=checkpolicy
sh scripts/fetch-guest-kernel.sh
