/**
 * Volumes that are memory (`type=tmpfs`): mounted once, at the volume's mountpoint on the host, while somebody holds them,
 * so that all containers see the same files. What is kept elsewhere (nfs, a device) is the same wherever it is mounted;
 * each container mounts that for itself, so that a server which does not answer keeps nobody else waiting.
 */
import { statSync } from 'node:fs';
import { dirname } from 'node:path';
import { Internal, messageOf, type Database } from '#base';
import { mountOnHost, unmountFromHost } from '#kernel';
import { VolumeHolders, type Holder } from './holders.ts';
import { mountFailure } from './mount-failure.ts';
import { mountOfOptions } from './options.ts';
import type { VolumeRecord } from './port.ts';

const table = 'volume_holders';

/** Whether the volume's files are memory. */
export function isMemory({ options }: Pick<VolumeRecord, 'options'>): boolean {
  return mountOfOptions(options ?? {}, (host) => host)?.type === 'tmpfs';
}

export class SharedMemory {
  readonly #holders: VolumeHolders;

  constructor(db: Database) {
    db.migrate('volume-holders', [VolumeHolders.schema(table)]);
    this.#holders = new VolumeHolders(db, table);
  }

  /** Mounts it unless it is: a host that was started anew has forgotten the mount, not who held it. Throws Internal in Docker's words. */
  acquire(volume: VolumeRecord, user: string): void {
    const mount = mountOfOptions(volume.options ?? {}, (host) => host);
    if (!mount) return;
    this.#holders.hold(volume.name, user);
    try {
      if (!isMounted(volume.mountpoint)) mountOnHost(mount.type, mount.source, volume.mountpoint, mount.options);
    } catch (error) {
      this.#holders.letGo(volume.name, user);
      throw new Internal(mountFailure(volume, messageOf(error).split(': ').at(-1) ?? ''), { cause: error });
    }
  }

  /** The last one's leave is the files' end. */
  release({ name, mountpoint }: VolumeRecord, user: string): void {
    if (!this.#holders.holds(name, user)) return;
    if (!this.#holders.isHeldByAnother(name, user)) unmountFromHost(mountpoint);
    this.#holders.letGo(name, user);
  }

  /** Whoever holds it. */
  drop({ name, mountpoint }: VolumeRecord): void {
    this.#holders.forget(name);
    unmountFromHost(mountpoint);
  }

  held(): Holder[] {
    return this.#holders.all();
  }
}

function isMounted(path: string): boolean {
  return statSync(path).dev !== statSync(dirname(path)).dev;
}
