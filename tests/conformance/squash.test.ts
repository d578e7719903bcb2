/** `docker build --squash` on the real rooms: one layer above FROM, the same files. Needs root and the compiled shim. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { after, before, describe, it } from 'node:test';
import { readTar } from '#base';
import { BuildWorld, holding, shimPath } from '../support/build-world.ts';
const skip = process.getuid?.() !== 0 ? 'overlay mounts and containers need root' : existsSync(shimPath) ? false : 'the shim is not compiled';

/** Everything that a later layer may do to an earlier one, or to what FROM has. */
const steps = `RUN mkdir -p /d/sub && echo a > /d/a && echo b > /d/b && echo s > /d/sub/s && echo big > /gone && ln /d/a /d/hard && chmod 600 /d/b
RUN rm /gone /d/b && echo c > /d/c && rm /given/one && ln /d/c /d/c2
RUN rm -r /given/tree && mkdir /given/tree && echo only > /given/tree/only
RUN rm -r /d/sub && mkdir -m 700 /d/sub && echo new > /d/sub/new && ln -s new /d/sub/link
RUN rm -r /given/turned && echo file > /given/turned
RUN rm /given/turned && mkdir /given/turned && echo again > /given/turned/again
RUN rm -r /d/sub/new && mkdir /d/sub/new && chown 7:8 /d/sub/new && rm -r /given/left && mkdir /passing && rmdir /passing
CMD ["x"]
LABEL a=b
`;

describe('a squashed build', { skip }, () => {
  let world: BuildWorld;
  before(async () => {
    world = await BuildWorld.open();
  });
  after(() => world[Symbol.asyncDispose]());

  const listing = (image: Awaited<ReturnType<BuildWorld['build']>>) =>
    world.look(image, (root) => execFileSync('sh', ['-c', 'find . -type d -printf "%p %m %U %G\\n" -o -printf "%p %y %m %U %G %l %n\\n" | sort; find . -type f -exec cksum {} + | sort'], { cwd: root, encoding: 'utf8' }));

  it('has the base\'s layers and one, the same files, and tells what it was', async () => {
    const base = await world.build(holding({ Dockerfile: 'FROM busybox\nRUN mkdir -p /given/tree /given/turned /given/left && echo 1 > /given/one && echo 2 > /given/tree/two && echo 3 > /given/turned/three && echo 4 > /given/left/four\n' }), { tags: ['given'] });
    const whole = await world.build(holding({ Dockerfile: `FROM given\n${steps}` }));
    const squashed = await world.build(holding({ Dockerfile: `FROM given\n${steps}` }), { squash: true, tags: ['small'] });
    assert.equal(await listing(squashed), await listing(whole));
    const { rootfs, history = [], config } = squashed.config;
    assert.deepEqual(rootfs.diff_ids.slice(0, -1), base.config.rootfs.diff_ids);
    assert.equal(squashed.parent, undefined);
    assert.deepEqual([config?.Cmd, config?.Labels], [['x'], { a: 'b' }]);
    assert.equal(history.at(-1)?.comment, `merge ${whole.id} to ${base.id}`);
    const own = history.slice(base.config.history?.length, -1);
    assert.deepEqual([own.length, own.every(({ empty_layer }) => empty_layer)], [9, true]);
    assert.equal(history.filter(({ empty_layer }) => !empty_layer).length, rootfs.diff_ids.length);
    assert.ok(world.text.endsWith(`Successfully built ${squashed.id.slice(7, 19)}\nSuccessfully tagged small:latest\n`), world.text);
    assert.equal(world.images.lookup(whole.id)?.id, whole.id, 'what was built stays');
    const names = await layerNames(squashed);
    assert.deepEqual(names.filter((name) => /gone|passing|^d\/b$/.test(name)), [], 'what came and went is nowhere in it');
    assert.ok(names.includes('given/.wh.one') && names.includes('given/.wh.left'), names.join(' '));
    assert.deepEqual(await world.leftovers(), []);
  });

  it('without a base is made new; without files of its own it has no layer more', async () => {
    const context = holding({ Dockerfile: 'FROM scratch\nCOPY a /a\nCOPY b /a\n', a: 'a', b: 'b' });
    const whole = await world.build(context);
    const squashed = await world.build(context, { squash: true });
    assert.deepEqual([squashed.config.rootfs.diff_ids.length, squashed.config.history?.at(-1)?.comment], [1, `create new from ${whole.id}`]);
    assert.deepEqual(await layerNames(squashed), ['a']);
    const bare = await world.build(holding({ Dockerfile: 'FROM busybox\nCMD ["y"]\n' }), { squash: true });
    assert.equal(bare.config.rootfs.diff_ids.length, 1);
    assert.equal(bare.config.history?.at(-1)?.empty_layer, true);
  });

  async function layerNames(image: Awaited<ReturnType<BuildWorld['build']>>): Promise<string[]> {
    const last = image.config.rootfs.diff_ids.at(-1)?.slice('sha256:'.length) ?? '';
    for await (const { header, body } of readTar(world.images.save([image.id]))) {
      if (!header.name.endsWith(last)) continue;
      return (await Array.fromAsync(readTar(body()))).map(({ header: { name } }) => name);
    }
    throw new Error(`no layer ${last}`);
  }
});
