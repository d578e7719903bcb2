/** One image, several containers at once: each has its own hostname, pid 1, interfaces, mounts and IPC. */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { clients, Daemon } from '../support/daemon.ts';
import { importBusybox } from '../support/images.ts';

const names = ['one', 'two', 'three'];

describe('containers of one image', () => {
  let daemon: Daemon;

  before(async () => {
    daemon = await Daemon.start();
    await importBusybox(daemon);
  });
  after(async () => daemon?.[Symbol.asyncDispose]());

  for (const client of clients()) {
    test(`${client}: each has namespaces of its own`, async () => {
      await Promise.all(names.map((name) => daemon.ok(client, ['run', '-d', '--name', name, '-h', `host-${name}`, 'busybox', 'sleep', '1000'])));
      const views = await Promise.all(names.map((name) => view(name)));
      for (const kind of ['uts', 'pid', 'net', 'mnt', 'ipc'] as const) {
        assert.equal(new Set(views.map((it) => it.namespaces.get(kind))).size, names.length, kind);
      }
      assert.deepEqual(views.map((it) => it.hostname), names.map((name) => `host-${name}`));
      assert.equal(new Set(views.map((it) => it.address)).size, names.length);
      for (const it of views) assert.equal(it.first, 'sleep 1000');
    });

    test(`${client}: what one writes, mounts or shares the others do not see`, async () => {
      await daemon.ok(client, ['exec', 'one', 'sh', '-c', 'echo mine > /tmp/file; ipcmk -Q 2>/dev/null; true']);
      const other = await daemon.run(client, ['exec', 'two', 'cat', '/tmp/file']);
      assert.equal(other.code, 1);
      assert.match(other.stderr, /can't open '\/tmp\/file': No such file or directory/);
      assert.equal(await daemon.ok(client, ['exec', 'one', 'cat', '/tmp/file']), 'mine');
      await daemon.ok(client, ['rm', '-f', ...names]);
    });

    async function view(name: string): Promise<{ namespaces: Map<string, string>; hostname: string; address: string; first: string }> {
      const inside = (...args: string[]): Promise<string> => daemon.ok(client, ['exec', name, ...args]);
      const links = await inside('sh', '-c', 'cd /proc/1/ns && for n in uts pid net mnt ipc; do echo $n $(readlink $n); done');
      return {
        namespaces: new Map(links.split('\n').map((line) => line.split(' ') as [string, string])),
        hostname: await inside('hostname'),
        address: await inside('sh', '-c', "ip -4 addr show eth0 | grep -o 'inet [0-9.]*'"),
        first: (await inside('sh', '-c', "tr '\\0' ' ' < /proc/1/cmdline")).trim(),
      };
    }
  }
});
