/** What programs do through dockerode, each check against a daemon that has `busybox:latest`. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { setTimeout as pause } from 'node:timers/promises';
import { PassThrough } from 'node:stream';
import { buffer, text } from 'node:stream/consumers';
import { createGzip } from 'node:zlib';
import Docker from 'dockerode';
import { extract, pack } from 'tar-stream';

/** @param {string} socketPath @returns {Docker} */
export function connect(socketPath) {
  return new Docker({ socketPath });
}

/** @type {Record<string, (docker: Docker, registry: string) => Promise<void>>} */
export const checks = {
  async 'a container lives and dies'(docker) {
    const container = await docker.createContainer({ Image: 'busybox', Cmd: ['sh', '-c', 'exit 7'], name: 'ode-life', Labels: { ode: '1' }, Env: ['A=1'] });
    assert.equal((await container.inspect()).State.Status, 'created');
    await container.start();
    assert.deepEqual(await container.wait(), { StatusCode: 7 });
    const info = await container.inspect();
    assert.equal(info.State.ExitCode, 7);
    assert.equal(info.Name, '/ode-life');
    assert.ok(info.Config.Env.includes('A=1'));
    const listed = await docker.listContainers({ all: true, filters: { label: ['ode=1'], exited: ['7'] } });
    assert.deepEqual(listed.map(({ Id }) => Id), [container.id]);
    await container.rename({ name: 'ode-renamed' });
    await docker.getContainer('ode-renamed').remove();
    await assert.rejects(container.inspect(), { statusCode: 404, message: /no such container: No such container: [0-9a-f]{64}|No such container: [0-9a-f]{64}/i });
  },

  async 'start twice, stop twice, remove while running'(docker) {
    const container = await docker.createContainer({ Image: 'busybox', Cmd: ['sleep', '100'], StopTimeout: 1 });
    await container.start();
    await assert.rejects(container.start(), { statusCode: 304 });
    await assert.rejects(container.remove(), { statusCode: 409 });
    await container.pause();
    assert.equal((await container.inspect()).State.Status, 'paused');
    await container.unpause();
    await container.update({ Memory: 64 << 20, MemorySwap: 128 << 20 });
    assert.equal((await container.inspect()).HostConfig.Memory, 64 << 20);
    await container.restart({ t: 0 });
    await container.stop({ t: 0 });
    await assert.rejects(container.stop(), { statusCode: 304 });
    assert.equal((await container.inspect()).State.ExitCode, 137);
    await container.remove({ v: true });
  },

  async 'attach: stdin to stdout and stderr, apart'(docker) {
    const container = await docker.createContainer({
      Image: 'busybox', Cmd: ['sh', '-c', 'cat; echo done >&2'],
      AttachStdin: true, AttachStdout: true, AttachStderr: true, OpenStdin: true, StdinOnce: true,
    });
    const stream = await container.attach({ stream: true, hijack: true, stdin: true, stdout: true, stderr: true });
    const [stdout, stderr] = [new PassThrough(), new PassThrough()];
    docker.modem.demuxStream(stream, stdout, stderr);
    await container.start();
    const ended = once(stream, 'end');
    stream.write('hello\n');
    stream.end();
    await ended;
    stdout.end();
    stderr.end();
    assert.equal(await text(stdout), 'hello\n');
    assert.equal(await text(stderr), 'done\n');
    await container.remove({ force: true });
  },

  async 'run: a terminal, and its window'(docker) {
    const output = new PassThrough();
    const [{ StatusCode }, container] = await docker.run('busybox', ['sh', '-c', 'tty; stty size'], output, { Tty: true, HostConfig: { ConsoleSize: [33, 101] } });
    assert.equal(StatusCode, 0);
    output.end();
    assert.equal(await text(output), '/dev/pts/0\r\n33 101\r\n');
    await container.remove();
  },

  async 'exec: hijacked, with exit code; detached; on a terminal'(docker) {
    await withSleeper(docker, async (container) => {
      const exec = await container.exec({ Cmd: ['sh', '-c', 'cat; echo $X >&2; exit 3'], Env: ['X=y'], AttachStdin: true, AttachStdout: true, AttachStderr: true });
      const stream = await exec.start({ hijack: true, stdin: true });
      const [stdout, stderr] = [new PassThrough(), new PassThrough()];
      docker.modem.demuxStream(stream, stdout, stderr);
      const ended = once(stream, 'end');
      stream.end('typed');
      await ended;
      stdout.end();
      stderr.end();
      assert.equal(await text(stdout), 'typed');
      assert.equal(await text(stderr), 'y\n');
      const after = await exec.inspect();
      assert.deepEqual([after.Running, after.ExitCode], [false, 3]);

      const plain = await container.exec({ Cmd: ['echo', 'plain'], AttachStdout: true });
      assert.equal((await buffer(await plain.start({}))).subarray(8).toString(), 'plain\n');

      const quiet = await container.exec({ Cmd: ['touch', '/touched'] });
      await quiet.start({ Detach: true });
      await until(async () => !(await quiet.inspect()).Running);

      const terminal = await container.exec({ Cmd: ['sh', '-c', 'test -e /touched && tty'], AttachStdout: true, Tty: true, User: 'nobody', WorkingDir: '/tmp' });
      assert.match(await text(await terminal.start({ Tty: true })), /^\/dev\/pts\/\d+\r\n$/);
      await assert.rejects(docker.getExec('0'.repeat(64)).inspect(), { statusCode: 404 });
    });
  },

  async 'logs: at once, by tail and time, and followed to the end'(docker) {
    const container = await docker.createContainer({ Image: 'busybox', Cmd: ['sh', '-c', 'echo one; echo two >&2; sleep 0.3; echo three'] });
    await container.start();
    const followed = await container.logs({ follow: true, stdout: true, stderr: true });
    const frames = await buffer(followed);
    assert.deepEqual(framesOf(frames).map(([, line]) => line).toSorted(), ['one\n', 'three\n', 'two\n']);
    const last = await container.logs({ stdout: true, stderr: true, tail: 1, timestamps: true });
    assert.match(framesOf(last)[0]?.[1] ?? '', /^\d{4}-\d\d-\d\dT[\d:.]+Z three\n$/);
    const late = await container.logs({ stdout: true, stderr: true, since: Math.floor(Date.now() / 1000) + 100 });
    assert.equal(late.length, 0);
    await container.remove();
  },

  async 'build: a context as a tar, its progress followed'(docker) {
    const context = pack();
    context.entry({ name: 'Dockerfile' }, 'FROM busybox\nARG V=0\nCOPY a.txt /\nRUN echo $V > /v\nLABEL v=$V\nCMD cat /a.txt /v\n');
    context.entry({ name: 'a.txt' }, 'content\n');
    context.finalize();
    const seen = await followed(docker, await docker.buildImage(context.pipe(createGzip()), { t: 'ode-built:1', buildargs: { V: '5' }, labels: { x: 'y' } }));
    assert.ok(seen.some(({ stream }) => stream?.startsWith('Successfully tagged ode-built:1')));
    assert.ok(seen.some(({ aux }) => /^sha256:[0-9a-f]{64}$/.test(aux?.ID ?? '')));
    assert.deepEqual((await docker.getImage('ode-built:1').inspect()).Config.Labels, { v: '5', x: 'y' });
    const output = new PassThrough();
    const [{ StatusCode }] = await docker.run('ode-built:1', [], output, { Tty: false, HostConfig: { AutoRemove: true } });
    assert.equal(StatusCode, 0);
    await docker.getImage('ode-built:1').remove();
  },

  async 'build: what fails says so in the stream'(docker) {
    const context = pack();
    context.entry({ name: 'Dockerfile' }, 'FROM busybox\nRUN exit 4\n');
    context.finalize();
    const stream = await docker.buildImage(context, {});
    const last = (await text(stream)).trim().split('\n').map((line) => JSON.parse(line)).at(-1);
    assert.deepEqual(last.errorDetail, { code: 4, message: "The command '/bin/sh -c exit 4' returned a non-zero code: 4" });
    assert.equal(last.error, last.errorDetail.message);
  },

  async 'images: tag, push, pull, history, list, save and load'(docker, registry) {
    const repo = `${registry}/ode/bb`;
    await docker.getImage('busybox').tag({ repo, tag: '1' });
    const pushed = await followed(docker, await docker.getImage(`${repo}:1`).push({ authconfig: { username: 'a', password: 'b' } }));
    assert.ok(pushed.some(({ aux }) => aux?.Tag === '1' && aux.Digest.startsWith('sha256:')));
    await docker.getImage(`${repo}:1`).remove();
    const pulled = await followed(docker, await docker.pull(`${repo}:1`));
    assert.ok(pulled.some(({ status }) => status?.startsWith('Digest: sha256:')));
    const [listed] = await docker.listImages({ filters: { reference: [`${repo}:1`] } });
    assert.deepEqual(listed?.RepoTags, [`${repo}:1`]);
    assert.equal((await docker.getImage(`${repo}:1`).inspect()).RepoDigests.length, 1);
    assert.ok((await docker.getImage(`${repo}:1`).history()).length > 0);
    const saved = await buffer(await docker.getImage(`${repo}:1`).get());
    await docker.getImage(`${repo}:1`).remove();
    const loaded = await followed(docker, await docker.loadImage(PassThrough.from([saved])));
    assert.ok(loaded.some(({ stream }) => stream?.includes(`Loaded image: ${repo}:1`)));
    await docker.getImage(`${repo}:1`).remove({ force: true });
    await assert.rejects(docker.getImage(`${repo}:1`).inspect(), { statusCode: 404 });
  },

  async 'events, as they happen'(docker) {
    const stream = await docker.getEvents({ filters: { type: ['container'], label: ['ode-event'] } });
    const container = await docker.createContainer({ Image: 'busybox', Cmd: ['true'], Labels: { 'ode-event': '1' } });
    await container.start();
    await container.wait();
    await container.remove();
    const heard = [];
    for await (const chunk of stream) {
      heard.push(...chunk.toString().trim().split('\n').map((line) => JSON.parse(line)));
      if (heard.some(({ Action }) => Action === 'destroy')) break;
    }
    assert.deepEqual(heard.map(({ Action }) => Action), ['create', 'start', 'die', 'destroy']);
    assert.equal(heard[2].Actor.Attributes.exitCode, '0');
  },

  async 'stats: once, and as a stream'(docker) {
    await withSleeper(docker, async (container) => {
      const once = await container.stats({ stream: false });
      assert.ok((once.memory_stats.usage ?? 0) > 0);
      assert.ok(once.cpu_stats.cpu_usage.total_usage > 0);
      assert.ok(once.networks?.eth0);
      const stream = await container.stats({ stream: true });
      for await (const chunk of stream) {
        assert.equal(JSON.parse(chunk.toString()).id, container.id);
        break;
      }
      const { Processes, Titles } = await container.top({ ps_args: '-ef' });
      assert.ok(Titles.includes('PID'));
      assert.deepEqual(Processes.map((columns) => columns.at(-1)), ['/sbin/docker-init -- sleep 100', 'sleep 100']);
    });
  },

  async 'archives: in, out, and what changed'(docker) {
    const container = await docker.createContainer({ Image: 'busybox', Cmd: ['sleep', '9'] });
    const archive = pack();
    archive.entry({ name: 'dir', type: 'directory' });
    archive.entry({ name: 'dir/file', mode: 0o640, uid: 12, gid: 34 }, 'inside');
    archive.finalize();
    await container.putArchive(archive, { path: '/tmp' });
    const entries = await entriesOf(await container.getArchive({ path: '/tmp/dir' }));
    assert.deepEqual(entries, [['dir/', ''], ['dir/file', 'inside']]);
    const { headers } = await new Promise((resolve, reject) => {
      container.infoArchive({ path: '/tmp/dir/file' }, (error, data) => (error ? reject(error) : resolve(data)));
    });
    assert.equal(JSON.parse(Buffer.from(headers['x-docker-container-path-stat'], 'base64').toString()).size, 6);
    assert.deepEqual((await container.changes()).map(({ Path }) => Path).toSorted(), ['/tmp', '/tmp/dir', '/tmp/dir/file']);
    await assert.rejects(container.getArchive({ path: '/none' }), { statusCode: 404 });
    const { Id } = await container.commit({ repo: 'ode-commit', tag: '2', comment: 'c', changes: 'CMD ["cat","/tmp/dir/file"]' });
    assert.deepEqual((await docker.getImage(Id).inspect()).Config.Cmd, ['cat', '/tmp/dir/file']);
    await docker.getImage('ode-commit:2').remove();
    assert.ok((await entriesOf(await container.export())).some(([name]) => name === 'tmp/dir/file'));
    await container.remove({ force: true });
  },

  async 'networks: made, joined, left, removed'(docker) {
    const network = await docker.createNetwork({ Name: 'ode-net', IPAM: { Config: [{ Subnet: '10.199.7.0/24' }] }, Labels: { a: 'b' } });
    await withSleeper(docker, async (container) => {
      await network.connect({ Container: container.id, EndpointConfig: { Aliases: ['friend'], IPAMConfig: { IPv4Address: '10.199.7.77' } } });
      const { Containers } = await network.inspect();
      assert.equal(Containers[container.id].IPv4Address, '10.199.7.77/24');
      assert.equal((await container.inspect()).NetworkSettings.Networks['ode-net'].IPAddress, '10.199.7.77');
      await assert.rejects(network.remove(), { statusCode: 403 });
      await network.disconnect({ Container: container.id });
    });
    assert.deepEqual((await docker.listNetworks({ filters: { label: ['a=b'] } })).map(({ Name }) => Name), ['ode-net']);
    await network.remove();
    await assert.rejects(network.inspect(), { statusCode: 404 });
  },

  async 'volumes: made, filled, pruned'(docker) {
    const volume = await docker.createVolume({ Name: 'ode-vol', Labels: { ode: 'v' } });
    assert.equal(volume.Name ?? volume.name, 'ode-vol');
    await docker.run('busybox', ['sh', '-c', 'echo kept > /v/f'], new PassThrough(), { HostConfig: { Binds: ['ode-vol:/v'], AutoRemove: true } });
    const output = new PassThrough();
    await docker.run('busybox', ['cat', '/v/f'], output, { Tty: true, HostConfig: { Mounts: [{ Type: 'volume', Source: 'ode-vol', Target: '/v', ReadOnly: true }], AutoRemove: true } });
    output.end();
    assert.equal(await text(output), 'kept\r\n');
    const { Volumes } = await docker.listVolumes({ filters: { label: ['ode=v'] } });
    assert.equal(Volumes?.length, 1);
    const pruned = await docker.pruneVolumes({ filters: { label: ['ode=v'], all: ['true'] } });
    assert.deepEqual(pruned.VolumesDeleted, ['ode-vol']);
  },

  async 'the system: ping, version, info, df, auth'(docker, registry) {
    assert.equal((await docker.ping()).toString(), 'OK');
    const version = await docker.version();
    assert.equal(version.Os, 'linux');
    const info = await docker.info();
    assert.equal(info.OSType, 'linux');
    // Asked without a version, the daemon answers in its newest: counts in the place of lists.
    const df = await docker.df();
    assert.ok(df.ImageUsage.TotalCount > 0);
    await docker.checkAuth({ username: 'a', password: 'b', serveraddress: `http://${registry}` });
  },

  async 'an aborted request leaves nothing'(docker) {
    const cancel = new AbortController();
    const container = await docker.createContainer({ Image: 'busybox', Cmd: ['sleep', '100'] });
    await container.start();
    const waiting = container.wait({ abortSignal: cancel.signal });
    await pause(50);
    cancel.abort();
    await assert.rejects(waiting);
    await container.remove({ force: true });
  },
};

