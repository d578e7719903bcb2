/** The two forms that `bin/naru` and `bin/naru-runtime` can start in, and what of a start must not be the build's. Needs no root. */
import assert from 'node:assert/strict';
import { realpathSync } from 'node:fs';
import { link, mkdtemp, readFile, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { describe, test } from 'node:test';
import { dropCodeCaches } from '../../scripts/code-caches.ts';
import { root, run } from '../support/command.ts';

const nowhere = { DOCKER_HOST: 'unix:///nonexistent/docker.sock' };

describe('single executables', { concurrency: true }, () => {
  for (const name of ['naru', 'naru-runtime']) {
    const executable = realpathSync(join(root, 'bin', name));
    const loader = join(dirname(executable), 'start.cjs');

    test(`bin/${name} brings no code of builtins along`, async () => {
      assert.match((await run(executable, ['--version'], { env: { ...nowhere, NODE_DEBUG_NATIVE: 'CODE_CACHE' } })).stderr, /^snapshot contains 0 code cache$/m);
    });

    test(`bin/${name} brings no code along that only its build has run`, async () => {
      const { size } = await stat(executable);
      const { size: node } = await stat(process.execPath);
      assert.ok(size - node < 8.6e6, `${size - node} bytes more than Node`); // 4.1 MB of them are the builtins' code, which no start reads; of all that had run it were 0.8 MB more
    });

    test(`bin/${name} is one`, () => assert.equal(executable, join(realpathSync(root), 'dist', name, name)));

    for (const words of [['--version'], ['--help'], ['ps', '--help'], ['update', '--help'], ['state', 'not-there'], ['features'], ['no-such-command'], ['inspect', 'not-there']]) {
      test(`${name} ${words.join(' ')} says the same by either`, async () => {
        const [one, other] = await Promise.all([run(executable, words, { env: nowhere }), run(loader, words, { env: nowhere })]);
        const timeless = (text: string) => text.replace(/time="[^"]*"/g, '').replaceAll('start.cjs', name);
        assert.deepEqual({ ...one, stderr: timeless(one.stderr) }, { ...other, stderr: timeless(other.stderr) });
      });
    }
  }

  test('a copy of the executable alone finds what it loads where it was built', async () => {
    const directory = await mkdtemp(join(root, 'dist', 'copied-')); // a link is as good as a copy, on the same file system
    try {
      const copy = join(directory, 'runc');
      await link(realpathSync(join(root, 'bin', 'naru-runtime')), copy);
      await writeFile(join(directory, 'main.js'), 'somebody else\'s');
      assert.match((await run(copy, ['events', 'not-there'])).stderr, /container does not exist/); // no part of the snapshot
    } finally {
      await rm(directory, { recursive: true });
    }
  });

  test('an executable whose snapshot lies otherwise stays as it is', async () => {
    const directory = await mkdtemp(join(tmpdir(), 'naru-executable-'));
    try {
      const file = join(directory, 'executable');
      const main = '/main.cjs';
      for (const text of ['', main, `a path${main} of something else`]) {
        await writeFile(file, text);
        assert.throws(() => dropCodeCaches(file, main), /no snapshot where Node 26 has it/);
        assert.equal(await readFile(file, 'utf8'), text);
      }
      const head = Buffer.from(`20da430113000000${'0000'}09${'00'.repeat(7)}`, 'hex');
      const snapshot = Buffer.concat([Buffer.from('19da4301', 'hex'), Buffer.alloc(1000, 7)]);
      const length = Buffer.alloc(8);
      length.writeUInt32LE(snapshot.length);
      const whole = Buffer.concat([head, Buffer.from(main), length, snapshot]);
      await writeFile(file, whole);
      assert.throws(() => dropCodeCaches(file, main), /no code caches at the end of the snapshot/);
      assert.deepEqual(await readFile(file), whole);
    } finally {
      await rm(directory, { recursive: true, force: true });
    }
  });

  test('of an executable with code caches their number alone is another, also where its script\'s path stands elsewhere', async () => {
    const directory = await mkdtemp(join(tmpdir(), 'naru-executable-'));
    try {
      const file = join(directory, 'executable');
      const counted = (bytes: string | Buffer): Buffer => {
        const length = Buffer.alloc(8);
        length.writeUInt32LE(bytes.length);
        return Buffer.concat([length, Buffer.from(bytes)]);
      };
      const caches = Array.from({ length: 120 }, (_, i) => Buffer.concat([counted(`internal/builtin-${i}`), counted(Buffer.alloc(i, 7))]));
      const withNumber = (number: number): Buffer => {
        const count = Buffer.alloc(8);
        count.writeUInt32LE(number);
        const snapshot = Buffer.concat([Buffer.from('19da4301', 'hex'), Buffer.alloc(1000, 7), count, ...caches]);
        return Buffer.concat([counted('/main.cjs'), Buffer.from('/main.cjs 20da4301'), Buffer.from('20da4301130000000000', 'hex'), counted('/main.cjs'), counted(snapshot), Buffer.from('the rest')]);
      };
      await writeFile(file, withNumber(120));
      dropCodeCaches(file, '/main.cjs');
      assert.deepEqual(await readFile(file), withNumber(0));
      assert.throws(() => dropCodeCaches(file, '/main.cjs'), /no code caches at the end of the snapshot/); // a second time
      assert.deepEqual(await readFile(file), withNumber(0));
    } finally {
      await rm(directory, { recursive: true, force: true });
    }
  });

  test('directory, environment and the name it is called by are those of the start', async () => {
    const directory = await mkdtemp(join(tmpdir(), 'naru-executable-'));
    try {
      const docker = join(directory, 'docker');
      await symlink(join(root, 'bin', 'naru'), docker);
      const { stdout } = await run('docker', ['--help'], { env: { ...nowhere, PATH: directory } });
      assert.match(stdout, /Usage: {2}docker \[OPTIONS\] COMMAND/);
      const { code } = await run(join(root, 'bin', 'naru-runtime'), ['spec'], { cwd: directory });
      assert.equal(code, 0);
      const again = await run(join(root, 'bin', 'naru-runtime'), ['spec'], { cwd: directory });
      assert.match(again.stderr, new RegExp(`File config.json exists|File ${directory}/config.json exists`));
    } finally {
      await rm(directory, { recursive: true, force: true });
    }
  });

  test("what is Node's in the environment or among the words is not Node's here", async () => {
    const env = { ...nowhere, NODE_OPTIONS: '--require /not/there.js' };
    assert.equal((await run(join(root, 'bin', 'naru'), ['--version'], { env })).code, 0);
    assert.equal((await run(join(root, 'bin', 'naru-runtime'), ['--version'], { env })).code, 0);
    const { stderr } = await run(join(root, 'bin', 'naru'), ['run', '--env-file', '/not/there', 'image'], { env });
    assert.match(stderr, /^naru: open \/not\/there: no such file or directory\n/);
  });
});
