/** The image `bb` of the recordings, made again: busybox, a handful of its names, a user. */
import { readFile } from 'node:fs/promises';
import { writeTar, type TarMember } from '#base';
import { ok } from '../../support/command.ts';
import type { Daemon } from '../../support/daemon.ts';

const applets = ['cat', 'echo', 'httpd', 'ls', 'nc', 'ps', 'sh', 'sleep', 'true', 'wget'];

export async function importBb(daemon: Daemon): Promise<void> {
  const directory = (name: string, mode = 0o755) => ({ member: { name: `${name}/`, type: 'directory', mode } satisfies TarMember });
  const file = (name: string, mode: number, body: string | Uint8Array) => ({ member: { name, type: 'file', mode } satisfies TarMember, body });
  const link = (name: string) => ({ member: { name: `bin/${name}`, type: 'symlink', mode: 0o777, linkname: 'busybox' } satisfies TarMember });
  const busybox = await readFile(await ok('sh', ['-c', 'command -v busybox']));
  const entries = [directory('bin'), file('bin/busybox', 0o755, busybox), ...applets.map(link), directory('etc'), file('etc/passwd', 0o644, 'root:x:0:0:root:/root:/bin/sh\n'), directory('tmp')];
  const tar = Buffer.concat(await Array.fromAsync(writeTar(entries)));
  await daemon.ok('docker', ['import', '-c', 'CMD ["/bin/sh"]', '-', 'bb'], { input: tar });
}
