/** Images over the API: lists, inspect, history, removal, transfers, commit, and builds whose context wants out. */
import assert from 'node:assert/strict';
import { existsSync, readdirSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { gzipSync } from 'node:zlib';
import { writeTar, type TarEntry } from '#base';
import { call, errorOf } from '../support/api.ts';
import { ok } from '../support/command.ts';
import { Daemon } from '../support/daemon.ts';
import { importBusybox } from '../support/images.ts';

let daemon: Daemon;
before(async () => {
  daemon = await Daemon.start();
  await importBusybox(daemon, 'docker', 'busybox:latest');
});
after(() => daemon?.[Symbol.asyncDispose]());

const tarOf = async (...entries: TarEntry[]): Promise<Buffer> => Buffer.concat(await Array.fromAsync(writeTar(entries)));
const file = (name: string, body: string): TarEntry => ({ member: { name, type: 'file', mode: 0o644 }, body });
const imported = async (query: string, text = 'x'): Promise<string> =>
  (await call(daemon, 'POST', `/images/create?fromSrc=-&${query}`, await tarOf(file('f', text)))).json().status;
const list = async (query = '') => (await call(daemon, 'GET', `/images/json?${query}`)).json();
const tagsOf = async (filters: object) =>
  (await list(`filters=${encodeURIComponent(JSON.stringify(filters))}`)).flatMap((image: { RepoTags: string[] }) => image.RepoTags).toSorted();

test('import makes an image with the changes asked for', async () => {
  const id = await imported('repo=made&tag=1&message=hello&changes=CMD%20%5B%22%2Ff%22%5D&changes=LABEL%20a%3D1&changes=ENV%20E%3D2');
  const shown = (await call(daemon, 'GET', '/v1.45/images/made:1/json')).json();
  assert.deepEqual([shown.Id, shown.Comment, shown.Config.Cmd, shown.Config.Labels, shown.Config.Env], [id, 'hello', ['/f'], { a: '1' }, ['E=2']]);
  assert.equal(shown.Config.Hostname, '');
  assert.equal(shown.RootFS.Layers.length, 1);
  assert.equal(shown.GraphDriver.Name, 'overlay2');
  assert.ok(existsSync(join(shown.GraphDriver.Data.UpperDir, 'f')));
  assert.equal(errorOf(await call(daemon, 'POST', '/images/create?fromSrc=-&changes=RUN%20x', await tarOf(file('f', ''))), 400), 'RUN is not a valid change command');
  assert.match(errorOf(await call(daemon, 'POST', '/images/create?fromSrc=-', Buffer.from('garbage')), 500), /unexpected EOF/);
});

test('the old fields of an event come in versions that have them, and to who names no version', async () => {
  const since = Math.floor(Date.now() / 1000) - 1;
  await call(daemon, 'POST', '/images/busybox/tag?repo=told&tag=1');
  const fields = async (prefix: string): Promise<string[]> => {
    const [event] = (await call(daemon, 'GET', `${prefix}/events?since=${since}&until=${Math.ceil(Date.now() / 1000)}&filters={"type":["image"]}`)).lines();
    return Object.keys(event).filter((name) => ['status', 'id', 'from'].includes(name));
  };
  assert.deepEqual(await fields('/v1.51'), ['status', 'id']);
  assert.deepEqual(await fields(''), ['status', 'id']);
  assert.deepEqual(await fields('/v1.52'), []);
  await call(daemon, 'DELETE', '/images/told:1');
});

test('the events of a build tell of its steps\' containers', async () => {
  const since = Date.now() / 1000;
  const dockerfile = await tarOf(file('Dockerfile', 'FROM busybox\nLABEL step=1\nRUN true\nRUN exit 3'));
  const built = await call(daemon, 'POST', '/build?networkmode=bridge', dockerfile);
  assert.match(built.text, /returned a non-zero code: 3/);
  const until = (Date.now() + 10) / 1000; // to the millisecond, and events are of nanoseconds: the last one may be later than the millisecond that is now
  const told = (await call(daemon, 'GET', `/events?since=${since}&until=${until}&filters={"type":["container","network"]}`)).lines();
  const life = ['container create', 'container attach', 'network connect', 'container start', 'network disconnect', 'container die'];
  const actions = told.map(({ Type, Action }) => `${Type} ${Action}`);
  const [, , first = '', ...rest] = actions;
  assert.deepEqual(actions.slice(0, 2), ['container create', 'container destroy'], actions.join());
  assert.deepEqual([first, ...rest].filter((action) => action !== 'container destroy'), [...life, ...life], actions.join());
  assert.equal(actions.filter((action) => action === 'container destroy').length, 2, 'the one that failed is kept');
  const [label, , run] = told;
  assert.deepEqual([label.Actor.Attributes.step, run.Actor.Attributes.step], ['1', '1']);
  assert.match(run.Actor.Attributes.image, /^sha256:/);
  const { Id, Name } = (await call(daemon, 'GET', `/containers/${told.findLast((event) => event.Action === 'die').Actor.ID}/json`)).json();
  assert.equal(Name, `/${told.findLast((event) => event.Action === 'die').Actor.Attributes.name}`);
  await call(daemon, 'DELETE', `/containers/${Id}`);
  await call(daemon, 'POST', '/images/prune?filters={"label":["step=1"]}');
});

test('each API version gets its own shape', async () => {
  const shape = async (version: string) => (await call(daemon, 'GET', `/v${version}/images/busybox/json`)).json();
  const [oldest, old, newest] = [await shape('1.43'), await shape('1.49'), await shape('1.50')];
  assert.ok('VirtualSize' in oldest && 'ContainerConfig' in oldest);
  assert.ok(!('VirtualSize' in old) && !('ContainerConfig' in old) && 'Hostname' in old.Config);
  assert.deepEqual(Object.keys(newest.Config).toSorted(), ['Cmd', 'Entrypoint', 'Env', 'Labels', 'OnBuild', 'User', 'Volumes', 'WorkingDir']);
  assert.ok('VirtualSize' in (await call(daemon, 'GET', '/v1.43/images/json')).json()[0]);
  assert.ok(!('VirtualSize' in (await list())[0]));
});

test('lists filter by reference, label, age and having no name', async () => {
  await imported('repo=filtered/one&tag=1&changes=LABEL%20l%3Dv', 'one');
  await new Promise((wake) => setTimeout(wake, 20));
  await imported('repo=filtered/two&tag=2', 'two');
  const nameless = await imported('', 'nameless');
  assert.deepEqual(await tagsOf({ reference: ['filtered/*'] }), ['filtered/one:1', 'filtered/two:2']);
  assert.deepEqual(await tagsOf({ reference: ['filtered/*:2'] }), ['filtered/two:2']);
  assert.deepEqual(await tagsOf({ label: ['l=v'] }), ['filtered/one:1']);
  assert.deepEqual(await tagsOf({ before: ['filtered/two:2'], reference: ['filtered/*'] }), ['filtered/one:1']);
  assert.deepEqual(await tagsOf({ since: ['filtered/one:1'], reference: ['filtered/*'] }), ['filtered/two:2']);
  assert.deepEqual((await list('filters={"dangling":["true"]}')).map((image: { Id: string }) => image.Id), [nameless]);
  assert.equal(errorOf(await call(daemon, 'GET', '/images/json?filters={"foo":["x"]}'), 400), "invalid filter 'foo'");
  assert.equal(errorOf(await call(daemon, 'GET', '/images/json?filters={"before":["ghost"]}'), 404), 'No such image: ghost:latest');
  const shared = await list('shared-size=1');
  assert.ok(shared.every((image: { SharedSize: number; Size: number }) => image.SharedSize >= 0 && image.SharedSize <= image.Size));
  assert.deepEqual((await call(daemon, 'POST', '/images/prune')).json().ImagesDeleted[0], { Deleted: nameless });
});

test('tags move and refuse, removal says what went', async () => {
  const id = await imported('repo=gone&tag=1', 'gone');
  assert.equal((await call(daemon, 'POST', '/images/gone:1/tag?repo=docker.io/library/gone&tag=2')).status, 201);
  assert.match(errorOf(await call(daemon, 'POST', '/images/gone:1/tag?repo=Bad&tag=2'), 400), /must be lowercase/);
  assert.equal(errorOf(await call(daemon, 'POST', '/images/ghost/tag?repo=x&tag=1'), 404), 'No such image: ghost:latest');
  assert.deepEqual((await call(daemon, 'DELETE', '/images/gone:1')).json(), [{ Untagged: 'gone:1' }]);
  const removed = (await call(daemon, 'DELETE', '/images/gone:2')).json();
  assert.deepEqual(removed.slice(0, 2), [{ Untagged: 'gone:2' }, { Deleted: id }]);
  assert.equal(removed.length, 3);
  assert.equal(errorOf(await call(daemon, 'DELETE', '/images/gone:2'), 404), 'No such image: gone:2');
});

test('save and load are each other\'s inverse; what is no image is told in the stream', async () => {
  const id = await imported('repo=ship&tag=1', 'ship');
  const directory = await mkdtemp(join(tmpdir(), 'naru-save-'));
  try {
    await daemon.ok('docker', ['save', '-o', join(directory, 'ship.tar'), 'ship:1']);
    assert.match(await ok('tar', ['-tf', join(directory, 'ship.tar')]), /^manifest\.json$/m);
    await call(daemon, 'DELETE', '/images/ship:1');
    assert.equal(await daemon.ok('docker', ['load', '-i', join(directory, 'ship.tar')]), 'Loaded image: ship:1');
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
  assert.equal((await call(daemon, 'GET', '/images/ship:1/json')).json().Id, id);
  assert.equal(errorOf(await call(daemon, 'GET', '/images/get?names=ghost'), 404), 'No such image: ghost');
  const bad = await call(daemon, 'POST', '/images/load', Buffer.from('not a tar'));
  assert.deepEqual([bad.status, bad.lines()], [200, [{ errorDetail: { message: 'unexpected EOF' }, error: 'unexpected EOF' }]]);
});

test('a container becomes an image with its history', async () => {
  await daemon.ok('docker', ['run', '--name', 'author', 'busybox', 'sh', '-c', 'echo data > /data']);
  const query = 'container=author&repo=written&tag=1&author=me&comment=msg&changes=CMD%20cat%20%2Fdata';
  const { Id } = (await call(daemon, 'POST', `/commit?${query}`)).json();
  assert.equal(await daemon.ok('docker', ['run', '--rm', 'written:1']), 'data');
  const [newest, base] = (await call(daemon, 'GET', '/images/written:1/history')).json();
  assert.deepEqual([newest.Id, newest.CreatedBy, newest.Comment, newest.Tags, newest.Size], [Id, 'sh -c echo data > /data', 'msg', ['written:1'], 5]);
  assert.deepEqual(base.Tags, ['busybox:latest']);
  const removed = await call(daemon, 'DELETE', '/images/busybox');
  assert.match(errorOf(removed, 409), /^conflict: unable to remove repository reference "busybox" \(must force\) - container [0-9a-f]{12} is using its referenced image [0-9a-f]{12}$/);
});

test('pushing what is not here is told in the stream, pulling from nowhere as an error', async () => {
  const push = (await call(daemon, 'POST', '/images/localhost:1/x/push?tag=1', undefined, { 'X-Registry-Auth': 'e30=' })).lines();
  assert.deepEqual(push.map((line) => line.status ?? line.error), ['The push refers to repository [localhost:1/x]', 'An image does not exist locally with the tag: localhost:1/x']);
  const pull = await call(daemon, 'POST', '/images/create?fromImage=localhost:1/x&tag=1');
  assert.equal(errorOf(pull, 500), 'Get "http://localhost:1/v2/": dial tcp 127.0.0.1:1: connect: connection refused');
  assert.equal(errorOf(await call(daemon, 'POST', '/images/create?fromImage=scratch'), 400), "'scratch' is a reserved name");
});

const builds = () => readdirSync(join(daemon.directory, 'data/tmp'));

test('a build reads its context from the request, plain or compressed, and leaves none of it', async () => {
  const context = await tarOf(file('Dockerfile', 'FROM busybox\nCOPY f /f\nCMD ["cat", "/f"]\n'), file('f', 'from the context\n'));
  for (const body of [context, gzipSync(context)]) {
    const lines = (await call(daemon, 'POST', '/build?t=built:1', body)).lines();
    assert.match(lines.at(-1).stream, /^Successfully tagged built:1\n$/);
    assert.match(lines.at(-3).aux.ID, /^sha256:/);
  }
  assert.equal(await daemon.ok('docker', ['run', '--rm', 'built:1']), 'from the context');
  const quiet = (await call(daemon, 'POST', '/build?q=1&t=built:1', context)).lines();
  assert.deepEqual(quiet.map((line) => Object.keys(line)), [['stream']]);
  assert.deepEqual(builds(), []);
});

test('a context that wants out of its directory is kept inside', async () => {
  const canary = join(daemon.directory, 'canary');
  const dockerfile = file('Dockerfile', 'FROM busybox\nCOPY . /c\n');
  const climbing = await call(daemon, 'POST', '/build', await tarOf(file('Dockerfile', 'FROM busybox\nCOPY canary /c\n'), file('../../../../canary', 'x')));
  assert.match(climbing.text, /Successfully built/);
  const link: TarEntry = { member: { name: 'out', type: 'symlink', mode: 0o777, linkname: daemon.directory } };
  await call(daemon, 'POST', '/build', await tarOf(dockerfile, link, file('out/canary', 'x')));
  await call(daemon, 'POST', '/build', await tarOf(dockerfile, file(canary, 'x')));
  assert.equal(existsSync(canary), false);
  assert.deepEqual(builds(), []);
});

test('host-gateway stands for the host in a build too', async () => {
  const context = await tarOf(file('Dockerfile', 'FROM busybox\nRUN cat /etc/hosts\n'));
  const [{ Gateway: gateway }] = (await call(daemon, 'GET', '/networks/bridge')).json().IPAM.Config;
  const told = (await call(daemon, 'POST', '/build?nocache=1&extrahosts=outside:host-gateway&extrahosts=there:192.0.2.9', context)).text;
  for (const line of [`${gateway}\\toutside`, '192.0.2.9\\tthere']) assert.ok(told.includes(line), told);
});

test('what a build cannot be is an error before it begins', async () => {
  const build = async (query: string, text: string) => call(daemon, 'POST', `/build?${query}`, await tarOf(file('Dockerfile', text)));
  assert.equal(errorOf(await build('', 'FROM busybox\nBAD x\n'), 400), 'dockerfile parse error on line 2: unknown instruction: BAD (did you mean ADD?)');
  assert.equal(errorOf(await build('version=2', 'FROM busybox\n'), 400), 'buildkit not supported by daemon');
  assert.equal(errorOf(await build('dockerfile=nope', 'FROM busybox\n'), 500), 'Cannot locate specified Dockerfile: nope');
  assert.match(errorOf(await build('remote=ftp://x', ''), 500), /could not be recognized as URL/);
  assert.equal(errorOf(await build('remote=http://127.0.0.1:1/x', ''), 500), 'error downloading remote context http://127.0.0.1:1/x: Get "http://127.0.0.1:1/x": dial tcp 127.0.0.1:1: connect: connection refused');
  assert.match(errorOf(await build('remote=git://127.0.0.1:1/x', ''), 500), /^error fetching: fatal: unable to connect to 127\.0\.0\.1:\n[^]*: exit status 128$/);
  const failed = (await build('', 'FROM busybox\nRUN exit 3\n')).lines().at(-1);
  assert.deepEqual(failed.errorDetail, { code: 3, message: "The command '/bin/sh -c exit 3' returned a non-zero code: 3" });
  const refused = async (query: string, text: string): Promise<string> => (await call(daemon, 'POST', `/build?nocache=1&${query}`, await tarOf(file('Dockerfile', text), file('a', 'x'), file('d/b', 'y')))).lines().at(-1).errorDetail?.message;
  assert.equal(await refused('memory=1048576', 'FROM busybox\nRUN true\n'), 'Minimum memory limit allowed is 6MB');
  assert.match(await refused('cpusetcpus=4096', 'FROM busybox\nRUN true\n'), /^Requested CPUs are not available - requested 4096, available: 0/);
  assert.deepEqual(
    [await refused('', 'FROM busybox\nRUN touch /f\nCOPY a /f/\n'), await refused('', 'FROM busybox\nRUN touch /f\nCOPY a /f/b\n'), await refused('', 'FROM busybox\nRUN touch /f\nCOPY d /f\n')],
    ['failed to create new directory: mkdir /f/', 'lstat /f/b', 'failed to copy directory: mkdir /f'].map((why) => `failed to copy files: ${why}: not a directory`),
  );
  assert.equal(await refused('', 'FROM busybox\nCOPY a[ /x/\n'), 'COPY failed: no source files were specified');
  assert.deepEqual((await call(daemon, 'POST', '/build/prune')).json(), { CachesDeleted: null, SpaceReclaimed: 0 });
});
