/** The classic builder on the real rooms: overlay snapshots, containers, layers. Needs root and the compiled shim. */
import assert from 'node:assert/strict';
import {
  chmodSync, chownSync, existsSync, lstatSync, readFileSync, readdirSync, readlinkSync, symlinkSync, utimesSync, writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { gzipSync } from 'node:zlib';
import { readTar, writeTar, type TarEntry } from '#base';
import { BuildWorld, holding, shimPath } from '../support/build-world.ts';
const skip = process.getuid?.() !== 0 ? 'overlay mounts and containers need root' : existsSync(shimPath) ? false : 'the shim is not compiled';

describe('the classic builder on the real rooms', { skip }, () => {
  let world: BuildWorld;
  before(async () => {
    world = await BuildWorld.open();
  });
  after(() => world[Symbol.asyncDispose]());

  it('RUN: what a command changes is the layer, no more', async () => {
    const dockerfile = `FROM busybox
ARG who=world
WORKDIR /work/deep
RUN echo "hello $who in $PWD as $(id -un)" > out && chmod 4755 out && ln -s out link && rm /bin/vi
USER nobody
RUN ["/bin/sh", "-c", "id -u > /tmp/uid; hostname"]
RUN true
`;
    const image = await world.build(holding({ Dockerfile: dockerfile }));
    assert.match(world.text, / ---> Running in ([0-9a-f]{12})\n\1\n/);
    assert.deepEqual(image.config.history?.slice(1).map((entry) => entry.empty_layer ?? false), [true, false, false, true, false, true]);
    await world.look(image, (root) => {
      assert.equal(readFileSync(join(root, 'work/deep/out'), 'utf8'), 'hello world in /work/deep as root\n');
      assert.equal(lstatSync(join(root, 'work/deep/out')).mode & 0o7777, 0o4755);
      assert.equal(readlinkSync(join(root, 'work/deep/link')), 'out');
      assert.equal(readFileSync(join(root, 'tmp/uid'), 'utf8'), '65534\n');
      assert.ok(!readdirSync(join(root, 'bin')).includes('vi'));
      assert.deepEqual(readdirSync(join(root, 'etc')).toSorted(), ['group', 'passwd']);
    });
    assert.deepEqual(await world.leftovers(), []);
    const again = await world.build(holding({ Dockerfile: dockerfile }));
    assert.equal(again.id, image.id);
    assert.equal(world.text.match(/Using cache/g)?.length, 6);
  });

  it('a failing command tells its code, in red what it said, and leaves nothing', async () => {
    const before = world.images.list().length;
    await assert.rejects(world.build(holding({ Dockerfile: 'FROM busybox\nRUN nosuchcmd\n' })), {
      message: "The command '/bin/sh -c nosuchcmd' returned a non-zero code: 127",
      exitCode: 127,
    });
    assert.ok(world.text.endsWith('\n\u001b[91m/bin/sh: nosuchcmd: not found\n\u001b[0m'), world.text);
    await assert.rejects(world.build(holding({ Dockerfile: 'FROM busybox\nRUN ["nosuchcmd"]\n' })), (error: Error) => {
      assert.match(error.message, /^failed to create task for container: .* exec: "nosuchcmd": executable file not found in \$PATH/);
      return !('exitCode' in error);
    });
    assert.deepEqual([await world.leftovers(), world.images.list().length], [[], before]);
  });

  it('a cancelled build ends its command', async () => {
    const abort = new AbortController();
    const building = world.build(holding({ Dockerfile: 'FROM busybox\nRUN echo up; sleep 100\n' }), { signal: abort.signal });
    while (!world.text.includes('\nup\n')) await new Promise((resolve) => setTimeout(resolve, 5));
    abort.abort();
    await assert.rejects(building, { message: 'Build cancelled' });
    assert.deepEqual(await world.leftovers(), []);
  });

  it('COPY keeps modes, times and links, takes owners away, stays inside the image', async () => {
    const image = await world.build((context) => {
      holding({
        Dockerfile: 'FROM busybox\nRUN ln -s /inside /out && mkdir /inside && ln -s ../../../../.. /up\nCOPY d /out/\nCOPY --chown=nobody:wheel d/f /up/owned\nCOPY d/soft /followed\n',
        'd/f': 'x',
        'd/sub/g': 'y',
      })(context);
      chmodSync(join(context, 'd/f'), 0o640);
      chownSync(join(context, 'd/f'), 12, 34);
      symlinkSync('f', join(context, 'd/soft'));
      utimesSync(join(context, 'd/f'), 1000, 1000);
    });
    await world.look(image, (root) => {
      const { mode, uid, gid, mtimeMs } = lstatSync(join(root, 'inside/f'));
      assert.deepEqual([mode & 0o7777, uid, gid, mtimeMs], [0o640, 0, 0, 1_000_000]);
      assert.equal(readlinkSync(join(root, 'inside/soft')), 'f');
      assert.equal(readFileSync(join(root, 'inside/sub/g'), 'utf8'), 'y');
      assert.deepEqual([lstatSync(join(root, 'owned')).uid, lstatSync(join(root, 'owned')).gid], [65534, 10]);
      assert.equal(readFileSync(join(root, 'followed'), 'utf8'), 'x');
    });
    assert.deepEqual(await world.leftovers(), []);
  });

  it('COPY --from keeps owners and hard links, of a stage or an image', async () => {
    const dockerfile = `FROM busybox AS made
RUN mkdir /m && echo 1 > /m/a && ln /m/a /m/b && chown nobody:wheel /m/a && mkfifo /m/pipe
FROM scratch
COPY --from=made /m /m
COPY --from=busybox /etc/passwd /p
`;
    const image = await world.build(holding({ Dockerfile: dockerfile }));
    await world.look(image, (root) => {
      const [a, b] = [lstatSync(join(root, 'm/a')), lstatSync(join(root, 'm/b'))];
      assert.deepEqual([a.uid, a.gid, a.ino === b.ino], [65534, 10, true]);
      assert.ok(lstatSync(join(root, 'm/pipe')).isFIFO());
      assert.deepEqual(readdirSync(root).toSorted(), ['m', 'p']);
    });
  });

  it('ADD unpacks archives, and what they name stays below', async () => {
    const tar = async (entries: TarEntry[]): Promise<Buffer> => Buffer.concat(await Array.fromAsync(writeTar(entries)));
    const good = await tar([
      { member: { name: './', type: 'directory', mode: 0o700, uid: 9 } },
      { member: { name: 'bin/', type: 'directory', mode: 0o755 } },
      { member: { name: 'bin/tool', type: 'file', mode: 0o755, uid: 5, gid: 6 }, body: 'tool' },
      { member: { name: 'etc/', type: 'directory', mode: 0o755 } },
      { member: { name: 'away', type: 'symlink', linkname: '/etc' } },
      { member: { name: 'away/passwd2', type: 'file', mode: 0o644 }, body: 'x' },
    ]);
    const climbing = await tar([{ member: { name: '../../escaped', type: 'file', mode: 0o644 }, body: 'x' }]);
    const image = await world.build((context) => {
      holding({ Dockerfile: 'FROM busybox\nADD good.tgz /opt/\nADD plain /opt/\n', plain: 'no archive' })(context);
      writeFileSync(join(context, 'good.tgz'), gzipSync(good));
    });
    await world.look(image, (root) => {
      assert.equal(readFileSync(join(root, 'opt/bin/tool'), 'utf8'), 'tool');
      assert.deepEqual([lstatSync(join(root, 'opt/bin/tool')).uid, lstatSync(join(root, 'opt')).uid, lstatSync(join(root, 'opt')).mode & 0o777], [5, 0, 0o755]);
      assert.equal(readFileSync(join(root, 'opt/plain'), 'utf8'), 'no archive');
      assert.deepEqual(readdirSync(join(root, 'opt/etc')), ['passwd2']);
    });
    assert.ok(!existsSync('/etc/passwd2'));
    await assert.rejects(
      world.build((context) => {
        holding({ Dockerfile: 'FROM busybox\nADD bad.tar /opt/' })(context);
        writeFileSync(join(context, 'bad.tar'), climbing);
      }),
      /outside of/,
    );
    assert.deepEqual(await world.leftovers(), []);
  });

  it('what a command writes into a volume is not kept, what was there is', async () => {
    const dockerfile = 'FROM busybox\nRUN mkdir /data && echo base > /data/kept\nVOLUME /data\nRUN echo x > /data/lost; rm /data/kept; echo y > /seen\n';
    const image = await world.build(holding({ Dockerfile: dockerfile }));
    await world.look(image, (root) => assert.deepEqual([readdirSync(join(root, 'data')), existsSync(join(root, 'seen'))], [['kept'], true]));
  });

  it('a thousand files go to a worker thread and arrive', async () => {
    const image = await world.build((context) => {
      const files = Object.fromEntries(Array.from({ length: 1000 }, (_, index) => [`many/${index % 10}/${index}`, String(index)]));
      holding({ ...files, Dockerfile: 'FROM scratch\nCOPY many /many\n' })(context);
    });
    await world.look(image, (root) => assert.equal(readdirSync(join(root, 'many'), { recursive: true }).length, 1010));
  });

  it('a built image can be shipped', async () => {
    const image = await world.build(holding({ Dockerfile: 'FROM busybox\nCOPY f /f\nRUN echo 1 > /g\n', f: '1' }));
    const tar = await Array.fromAsync(world.images.save([image.id]));
    const names = (await Array.fromAsync(readTar(async function* () { yield* tar; }()))).map(({ header }) => header.name);
    for (const diff of image.config.rootfs.diff_ids) assert.ok(names.some((name) => name.endsWith(diff.slice('sha256:'.length))), `${diff} in ${names.join(' ')}`);
  });
});
