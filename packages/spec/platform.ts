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

const systemPattern = '^([A-Za-z0-9_-]+)(?:\\(([A-Za-z0-9_.-]*)\\))?$';
const partPattern = '^[A-Za-z0-9_-]+$';

/** Parses `os[(version)][/architecture[/variant]]`, or an architecture alone; throws InvalidArgument, in containerd's words. */
export function parsePlatform(text: string): Platform {
  if (text.includes('*')) throw new InvalidArgument(`${quote(text)}: wildcards not yet supported: invalid argument`);
  const [system = '', ...rest] = text.split('/');
  const [, os = '', version] = new RegExp(systemPattern).exec(system) ?? [];
  if (os === '') {
    throw new InvalidArgument(`${quote(system)} is an invalid OS component of ${quote(text)}: OSAndVersion specifier component must match ${quote(systemPattern)}: invalid argument`);
  }
  const odd = rest.find((part) => !new RegExp(partPattern).test(part));
  if (odd !== undefined) throw new InvalidArgument(`${quote(odd)} is an invalid component of ${quote(text)}: platform specifier component must match ${quote(partPattern)}: invalid argument`);
  const [architecture, variant, ...more] = rest.map((part) => part.toLowerCase());
  if (more.length > 0) throw new InvalidArgument(`${quote(text)}: cannot parse platform specifier: invalid argument`);
  if (architecture === undefined) return parseAlone(os.toLowerCase(), version, text);
  return normalPlatform({ os: systemNamed(os), architecture, ...(variant === undefined ? {} : { variant }), ...(version ? { 'os.version': version } : {}) });
}

/** One word is an operating system on this machine's architecture, or an architecture under Linux. */
function parseAlone(word: string, version: string | undefined, text: string): Platform {
  const os = systemNamed(word);
  if (systems.has(os)) return { ...hostPlatform(), os, ...(version ? { 'os.version': version } : {}) };
  const platform = normalPlatform({ os: 'linux', architecture: word });
  if (version !== undefined || !architectures.has(platform.architecture)) throw new InvalidArgument(`${quote(text)}: unknown operating system or architecture: invalid argument`);
  return platform;
}

function systemNamed(word: string): string {
  const os = word.toLowerCase();
  return os === 'macos' ? 'darwin' : os;
}

/** Throws InvalidArgument for the name of an operating system whose images do not run here. */
export function requireSupportedSystem(os: string): void {
  if (os.toLowerCase() !== 'linux') throw new InvalidArgument('operating system is not supported');
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
  const { os, 'os.version': version } = platform;
  return { os, architecture, ...(version ? { 'os.version': version } : {}), ...(variant === undefined || silent ? {} : { variant: variant.replace(/^(?=\d)/, 'v') }) };
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
