/** What the API makes of unusual requests for containers, row by row: statuses and messages are Docker's. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { call, errorOf, type Answer } from '../../support/api.ts';
import { until } from '../../support/command.ts';
import { Daemon } from '../../support/daemon.ts';
import { importBusybox } from '../../support/images.ts';

let daemon: Daemon;
before(async () => {
  daemon = await Daemon.start();
  await importBusybox(daemon);
});
after(async () => daemon?.[Symbol.asyncDispose]());

function create(config: object, version = ''): Promise<Answer> {
  return call(daemon, 'POST', `${version}/containers/create`, { Image: 'busybox', ...config });
}

async function run(config: object, version = ''): Promise<string> {
  const { Id } = (await create({ Cmd: ['top'], ...config }, version)).json();
  assert.equal((await call(daemon, 'POST', `/containers/${Id}/start`)).status, 204);
  return Id;
}

/** What a container says until it ends. */
async function said(id: string): Promise<string> {
  await call(daemon, 'POST', `/containers/${id}/wait`);
  return (await call(daemon, 'GET', `/containers/${id}/logs?stdout=1&stderr=1`)).text;
}

const hostConfigOf = async (id: string) => (await call(daemon, 'GET', `/containers/${id}/json`)).json().HostConfig;
const mounts = (mount: object): object => ({ HostConfig: { Mounts: [{ Target: '/x', ...mount }] } });

test('name servers may have a zone, ports a second protocol, which does not count', async () => {
  const { Id } = (await create({ ExposedPorts: { '53/udp/tcp': {} }, HostConfig: { Dns: ['fe80::1%eth0', '2001:db8::1'], PortBindings: { '53/udp': [{ HostIp: '127.0.0.1' }] } } })).json();
  assert.deepEqual((await hostConfigOf(Id)).Dns, ['fe80::1%eth0', '2001:db8::1']);
});

test('a stop is told before the end that it brings, as by dockerd 26', async () => {
  const since = Date.now() / 1000;
  const Cmd = ['sh', '-c', 'trap "exit 3" TERM; echo set; while :; do sleep 0.01; done'];
  const ids = [await run({ Cmd }), await run({ Cmd, HostConfig: { AutoRemove: true } }), await run({ Cmd: ['sleep', '1000'] })]; // the last one hears no SIGTERM
  const gone = call(daemon, 'POST', `/containers/${ids[1]}/wait?condition=removed`);
  for (const id of ids.slice(0, 2)) {
    await until('it listens to SIGTERM', async () => (await call(daemon, 'GET', `/containers/${id}/logs?stdout=1`)).text.includes('set'));
    assert.equal((await call(daemon, 'POST', `/containers/${id}/stop`)).status, 204);
  }
  await gone;
  const events = async (id = ''): Promise<string[]> => {
    const told = (await call(daemon, 'GET', `/events?since=${since}&until=${(Date.now() + 10) / 1000}&filters={"container":["${id}"],"type":["container"]}`)).lines();
    return told.map(({ Action }) => Action);
  };
  const patient = call(daemon, 'POST', `/containers/${ids[2]}/stop?t=600`);
  await until('the first has begun', async () => (await events(ids[2])).includes('kill'));
  assert.equal((await call(daemon, 'POST', `/containers/${ids[2]}/stop?t=0`)).status, 204);
  assert.equal((await patient).status, 204);
  const lives = await Promise.all(ids.map(async (id) => (await events(id)).filter((action) => action !== 'kill')));
  assert.deepEqual(lives, [
    ['create', 'start', 'stop', 'die'],
    ['create', 'start', 'stop', 'die', 'destroy'],
    ['create', 'start', 'stop', 'stop', 'die'],
  ]);
});

test('restarts at once are all done, also of a container that goes at its end', async () => {
  const id = await run({ Cmd: ['sleep', '1000'], HostConfig: { AutoRemove: true } });
  const answers = await Promise.all(Array.from({ length: 8 }, () => call(daemon, 'POST', `/containers/${id}/restart?t=0`)));
  assert.deepEqual(answers.map(({ status, text }) => `${status}${text}`), answers.map(() => '204'));
  assert.equal((await call(daemon, 'GET', `/containers/${id}/json`)).json().State.Status, 'running');
});

