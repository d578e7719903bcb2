#!/bin/sh
# Debian's cloud kernel for the machine that tests boot in qemu (tests/support/guest.ts): downloaded and unpacked, not
# installed. Leaves vmlinuz and the few modules that the guest loads in ~/.cache/naru/guest-kernel.
set -eu

[ "$(uname -m)" = x86_64 ] || exit 0 # the guest runs this machine's programs; its test says the same
target=$HOME/.cache/naru/guest-kernel
[ ! -e "$target/vmlinuz" ] || exit 0

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
for name in virtio virtio_ring virtio_pci_modern_dev virtio_pci_legacy_dev virtio_pci virtio_blk overlay; do
  cp "$(find unpacked/lib/modules -name $name.ko)" kernel/
done
mkdir -p "$(dirname "$target")"
rm -rf "$target.new" "$target"
cp -r kernel "$target.new"
mv "$target.new" "$target"
