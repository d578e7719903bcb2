import { arch } from 'node:process';
import { InvalidArgument, quote } from '#base';
import type { Platform } from './oci-image.ts';

/** Names that other systems use for the architectures of Go's list, which the OCI image-spec adopts. */
const architectureAliases: Readonly<Record<string, string>> = {
  x86_64: 'amd64', 'x86-64': 'amd64', x64: 'amd64', aarch64: 'arm64', i386: '386', i686: '386', ia32: '386', armhf: 'arm', armel: 'arm',
};

/** Go's own lists (GOOS, GOARCH), by which a word alone is told to be the one or the other. */
const systems = new Set(`
  aix android darwin dragonfly freebsd hurd illumos ios js linux nacl netbsd openbsd plan9 solaris windows zos
`.trim().split(/\s+/));
const architectures = new Set(`
  386 amd64 amd64p32 arm armbe arm64 arm64be loong64 mips mipsle mips64 mips64le mips64p32 mips64p32le ppc ppc64 ppc64le riscv riscv64
  s390 s390x sparc sparc64 wasm
`.trim().split(/\s+/));

/** Parses `os/architecture[/variant]`, or an architecture or os alone; throws InvalidArgument. */
export function parsePlatform(text: string): Platform {
  const parts = text.toLowerCase().split('/');
  if (parts.length > 3 || parts.some((part) => !/^[a-z0-9_.-]+$/.test(part))) {
    throw new InvalidArgument(`${JSON.stringify(text)} is an invalid OS component: OSAndVersion specifier component must match "^[A-Za-z0-9_.-]+$": invalid argument`);
  }
  const [first = '', second, variant] = parts;
  if (second === undefined) return parseAlone(first, text);
  return normalPlatform({ os: first, architecture: second, ...(variant === undefined ? {} : { variant }) });
}

/** One word is an operating system on this machine's architecture, or an architecture under Linux. */
function parseAlone(word: string, text: string): Platform {
  if (systems.has(word)) return { ...hostPlatform(), os: word };
  const platform = normalPlatform({ os: 'linux', architecture: word });
  if (!architectures.has(platform.architecture)) throw new InvalidArgument(`${quote(text)}: unknown operating system or architecture: invalid argument`);
  return platform;
}

/** `linux/arm64/v8`. */
export function formatPlatform(platform: Platform): string {
  return [platform.os, platform.architecture, platform.variant].filter(Boolean).join('/');
}

/** The platform that this process runs on. */
export function hostPlatform(): Platform {
  return normalPlatform({ os: 'linux', architecture: arch });
}

/** Aliases resolved, and the variants that go without saying (arm64 v8, arm v7) made plain. */
function normalPlatform(platform: Platform): Platform {
  const architecture = architectureAliases[platform.architecture] ?? platform.architecture;
  const variant = platform.variant ?? (architecture === 'arm' ? 'v7' : undefined);
  const silent = architecture === 'arm64' && (variant === 'v8' || variant === '8');
  return { os: platform.os, architecture, ...(variant === undefined || silent ? {} : { variant: variant.replace(/^(?=\d)/, 'v') }) };
}

/**
 * How well an image for `offered` runs where `wanted` is asked for: 0 not at all, more is better. A lower variant of
 * the same 32-bit arm or amd64 family runs too.
 */
export function platformFit(wanted: Platform, offered: Platform): number {
  const [want, have] = [normalPlatform(wanted), normalPlatform(offered)];
  if (want.os !== have.os || want.architecture !== have.architecture) return 0;
  const [level, offeredLevel] = [levelOf(want), levelOf(have)];
  return offeredLevel > level ? 0 : 100 - (level - offeredLevel);
}

/** Whether something for `offered` serves one of the platforms asked for; none asked for is any. */
export function fitsOne(wanted: readonly Platform[], offered: Platform): boolean {
  return wanted.length === 0 || wanted.some((platform) => platformFit(platform, offered) > 0);
}

function levelOf(platform: Platform): number {
  return Number(/^v(\d+)/.exec(platform.variant ?? '')?.[1] ?? 1);
}
