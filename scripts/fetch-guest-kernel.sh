#!/bin/sh
# Debian's cloud kernel for the machine that tests boot in qemu (tests/support/guest.ts): downloaded and unpacked, not
# installed. Leaves vmlinuz and the modules that the guest loads (tests/support/guest-modules) in ~/.cache/naru/guest-kernel.
set -eu

[ "$(uname -m)" = x86_64 ] || exit 0 # the guest runs this machine's programs; its test says the same
modules=$(cd "$(dirname "$0")/../tests/support" && pwd)/guest-modules
target=$HOME/.cache/naru/guest-kernel
[ ! -e "$target/modules" ] || grep -qvxFf "$target/modules" "$modules" || exit 0 # none is missing

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
chmod 755 "$work"
cd "$work"
kernel() { apt-cache depends linux-image-cloud-amd64 2>/dev/null | sed -n 's/^ *Depends: \(linux-image-[^ ]*\)$/\1/p' | head -n 1; }
[ -n "$(kernel)" ] || apt-get -qq -o DPkg::Lock::Timeout=120 update >/dev/null
apt-get -qq download "$(kernel)" >/dev/null 2>&1 || { apt-get -qq -o DPkg::Lock::Timeout=120 update >/dev/null && apt-get -qq download "$(kernel)" >/dev/null 2>&1; }
dpkg-deb -x linux-image-*.deb unpacked
mkdir "$work/kernel"
cp unpacked/boot/vmlinuz-* kernel/vmlinuz
while read -r name; do cp "$(find unpacked/lib/modules -name "$name.ko")" kernel/; done <"$modules"
cp "$modules" kernel/modules
mkdir -p "$(dirname "$target")"
rm -rf "$target.new" "$target"
cp -r kernel "$target.new"
mv "$target.new" "$target"
