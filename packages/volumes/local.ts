/**
 * The local driver.
 *
 * Crash rule: a volume is made directory first, row second, and removed row first, directory second; `recover` at start
 * deletes the directories that no row names.
 *
 *   <root>/<name>/_data    the volume's files, owned by whoever the container says
 */
import { randomBytes } from 'node:crypto';
import { mkdir, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { Conflict, InvalidArgument, NaruError, NotFound, quote, type Database } from '#base';
import { mountOf, validateOptions } from './options.ts';
import type { CreateVolume, VolumeRecord, Volumes } from './port.ts';
import { VolumeStore, type VolumeRow } from './store.ts';
import { treeSize } from './usage.ts';

const namePattern = /^[a-zA-Z0-9][a-zA-Z0-9_.-]+$/;
const anonymousLabel = 'com.docker.volume.anonymous';

/** `root` is the directory that holds the volumes; it exists. Call `recover` once before anything else. */
export function localVolumes({ db, root, now = Date.now }: { db: Database; root: string; now?: () => number }): Volumes {
  const store = new VolumeStore(db);
  const recordOf = (row: VolumeRow): VolumeRecord => ({ ...row, driver: 'local', mountpoint: join(root, row.name, '_data') });
  const find = (name: string): VolumeRecord => {
    const row = store.get(name);
    if (!row) throw new NotFound(`get ${name}: no such volume`);
    return recordOf(row);
  };
  return {
    create: async (request) => {
      const known = request.name === '' ? undefined : store.get(request.name);
      return recordOf(known ? agreeing(known, request) : await make(store, root, request, now()));
    },
    find,
    list: () => store.list().map(recordOf),
    async remove(name) {
      const volume = find(name);
      store.delete(volume.name);
      await rm(join(root, volume.name), { recursive: true, force: true });
    },
    mount(name) {
      const { mountpoint, options } = find(name);
      return mountOf(mountpoint, options);
    },
    usage: (name) => treeSize(find(name).mountpoint),
    recover: () => recover(store, root),
  };
}

async function make(store: VolumeStore, root: string, request: CreateVolume, created: number): Promise<VolumeRow> {
  const anonymous = request.name === '';
  const name = anonymous ? randomBytes(32).toString('hex') : request.name;
  const options = request.options ?? {};
  inContext(name, () => {
    requireLocal(request);
    requireName(name);
    validateOptions(options);
  });
  const labels = anonymous ? { ...request.labels, [anonymousLabel]: '' } : { ...request.labels };
  await mkdir(join(root, name, '_data'), { recursive: true });
  const row = { name, created, labels, options, anonymous };
  // Two creates of one name may have come this far: the first row stands.
  const other = store.get(name);
  if (!other) store.insert(row);
  return other ?? row;
}

function agreeing(known: VolumeRow, request: CreateVolume): VolumeRow {
  if ((request.driver ?? 'local') !== 'local') throw new Conflict(`create ${known.name}: conflict: volume name must be unique`);
  return known;
}

function requireLocal({ driver = 'local' }: CreateVolume): void {
  if (driver !== 'local') throw new NotFound(`error looking up volume plugin ${driver}: plugin ${quote(driver)} not found`);
}

function requireName(name: string): void {
  if (name.length === 1) throw new InvalidArgument('volume name is too short, names should be at least two alphanumeric characters');
  if (namePattern.test(name)) return;
  throw new InvalidArgument(
    `${quote(name)} includes invalid characters for a local volume name, only "[a-zA-Z0-9][a-zA-Z0-9_.-]" are allowed. If you intended to pass a host directory, use absolute path`,
  );
}

/** Docker says first what was being done. */
function inContext(name: string, work: () => void): void {
  try {
    work();
  } catch (error) {
    if (error instanceof NaruError) error.message = `create ${name}: ${error.message}`;
    throw error;
  }
}

async function recover(store: VolumeStore, root: string): Promise<void> {
  await mkdir(root, { recursive: true, mode: 0o710 });
  const known = new Set(store.list().map((row) => row.name));
  for (const name of await readdir(root)) {
    if (!known.has(name)) await rm(join(root, name), { recursive: true, force: true });
  }
}