test('what cannot be created is told as Docker tells it', async () => {
  const refused: readonly (readonly [config: object, message: string])[] = [
    [{ HostConfig: { VolumesFrom: ['nobody'] } }, 'No such container: nobody'],
    [{ HostConfig: { Dns: ['192.0.2.1', 'far'] } }, 'bad nameserver address far: ParseAddr("far"): unable to parse IP'],
    [{ HostConfig: { SecurityOpt: ['seccomp=x'] } }, "Decoding seccomp profile failed: invalid character 'x' looking for beginning of value"],
    [{ ExposedPorts: { 'far/tcp': {} } }, 'invalid port specification: "far/tcp"'],
    [mounts({ Type: 'bind', Source: '/etc', BindOptions: { Propagation: 'sideways' } }), 'invalid mount config for type "bind": invalid propagation mode: sideways'],
    [mounts({ Type: 'volume', VolumeOptions: { Subpath: 'a' } }), 'invalid mount config for type "volume": must not set Subpath when using anonymous volumes'],
    [mounts({ Type: 'volume', ReadOnly: true }), 'invalid mount config for type "volume": must not set ReadOnly mode when using anonymous volumes'],
    [
      mounts({ Type: 'bind', Source: '/etc', ReadOnly: true, BindOptions: { ReadOnlyNonRecursive: true, ReadOnlyForceRecursive: true } }),
      'invalid mount config for type "bind": mount options conflict: ReadOnlyNonRecursive && ReadOnlyForceRecursive',
    ],
    [mounts({ Target: '' }), 'invalid mount config for type "": field Target must not be empty'],
  ];
  for (const [config, message] of refused) assert.equal(errorOf(await create(config), 400), message);
  const unreadable: readonly (readonly [bind: string, why: string])[] = [
    ['/etc:x', `: invalid mount config for type "bind": invalid mount path: 'x' mount path must be absolute`],
    ['v:/x:shared', ': invalid mount config for type "volume": field BindOptions must not be specified'],
    ['/etc:/x:nocopy', ': invalid mount config for type "bind": field VolumeOptions must not be specified'],
    [':/x', ''],
  ];
  for (const [bind, why] of unreadable) assert.equal(errorOf(await create({ HostConfig: { Binds: [bind] } }), 500), `invalid volume specification: '${bind}'${why}`);
  const nothing = await call(daemon, 'POST', '/containers/create', { HostConfig: {} });
  assert.equal(errorOf(nothing, 400), 'config cannot be empty in order to create a container');
});

test('without an image there must be a command; its root file system is empty', async () => {
  const plain = (config: object): Promise<Answer> => call(daemon, 'POST', '/containers/create', config);
  assert.equal(errorOf(await plain({ Image: '' }), 400), 'no command specified');
  const { Id } = (await plain({ Cmd: ['/missing'] })).json();
  const { Image, Config } = (await call(daemon, 'GET', `/containers/${Id}/json`)).json();
  assert.deepEqual([Image, Config.Image], ['', '']);
  const [listed] = (await call(daemon, 'GET', `/containers/json?all=1&filters=${encodeURIComponent(JSON.stringify({ id: [Id] }))}`)).json();
  assert.deepEqual([listed.Image, listed.ImageID], ['', '']);
  assert.match(errorOf(await call(daemon, 'POST', `/containers/${Id}/start`), 400), /no such file or directory/);
  assert.equal((await call(daemon, 'DELETE', `/containers/${Id}`)).status, 204);
});

test('bodies are looked at before the names in the path; none at all is an empty one', async () => {
  const broken = (path: string, text: string) => call(daemon, 'POST', path, Buffer.from(text), { 'Content-Type': 'application/json' });
  for (const path of ['/volumes/create', '/exec/nobody/start', '/containers/nobody/update', '/networks/nobody/connect']) {
    assert.equal(errorOf(await broken(path, '{x'), 400), "invalid JSON: invalid character 'x' looking for beginning of object key string");
    assert.equal(errorOf(await broken(path, '{} more'), 400), 'unexpected content after JSON');
  }
  assert.equal((await broken('/volumes/create', '')).status, 201);
  assert.equal(errorOf(await broken('/containers/create', ''), 400), 'invalid JSON: got EOF while reading request body');
});

test('a bind that shows the data root follows the host, and no bind shares what the host does not', async () => {
  const root = `${daemon.directory}/data`;
  const { Id } = (await create({ HostConfig: { Binds: [`${root}:/x`] } })).json();
  assert.equal((await call(daemon, 'GET', `/containers/${Id}/json`)).json().Mounts[0].Propagation, 'rslave');
  assert.match(errorOf(await create({ HostConfig: { Binds: [`${root}/containers:/x:private`] } }), 400), /must use either propagation mode "rslave" or "rshared"/);
});

test('a read-only bind is read-only to its last mount, but for clients before 1.44 and for who asks', async () => {
  const devices = (options?: object) => mounts({ Type: 'bind', Source: '/dev', Target: '/dev', ReadOnly: true, BindOptions: options });
  const rows: readonly (readonly [config: object, version: string, access: string])[] = [
    [devices(), '', 'ro'],
    [devices(), '/v1.43', 'rw'],
    [{ HostConfig: { Binds: ['/dev:/dev:ro'] } }, '/v1.43', 'rw'],
    [devices({ ReadOnlyNonRecursive: true }), '', 'rw'],
  ];
  for (const [config, version, access] of rows) {
    const id = await run({ Cmd: ['grep', '/dev/pts', '/proc/self/mountinfo'], ...config }, version);
    assert.match(await said(id), new RegExp(` /dev/pts ${access},`), `${JSON.stringify(config)} ${version}`);
  }
});