async function withSleeper(docker, work) {
  const container = await docker.createContainer({ Image: 'busybox', Cmd: ['sleep', '100'], HostConfig: { Init: true } });
  try {
    await container.start();
    await work(container);
  } finally {
    await container.remove({ force: true });
  }
}

/** The messages of a progress stream, to its end. */
function followed(docker, stream) {
  return new Promise((resolve, reject) => {
    docker.modem.followProgress(stream, (error, messages) => (error ? reject(error) : resolve(messages)));
  });
}

/** The frames of a multiplexed stream. */
function framesOf(bytes) {
  const frames = [];
  for (let at = 0; at < bytes.length; ) {
    const size = bytes.readUInt32BE(at + 4);
    frames.push([bytes[at], bytes.subarray(at + 8, at + 8 + size).toString()]);
    at += 8 + size;
  }
  return frames;
}

async function entriesOf(stream) {
  const entries = [];
  const reader = extract().on('entry', (header, body, next) => {
    text(body).then((content) => entries.push([header.name, content])).then(() => next(), next);
  });
  stream.pipe(reader);
  await once(reader, 'finish');
  return entries;
}

async function until(condition) {
  for (let turn = 0; turn < 2400; turn++) {
    if (await condition()) return;
    await pause(50);
  }
  throw new Error('not within two minutes');
}
