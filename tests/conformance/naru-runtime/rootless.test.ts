/** naru-runtime for an ordinary user, with newuidmap and without. Needs root, to make the user. */
import assert from 'node:assert/strict';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import type { OciSpec } from '#spec';
import { ok, type Result } from '../../support/command.ts';
import { busyboxTar } from '../../support/images.ts';
import { OrdinaryUser } from '../../support/user.ts';

describe("an ordinary user's naru-runtime", () => {
  let user: OrdinaryUser;
  let bundle: string;
  const shell = (script: string): Promise<Result> => user.run(['sh', '-c', `cd ${bundle} && { ${script}; } </dev/null`], { env: { R: `${user.checkout}/bin/naru-runtime --root ${bundle}/state` } });
  let plain: string;
  const configure = (args: readonly string[], change: (spec: OciSpec) => void): Promise<void> => {
    const spec = JSON.parse(plain) as OciSpec;
    Object.assign(spec.process ?? {}, { terminal: false, args });
    change(spec);
    return writeFile(join(bundle, 'config.json'), JSON.stringify(spec));
  };

  before(async () => {
    user = await OrdinaryUser.make();
    bundle = join(user.home, 'bundle');
    assert.equal((await user.run(['mkdir', '-p', join(bundle, 'rootfs'), join(user.home, 'run')])).code, 0);
    await ok('tar', ['-C', join(bundle, 'rootfs'), '-xf', await busyboxTar()]);
    await ok('chown', ['-R', String(user.uid), bundle]);
    const spec = await shell('$R spec --rootless');
    assert.equal(spec.code, 0, spec.stderr);
    plain = await readFile(join(bundle, 'config.json'), 'utf8');
  });
  after(() => user[Symbol.asyncDispose]());

  for (const mapped of [false, true]) {
    test(`${mapped ? 'mapped by newuidmap' : 'himself alone mapped'}: a container that waits can be looked into, and another joins its user namespace`, async () => {
      const maps = mapped ? await subordinateMaps(user) : {};
      await configure(['sleep', '1000'], (spec) => void Object.assign(spec.linux ?? {}, maps));
      assert.deepEqual(await shell('$R create --pid-file pid one >out 2>&1'), { code: 0, stdout: '', stderr: '' });
      try {
        assert.equal((await shell('$R exec one sh -c "id -u; hostname"')).stdout, '0\nnaru\n');
        assert.equal((await shell('$R start one')).code, 0);
        const map = (await shell('$R exec one cat /proc/self/uid_map')).stdout;
        assert.equal(map.trim().split('\n').length, mapped ? 2 : 1);
        const pid = (await readFile(join(bundle, 'pid'), 'utf8')).trim();
        await configure(['cat', '/proc/self/uid_map'], (spec) => {
          Object.assign(spec.linux ?? {}, { uidMappings: undefined, gidMappings: undefined });
          for (const namespace of spec.linux?.namespaces ?? []) if (namespace.type === 'user') namespace.path = `/proc/${pid}/ns/user`;
        });
        assert.deepEqual(await shell('$R run two'), { code: 0, stdout: map, stderr: '' });
      } finally {
        assert.equal((await shell('$R delete --force one')).code, 0);
        assert.equal((await shell('$R list -q')).stdout, '');
      }
    });
  }

  for (const own of [true, false]) {
    test(`with no cgroup of his own he sees those he is in, read-only, ${own ? 'in' : 'without'} a cgroup namespace`, async () => {
      await configure(['sh', '-c', 'for f in $(grep " /sys/fs/cgroup" /proc/mounts | cut -d" " -f2 | sort -u); do test -e $f && grep -w $f /proc/mounts | tail -n1; done | cut -d" " -f3,4; touch /sys/fs/cgroup/*/x /sys/fs/cgroup/x 2>/dev/null && echo written'], (spec) => {
        const others = (spec.linux?.namespaces ?? []).filter(({ type }) => type !== 'cgroup');
        Object.assign(spec.linux ?? {}, { namespaces: own ? [...others, { type: 'cgroup' }] : others });
      });
      const { stdout, stderr } = await shell('$R run one');
      const shown = stdout.trim().split('\n').filter((line) => line.startsWith('cgroup'));
      assert.ok(shown.length > 0 && shown.every((line) => / ro,/.test(line)), stdout + stderr);
      assert.doesNotMatch(stdout, /written/);
    });
  }
});

/** Himself as root and a few of his subordinate ids behind that. */
async function subordinateMaps({ name, uid }: OrdinaryUser): Promise<Partial<NonNullable<OciSpec['linux']>>> {
  const first = async (file: string) => Number(new RegExp(`^${name}:(\\d+):`, 'm').exec(await readFile(file, 'utf8'))?.[1]);
  const map = (start: number) => [{ containerID: 0, hostID: uid, size: 1 }, { containerID: 1, hostID: start, size: 100 }];
  return { uidMappings: map(await first('/etc/subuid')), gidMappings: map(await first('/etc/subgid')) };
}