test('a volume\'s subpath: filled from the image, and never outside the volume', async () => {
  const at = (Subpath: string, Target = '/x') => mounts({ Type: 'volume', Source: 'deep', Target, VolumeOptions: { Subpath } });
  await said(await run({ Cmd: ['sh', '-c', 'mkdir /x/etc; ln -s / /x/out; echo text > /x/file'], ...mounts({ Type: 'volume', Source: 'deep' }) }));
  assert.match(await said(await run({ Cmd: ['cat', '/etc/passwd'], ...at('etc', '/etc') })), /root/);
  assert.match(await said(await run({ Cmd: ['cat', '/x'], ...at('file') })), /text/);
  for (const [subpath, status, message] of [['out', 400, /^path concatenation escapes the base directory/], ['nowhere', 404, /^cannot access path/]] as const) {
    const { Id } = (await create(at(subpath))).json();
    assert.match(errorOf(await call(daemon, 'POST', `/containers/${Id}/start`), status), message);
  }
});

test('update: a limit of processes below one is none; older clients do not know it', async () => {
  const rows: readonly (readonly [limit: number, version: string, kept: number, inside: string])[] = [[16, '', 16, '16'], [0, '', 0, 'max'], [-2, '', 0, 'max'], [16, '/v1.39', 32, '32']];
  for (const [PidsLimit, version, kept, inside] of rows) {
    const id = await run({ HostConfig: { PidsLimit: 32 } });
    assert.equal((await call(daemon, 'POST', `${version}/containers/${id}/update`, { PidsLimit })).status, 200);
    assert.equal((await hostConfigOf(id)).PidsLimit, kept);
    const exec = (await call(daemon, 'POST', `/containers/${id}/exec`, { AttachStdout: true, Cmd: ['sh', '-c', 'cat /sys/fs/cgroup/pids/pids.max /sys/fs/cgroup/pids.max 2>/dev/null; true'] })).json().Id;
    assert.ok((await call(daemon, 'POST', `/exec/${exec}/start`, {})).text.includes(inside), `${PidsLimit} ${version}`);
  }
});

test('stats of a container without a network tell of none', async () => {
  const id = await run({ NetworkDisabled: true });
  assert.equal((await call(daemon, 'GET', `/containers/${id}/stats?stream=0`)).json().networks, undefined);
});

test('stats of a container go on though the one whose network it shares is removed', async () => {
  const owner = await run({});
  const sharer = await run({ HostConfig: { NetworkMode: `container:${owner}` } });
  await call(daemon, 'DELETE', `/containers/${owner}?force=1`);
  const { status, json } = await call(daemon, 'GET', `/containers/${sharer}/stats?stream=0&one-shot=1`);
  assert.equal(status, 200);
  assert.ok(json().pids_stats.current > 0);
});

test('what is the host\'s is not set from a container that shares it', async () => {
  const sharer = await run({ HostConfig: { NetworkMode: 'host' } });
  const rows: readonly (readonly [host: object, message: RegExp])[] = [
    [{ NetworkMode: `container:${sharer}`, Sysctls: { 'net.core.somaxconn': '4096' } }, /sysctl "net\.core\.somaxconn" not allowed in host network namespace/],
    [{ NetworkMode: 'host', Sysctls: { 'net.core.somaxconn': '4096' } }, /sysctl "net\.core\.somaxconn" not allowed in host network namespace/],
    [{ IpcMode: 'host', Sysctls: { 'kernel.shmmni': '4096' } }, /sysctl "kernel\.shmmni" is not allowed in the hosts ipc namespace/],
  ];
  for (const [HostConfig, message] of rows) {
    const { Id } = (await create({ Cmd: ['true'], HostConfig })).json();
    const answer = await call(daemon, 'POST', `/containers/${Id}/start`);
    assert.match(errorOf(answer, answer.status), message);
    assert.ok(answer.status >= 400);
  }
});

test('what old clients write beside HostConfig counts where that says nothing', async () => {
  assert.match(errorOf(await create({ Memory: 524_287 }), 400), /Minimum memory limit allowed is 6MB/);
  const { Id } = (await create({ Cmd: ['true'], Memory: 16 << 20, CpuShares: 100, Cpuset: '0', HostConfig: { CpuShares: 7 } })).json();
  const { Memory, CpuShares, CpusetCpus } = await hostConfigOf(Id);
  assert.deepEqual([Memory, CpuShares, CpusetCpus], [16 << 20, 7, '0']);
});
