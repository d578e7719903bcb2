/** The methods of a VolumeDriver plugin of a test's own. */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';

/** Keeps its volumes as directories under `root`; a shelf may be full (`-o shelf=full`). */
export function keeper(root: string, volumes: Set<string>) {
  const shown = (Name: string) => ({ Name, Mountpoint: join(root, Name), CreatedAt: '2026-01-02T03:04:05Z', Status: { shelf: 3 } });
  const known = (Name: string, answer: object) => (volumes.has(Name) ? answer : { Err: `no volume ${Name}` });
  return {
    'VolumeDriver.Create': ({ Name, Opts }: { Name: string; Opts?: Record<string, string> }) => {
      if (Opts?.['shelf'] === 'full') return { Err: 'the shelf is full' };
      volumes.add(Name);
      mkdirSync(join(root, Name), { recursive: true });
      return {};
    },
    'VolumeDriver.Remove': ({ Name }: { Name: string }) => (volumes.delete(Name) ? {} : { Err: 'gone' }),
    'VolumeDriver.Mount': ({ Name }: { Name: string }) => known(Name, { Mountpoint: join(root, Name) }),
    'VolumeDriver.Unmount': () => ({}),
    'VolumeDriver.Path': ({ Name }: { Name: string }) => known(Name, { Mountpoint: join(root, Name) }),
    'VolumeDriver.Get': ({ Name }: { Name: string }) => known(Name, { Volume: shown(Name) }),
    'VolumeDriver.List': () => ({ Volumes: [...volumes].map(shown) }),
    'VolumeDriver.Capabilities': () => ({ Capabilities: { Scope: 'global' } }),
  };
}
