/** Bundles: an OCI `config.json` beside a root file system. */
import { existsSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { errnoOf, InvalidArgument, jsonProblem } from '#base';
import { reasonOf } from '#kernel';
import { canonicalDocument, type OciMount, type OciProcess, type OciSpec, processShape, type DocumentShape } from '#spec';

/** Reads a bundle's configuration, its root path made absolute. Throws InvalidArgument with the file and what is wrong. */
export function readBundle(directory: string): { bundle: string; spec: OciSpec } {
  const bundle = resolve(directory);
  if (!existsSync(bundle)) throw new InvalidArgument(`chdir ${bundle}: no such file or directory`);
  const spec = parse(join(bundle, 'config.json')) as OciSpec;
  if (!spec.process) throw new InvalidArgument('process property must not be empty');
  if (!spec.root?.path) throw new InvalidArgument('root must be specified');
  const path = resolve(bundle, spec.root.path);
  return { bundle, spec: { ...spec, process: withUser(spec.process), root: { ...spec.root, path }, linux: withDeviceRules(spec.linux), ...(spec.mounts && { mounts: spec.mounts.map((mount) => withinRoot(withSource(mount, bundle), path)) }) } };
}

/** Who is given no rules has none but the default devices, as with runC: in a cgroup that nobody has told anything the host's are open. */
function withDeviceRules(linux: OciSpec['linux']): OciSpec['linux'] {
  return { ...linux, resources: { ...linux?.resources, devices: linux?.resources?.devices ?? [] } };
}

/** Sources of bind mounts are relative to the bundle (OCI runtime-spec config.md "Mounts"). */
function withSource(mount: OciMount, bundle: string): OciMount {
  const bound = mount.type === 'bind' || mount.options?.some((option) => option === 'bind' || option === 'rbind');
  return bound && mount.source ? { ...mount, source: resolve(bundle, mount.source) } : mount;
}

/** runC takes destinations as the host names them too. */
function withinRoot(mount: OciMount, root: string): OciMount {
  const destination = resolve('/', mount.destination);
  return destination.startsWith(`${root}/`) ? { ...mount, destination: destination.slice(root.length) } : mount;
}

/** The process of `exec --process FILE`. */
export function readProcess(path: string): OciProcess {
  const process = parse(path, processShape) as Partial<OciProcess>;
  return withUser({ ...process, cwd: process.cwd ?? '' });
}

/** Who is not said is root. */
function withUser(process: Omit<OciProcess, 'user'> & Partial<Pick<OciProcess, 'user'>>): OciProcess {
  return { ...process, user: { uid: 0, gid: 0, ...process.user } };
}

function parse(path: string, shape?: DocumentShape): unknown {
  let text = '';
  try {
    text = readFileSync(path, 'utf8');
    return parseDocument(text, shape);
  } catch (error) {
    if (error instanceof SyntaxError) throw new InvalidArgument(jsonProblem(text), { cause: error });
    if (errnoOf(error) === 'ENOENT') throw new InvalidArgument(`${path.endsWith('config.json') ? 'JSON specification file config.json not found' : `open ${path}: no such file or directory`}`, { cause: error });
    if (error instanceof InvalidArgument) throw error;
    throw new InvalidArgument(`open ${path}: ${reasonOf(error)}`, { cause: error });
  }
}

/** What a document in runC's manner says: its fields in any case, numbers that a double cannot hold (arguments of seccomp rules) as bigints. */
export const parseDocument = (text: string, shape?: DocumentShape): unknown => canonicalDocument(parseExactly(text), shape);

function parseExactly(text: string): unknown {
  if (!/\d{16}/.test(text)) return JSON.parse(text);
  return JSON.parse(text, (_key: string, value: unknown, context?: { source?: string }) =>
    typeof value === 'number' && !Number.isSafeInteger(value) && /^-?\d+$/.test(context?.source ?? '') ? BigInt(context?.source ?? '') : value,
  );
}

/** Whole or not at all: whoever waits for the file reads it as soon as it is there. */
export function writePidFile(path: string | undefined, pid: number): void {
  if (!path) return;
  const target = resolve(path);
  const made = join(dirname(target), `.${basename(target)}`);
  writeFileSync(made, String(pid), { mode: 0o644 });
  try {
    renameSync(made, target);
  } catch (error) {
    rmSync(made);
    throw error;
  }
}
