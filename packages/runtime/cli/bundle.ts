/** Bundles: an OCI `config.json` beside a root file system. */
import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { errnoOf, InvalidArgument, messageOf } from '#base';
import type { OciProcess, OciSpec } from '#spec';

/** Reads a bundle's configuration, its root path made absolute. Throws InvalidArgument with the file and what is wrong. */
export function readBundle(directory: string): { bundle: string; spec: OciSpec } {
  const bundle = resolve(directory);
  const spec = parse(join(bundle, 'config.json')) as OciSpec;
  if (!spec.root?.path) throw new InvalidArgument('invalid rootfs: root.path is missing in config.json');
  return { bundle, spec: { ...spec, root: { ...spec.root, path: resolve(bundle, spec.root.path) } } };
}

/** The process of `exec --process FILE`. */
export function readProcess(path: string): OciProcess {
  return parse(path) as OciProcess;
}

function parse(path: string): unknown {
  try {
    return parseExactly(readFileSync(path, 'utf8'));
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') throw new InvalidArgument(`JSON specification file ${path.endsWith('config.json') ? 'config.json' : path} not found`, { cause: error });
    throw new InvalidArgument(`${path}: ${messageOf(error)}`, { cause: error });
  }
}

/** Numbers that a double cannot hold (arguments of seccomp rules) come as bigints. */
export function parseExactly(text: string): unknown {
  if (!/\d{16}/.test(text)) return JSON.parse(text);
  return JSON.parse(text, (_key: string, value: unknown, context?: { source?: string }) =>
    typeof value === 'number' && !Number.isSafeInteger(value) && /^-?\d+$/.test(context?.source ?? '') ? BigInt(context?.source ?? '') : value,
  );
}

/** Whole or not at all: whoever waits for the file reads it as soon as it is there. */
export function writePidFile(path: string | undefined, pid: number): void {
  if (!path) return;
  const target = resolve(path);
  writeFileSync(`${target}.new`, String(pid), { mode: 0o644 });
  renameSync(`${target}.new`, target);
}
