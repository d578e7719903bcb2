#!/bin/sh
# Builds naru-shim, the only C of the project, into dist/ (static, position independent, every hardening flag).
#   build-shim.sh            dist/naru-shim, with musl-gcc
#   build-shim.sh sanitize   dist/naru-shim-sanitize, with gcc and ASan + UBSan, for tests
# Nothing is done when the result is newer than its sources.
set -eu
cd "$(dirname "$0")/.."
sources=packages/kernel/native
variant=${1:-release}
triplet=$(gcc -print-multiarch 2>/dev/null || gcc -dumpmachine)
warnings='-std=gnu11 -D_GNU_SOURCE -Wall -Wextra -Wno-unused-parameter -Wpedantic -Wshadow -Wvla -Wformat=2 -Wcast-qual -Wno-overlength-strings -Werror'
# Not among them: _FORTIFY_SOURCE, whose checks are glibc's; musl has none.
hardening='-fstack-protector-strong -fstack-clash-protection -fno-strict-overflow -fno-delete-null-pointer-checks -ftrivial-auto-var-init=zero'
case $(uname -m) in x86_64) hardening="$hardening -fcf-protection=full" ;; aarch64) hardening="$hardening -mbranch-protection=standard" ;; esac
linking='-Wl,-z,relro,-z,now,-z,noexecstack,-z,separate-code -Wl,--gc-sections -s'

mkdir -p dist
newer() { [ -e "$1" ] && [ -z "$(find $sources scripts/build-shim.sh -newer "$1" -print -quit)" ]; }

release() {
  out=dist/naru-shim
  newer $out && return 0
  lib=$(dirname "$(musl-gcc -v 2>&1 | sed -n 's/^Reading specs from //p')")
  musl-gcc $warnings $hardening -Os -fPIE -ffunction-sections -fdata-sections \
    -idirafter /usr/include -idirafter "/usr/include/$triplet" \
    -nostartfiles -Wl,-static -Wl,-pie -Wl,--no-dynamic-linker -Wl,-z,text $linking -o $out.new \
    "$lib/rcrt1.o" "$lib/crti.o" "$(gcc -print-file-name=crtbeginS.o)" $sources/*.c "$(gcc -print-file-name=crtendS.o)" "$lib/crtn.o"
  mv $out.new $out
}

# Findings go to dist/naru-shim-sanitize.log.PID.
sanitize() {
  out=dist/naru-shim-sanitize
  newer $out && return 0
  gcc $warnings -g -O1 -fno-omit-frame-pointer -fsanitize=address,undefined -fno-sanitize-recover=all \
    -DSANITIZER_LOG="\"$PWD/$out.log\"" -o $out.new $sources/*.c scripts/sanitizer-options.c
  mv $out.new $out
}

$variant
