/** How mounts travel between a bind and the host (mount_namespaces(7)): what may be asked, and what the source can give. */
import { readFileSync, realpathSync } from 'node:fs';
import { Internal, InvalidArgument, quote } from '#base';
import type { WantedMount } from './bind.ts';

/**
 * What shows the daemon's own directory must let go of what the daemon unmounts there, or a removed container stays busy:
 * such a bind is a slave unless it shares. Throws InvalidArgument for another propagation.
 */
export function withPropagation(mount: WantedMount, dataRoot: string): WantedMount {
  const { type, source, propagation } = mount;
  if (type !== 'bind' || !(isBelow(source, dataRoot) || isBelow(dataRoot, source))) return mount;
  if (propagation === '') return { ...mount, propagation: 'rslave', propagationByDefault: true };
  if (propagation === 'rslave' || propagation === 'rshared') return mount;
  throw new InvalidArgument(
    `invalid mount config: must use either propagation mode "rslave" or "rshared" when mount source is within the daemon root, daemon root: ${quote(dataRoot)}, ` +
      `bind mount source: ${quote(source)}, propagation: ${quote(propagation)}`,
  );
}

/** A bind shares, or follows, only when the mount that its source lies on does. Throws Internal in dockerd's words. */
export function requirePropagation({ source, propagation, propagationByDefault }: WantedMount, mountinfo: () => string = readMountinfo): void {
  const shares = propagation === 'shared' || propagation === 'rshared';
  const follows = propagation === 'slave' || propagation === 'rslave';
  if (!(shares || follows) || propagationByDefault) return;
  const { mountPoint, tags } = mountOf(realpathSync(source), mountinfo());
  if (tags.some((tag) => tag.startsWith('shared:')) || (follows && tags.some((tag) => tag.startsWith('master:')))) return;
  throw new Internal(`path ${source} is mounted on ${mountPoint} but it is not a shared${follows ? ' or slave' : ''} mount`);
}

function readMountinfo(): string {
  return readFileSync('/proc/self/mountinfo', 'utf8');
}

/** The innermost mount above a path, the last made of several at one place, and its optional fields (proc(5)). */
function mountOf(path: string, mountinfo: string): { mountPoint: string; tags: string[] } {
  let found = { mountPoint: '/', tags: [] as string[] };
  for (const line of mountinfo.split('\n')) {
    const [own = ''] = line.split(' - ');
    const [, , , , escaped = '', , ...tags] = own.split(' ');
    const mountPoint = escaped.replace(/\\(\d{3})/g, (_, octal: string) => String.fromCharCode(Number.parseInt(octal, 8)));
    if (escaped !== '' && isBelow(path, mountPoint) && mountPoint.length >= found.mountPoint.length) found = { mountPoint, tags };
  }
  return found;
}

function isBelow(path: string, directory: string): boolean {
  return path === directory || path.startsWith(directory.endsWith('/') ? directory : `${directory}/`);
}
