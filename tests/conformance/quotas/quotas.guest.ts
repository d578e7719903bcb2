/** `--storage-opt size` and volumes' `size` on file systems that can; runs inside the guest that ../quotas.test.ts boots. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, readdirSync, rmSync, statfsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { errnoOf } from '#base';
import { directoryQuotas, projectOf } from '#kernel';
import { until } from '../../support/command.ts';
import { Daemon } from '../../support/daemon.ts';

const fileSystems = [
  { type: 'xfs', device: '/dev/vdb', option: 'pquota', backing: 'xfs', full: /No space left on device/, flags: ['--userns-remap', '1000'] },
  { type: 'ext4', device: '/dev/vdc', option: 'prjquota', backing: 'extfs', full: /Disk quota exceeded/, flags: [] },
] as const;

const mib = 2 ** 20;

for (const { type, device, option, backing, full, flags } of fileSystems) {
  const home = `/var/tmp/${type}`;
  const mount = (...options: string[]): void => void execFileSync('mount', ['-t', type, '-o', options.join() || 'rw', device, home]);
  const unmount = (): void => void execFileSync('umount', [home]);

  describe(`directories on ${type}`, () => {
    before(() => mkdirSync(home));

    it('are not limited unless the file system was mounted for it', () => {
      mount();
      assert.equal(directoryQuotas(home), undefined);
      unmount();
      mount(option);
      assert.ok(directoryQuotas(home));
      unmount();
    });

    it('are limited each by itself, and give their ids back', () => {
      mount(option);
      try {
        const open = () => directoryQuotas(home) ?? assert.fail('no quotas');
        const quotas = open();
        const made = (name: string, bytes: number, its = quotas) => {
          const directory = mkdtempSync(join(home, `${name}-`));
          its.limit(directory, bytes);
          return directory;
        };
        const [one, two, none] = [made('one', 2 * mib), made('two', 3 * mib), made('none', 0)];
        assert.deepEqual([one, two, none].map((directory) => quotas.limitOf(directory)), [2 * mib, 3 * mib, 0]);
        assert.deepEqual([one, two, none].map(projectOf), [1, 2, 0]);
        mkdirSync(join(one, 'below'));
        const { blocks, bsize } = statfsSync(join(one, 'below'));
        assert.equal(blocks * bsize, 2 * mib);
        if (type === 'xfs') assert.throws(() => writeFileSync(join(one, 'below/file'), Buffer.alloc(3 * mib)), (error) => errnoOf(error) === 'ENOSPC'); // ext4 lets root
        execFileSync('mount', ['-t', 'tmpfs', 'none', two]);
        assert.equal(quotas.limitOf(two), 0, 'what somebody mounted there has no limit of ours');
        quotas.lift(two);
        execFileSync('umount', [two]);
        assert.equal(quotas.limitOf(two), 3 * mib);
        quotas.limit(one, 4 * mib);
        assert.deepEqual([quotas.limitOf(one), projectOf(one)], [4 * mib, 1], 'a new limit, the same id');
        assert.equal(projectOf(made('three', mib, open())), 3, 'another process passes over what is taken');
        quotas.lift(one);
        rmSync(one, { recursive: true });
        quotas.lift(one);
        execFileSync('sync');
        assert.equal(projectOf(made('four', mib, open())), 1);
      } finally {
        for (const name of readdirSync(home)) if (name !== 'lost+found') {
          directoryQuotas(home)?.lift(join(home, name));
          rmSync(join(home, name), { recursive: true });
        }
        unmount();
      }
    });
  });

  describe(`narud on ${type}`, () => {
    let daemon: Daemon;
    const owner = flags.length > 0 ? 100000 : 0;
    before(async () => {
      mount(option);
      process.env['TMPDIR'] = home; // where Daemon puts its data
      for (const file of ['passwd', 'group', 'subuid', 'subgid']) writeFileSync(`/etc/${file}`, file.startsWith('sub') ? '1000:100000:65536\n' : '');
      daemon = await Daemon.start('--storage-opt', 'overlay2.size=24m', ...flags);
      chmodSync(daemon.directory, 0o711); // for those who are nobody in particular
      await docker('import', '-c', 'CMD ["sh"]', '-c', 'ENV PATH=/bin', '/images/busybox.tar', 'busybox');
    });
    after(async () => {
      await daemon?.[Symbol.asyncDispose]();
      unmount();
    });
    const docker = (...words: string[]) => daemon.ok('docker', words);
    const size = (path: string) => `df -k ${path} | awk 'END {print $(NF-4)}'`;
    const mapped = `awk '{print $2}' /proc/self/uid_map`;
    const overflow = (path: string) => `dd if=/dev/zero of=${path}/big bs=1M count=40`;

    it('limits the layer of a container', async () => {
      assert.equal(await docker('info', '--format', '{{index .DriverStatus 0}} {{index .DriverStatus 1}}'), `[Backing Filesystem ${backing}] [Supports d_type true]`);
      const { code, stdout, stderr } = await daemon.run('docker', ['run', '--name', 'box', '--storage-opt', 'size=20m', 'busybox', 'sh', '-c', `${mapped}; ${size('/')}; ${overflow('')}; rm /big; echo small > /small`]);
      assert.deepEqual([code, stdout], [0, `${owner}\n20480\n`], stderr);
      assert.match(stderr, full);
      assert.equal(await docker('inspect', '--format', '{{json .HostConfig.StorageOpt}}', 'box'), '{"size":"20m"}');
    });

    it('limits a volume', async () => {
      await docker('volume', 'create', '--opt', 'size=8m', 'data');
      const { stdout, stderr } = await daemon.run('docker', ['run', '--rm', '-v', 'data:/data', 'busybox', 'sh', '-c', `${size('/data')}; ${overflow('/data')}; ${size('/')}`]);
      assert.equal(stdout, '8192\n24576\n', 'the layer has the daemon\'s limit');
      assert.match(stderr, full);
    });

    const long = { skip: type === 'xfs' || process.env['NARU_GUEST'] === 'all' ? false : 'npm run guest does it' };
    it('limits them after kill -9 as before, and gives back all ids', long, async () => {
      await daemon.crash();
      await daemon.up();
      await docker('commit', 'box', 'copy');
      await docker('start', '-a', 'box').then((stdout) => assert.equal(stdout, `${owner}\n20480`));
      assert.equal(await docker('run', '--rm', '--storage-opt', 'size=0', '-v', 'data:/data', 'copy', 'sh', '-c', `cat /small; ${size('/data')}`), 'small\n8192');
      await docker('rm', 'box');
      await docker('volume', 'rm', 'data');
      await until('every id is free', async () => nextProject(home) === 1); // files of a layer go when nobody waits
    });
  });
}

/** The id that a directory would be given now. */
function nextProject(home: string): number {
  const directory = mkdtempSync(join(home, 'next-'));
  try {
    const quotas = directoryQuotas(home) ?? assert.fail('no quotas');
    quotas.limit(directory, mib);
    quotas.lift(directory);
    return projectOf(directory);
  } finally {
    rmSync(directory, { recursive: true });
  }
}
