import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { InvalidArgument } from '#base';
import type { ContainerSpec } from '#supervisor';
import { Bench, short } from './bench.ts';
import type { Program } from './fakes.ts';

const base = { 'etc/passwd': 'root:x:0:0::/:\n', 'bin/sh': 'x' };

async function onBase(program?: Program, config = {}): Promise<Bench> {
  const bench = new Bench(program);
  await bench.images.add('base', base, config);
  return bench;
}

const writesA: Program = ({ root }) => {
  writeFileSync(join(root, 'a'), '1');
  return 0;
};

describe('what a build prints', () => {
  test('steps, containers, images, tags', async () => {
    using bench = await onBase(writesA, { Cmd: ['sh'] });
    const dockerfile = 'FROM base\nARG V=1\nENV A=$V\nRUN echo $A > /a\nCOPY f.txt /f.txt\nLABEL led=1\nCMD ["cat","/a"]\n';
    const image = await bench.build({ Dockerfile: dockerfile, 'f.txt': 'x' }, { tags: ['one:1', 'one:1', 'reg:5000/two'], buildArgs: { V: '7' }, labels: { q: '1' } });
    assert.equal(bench.text, `Step 1/8 : FROM base
 ---> ID
Step 2/8 : ARG V=1
 ---> Running in ID
 ---> Removed intermediate container ID
 ---> ID
Step 3/8 : ENV A=$V
 ---> Running in ID
 ---> Removed intermediate container ID
 ---> ID
Step 4/8 : RUN echo $A > /a
 ---> Running in ID
 ---> Removed intermediate container ID
 ---> ID
Step 5/8 : COPY f.txt /f.txt
 ---> ID
Step 6/8 : LABEL led=1
 ---> Running in ID
 ---> Removed intermediate container ID
 ---> ID
Step 7/8 : CMD ["cat","/a"]
 ---> Running in ID
 ---> Removed intermediate container ID
 ---> ID
Step 8/8 : LABEL q=1
 ---> Running in ID
 ---> Removed intermediate container ID
 ---> ID
aux {"ID":"DIGEST"}
Successfully built ID
Successfully tagged one:1
Successfully tagged reg:5000/two:latest
`);
    assert.equal(bench.images.find('one:1').id, image.id);
    assert.ok(bench.raw.includes(`Successfully built ${short(image.id)}\n`));
    assert.deepEqual(bench.leftovers(), []);
  });

  test('the history tells each step as Docker does', async () => {
    using bench = await onBase();
    const image = await bench.build({ Dockerfile: 'FROM base\nCOPY f /f\nCOPY --link --chmod=600 f /g\nADD f /h\nCMD ["x"]\n', f: 'f' });
    assert.deepEqual(image.config.history?.slice(1).map(({ created_by: text = '' }) => text.replace(/[0-9a-f]{64}/, 'SUM')), [
      '/bin/sh -c #(nop) COPY file:SUM in /f ', '/bin/sh -c #(nop) COPY --link --chmod=600 file:SUM in /g ', '/bin/sh -c #(nop) ADD file:SUM in /h ', '/bin/sh -c #(nop)  CMD ["x"]',
    ]);
  });

  test('the output of a command, its stderr red', async () => {
    using bench = await onBase(({ say }) => {
      say('out ');
      say('안');
      say('wrong\n', 2);
      return 0;
    });
    await bench.build({ Dockerfile: 'FROM base\nRUN x' });
    assert.ok(bench.text.includes(' ---> Running in ID\nout 안\u001b[91mwrong\n\u001b[0m ---> Removed'));
  });

  test('arguments that nobody declared, empty continuation lines', async () => {
    using bench = await onBase();
    await bench.build({ Dockerfile: 'FROM base\nLABEL a=1 \\\n\n b=2\n' }, { buildArgs: { Z: '1', B: '2', HTTP_PROXY: 'p' } });
    assert.ok(bench.text.includes('[Warning] One or more build-args [B Z] were not consumed\nSuccessfully built'));
    assert.ok(bench.text.startsWith('\u001b[91m[WARNING]: Empty continuation line found in: LABEL a=1  b=2\n\u001b[0m'));
  });
});

describe('what is built', () => {
  test('layers, configuration and history', async () => {
    using bench = await onBase(writesA, { Cmd: ['sh'], Env: ['PATH=/bin'] });
    const image = await bench.build({ Dockerfile: 'FROM base\nMAINTAINER me\nRUN x\nRUN x\nWORKDIR /w/d\nUSER bob\nCMD ["y"]' });
    assert.deepEqual(bench.history(image), [
      '/bin/sh -c #(nop)  MAINTAINER me', '/bin/sh -c x', '/bin/sh -c x', '/bin/sh -c #(nop) WORKDIR /w/d',
      '/bin/sh -c #(nop)  USER bob', '/bin/sh -c #(nop)  CMD ["y"]',
    ]);
    assert.deepEqual(image.config.history?.map((entry) => entry.empty_layer ?? false), [false, true, false, true, false, true, true]);
    assert.equal(image.config.rootfs.diff_ids.length, 3);
    assert.deepEqual(bench.files(image), { ...withDirectories(base), a: '1', 'w/': '', 'w/d/': '' });
    const { Cmd, User, WorkingDir, Env } = image.config.config ?? {};
    assert.deepEqual([Cmd, User, WorkingDir, Env, image.config.author], [['y'], 'bob', '/w/d', ['PATH=/bin'], 'me']);
    assert.equal(image.config.config?.Image, image.parent);
  });

  test('a command runs with arguments and environment, as the user, where it is told', async () => {
    using bench = await onBase(undefined, { Entrypoint: ['never'], Env: ['A=base'] });
    const dockerfile = 'FROM base\nARG V\nARG A=arg\nWORKDIR /w\nUSER bob:staff\nSHELL ["/bin/bash","-c"]\nRUN one\nRUN ["two","three"]';
    const image = await bench.build({ Dockerfile: dockerfile }, { buildArgs: { V: '7', HTTPS_PROXY: 'p' }, memory: 1 << 20, ulimits: [{ name: 'nofile', soft: 1, hard: 2 }], networkMode: 'none' });
    const [first, second] = bench.supervisor.seen.map((spec) => spec.process);
    assert.deepEqual([first?.args, first?.user, first?.cwd], [['/bin/bash', '-c', 'one'], 'bob:staff', '/w']);
    assert.deepEqual(second?.args, ['two', 'three']);
    assert.deepEqual(first?.env.filter((entry) => !/^(PATH|HOSTNAME)=/.test(entry)), ['A=base', 'V=7', 'HTTPS_PROXY=p']);
    assert.deepEqual(first?.rlimits, [{ type: 'RLIMIT_NOFILE', soft: 1, hard: 2 }]);
    const [spec] = bench.supervisor.seen;
    assert.deepEqual([spec?.resources.memory, spec?.network.mode === 'own' && spec.network.endpoints], [{ limit: 1 << 20, swap: 2 << 20 }, []]);
    assert.deepEqual(bench.history(image).slice(-2), ['|1 V=7 /bin/bash -c one', '|1 V=7 two three']);
  });

  test('FROM scratch holds only what it is given', async () => {
    using bench = await onBase();
    const image = await bench.build({ Dockerfile: 'FROM scratch\nCOPY f /d/\nENV a=1', f: 'x' });
    assert.deepEqual(bench.files(image), { 'd/': '', 'd/f': 'x' });
    assert.ok(bench.text.startsWith('Step 1/3 : FROM scratch\n ---> \nStep 2/3'));
    await assert.rejects(bench.build({ Dockerfile: 'FROM scratch' }), { message: 'No image was generated. Is your Dockerfile empty?' });
  });

  test('what a command writes into a volume is gone', async () => {
    using bench = await onBase(({ root }) => {
      writeFileSync(join(root, 'data/lost'), '1');
      writeFileSync(join(root, 'kept'), '1');
      return 0;
    });
    const image = await bench.build({ Dockerfile: 'FROM base\nCOPY f /data/kept\nVOLUME /data\nRUN x', f: '1' });
    // The fake's layers are whole trees, so that the volume shows empty here; with overlayfs what lies below comes back.
    assert.ok('kept' in bench.files(image) && !('data/lost' in bench.files(image)));
  });

  test('each step that shows a container tells of it, and of its end where the supervisor has none', async () => {
    using bench = await onBase();
    await bench.build({ Dockerfile: 'FROM base\nLABEL a=b\nCOPY f /\nRUN x', f: '1' });
    assert.deepEqual(bench.told, ['made /bin/sh -c #(nop)  LABEL a=b', 'gone', 'made /bin/sh -c x']);
    await bench.build({ Dockerfile: 'FROM base\nLABEL a=b\nWORKDIR /w' }, { removeIntermediate: false, noCache: true });
    assert.deepEqual([bench.told, bench.kept.length], [['made /bin/sh -c #(nop)  LABEL a=b', 'made /bin/sh -c #(nop) WORKDIR /w'], 2]);
  });

  test('triggers of the base run first, and once', async () => {
    using bench = await onBase(writesA);
    await bench.build({ Dockerfile: 'FROM base\nONBUILD RUN x\nONBUILD ENV n=1' }, { tags: ['triggers'] });
    const image = await bench.build({ Dockerfile: 'FROM triggers\nCMD ["c"]' }, { tags: ['child'] });
    assert.ok(bench.text.startsWith('Step 1/2 : FROM triggers\n# Executing 2 build triggers\n ---> Running in ID\n'));
    assert.deepEqual(bench.history(image).slice(-3), ['/bin/sh -c x', '/bin/sh -c #(nop)  ENV n=1', '/bin/sh -c #(nop)  CMD ["c"]']);
    await bench.build({ Dockerfile: 'FROM child' });
    assert.ok(!bench.text.includes('trigger '));
  });
});

describe('stages', () => {
  const two = 'ARG from=base\nFROM $from AS One\nRUN x\nFROM base\nCOPY --from=one /a /b\nCOPY --from=0 a /c\n';

  test('COPY takes from a stage by name and number', async () => {
    using bench = await onBase(writesA);
    const image = await bench.build({ Dockerfile: two });
    assert.deepEqual(bench.files(image), { ...withDirectories(base), b: '1', c: '1' });
    assert.equal(bench.text.match(/^aux/gm)?.length, 2);
  });

  test('a target builds up to its stage', async () => {
    using bench = await onBase(writesA);
    await bench.build({ Dockerfile: two }, { target: 'one' });
    assert.ok(bench.text.startsWith('Step 1/3 : ARG from=base\nStep 2/3 : FROM $from AS One\n'));
  });

  test('a stage stands on another, each with arguments of its own', async () => {
    using bench = await onBase(writesA);
    const image = await bench.build({ Dockerfile: 'FROM base AS a\nARG x=1\nENV y=$x\nFROM a\nENV z=[$x]' });
    assert.deepEqual(image.config.config?.Env?.slice(-2), ['y=1', 'z=[]']);
  });

  test('what cannot be referred to', async () => {
    using bench = await onBase();
    await assert.rejects(bench.build({ Dockerfile: 'FROM base AS x\nFROM base AS X' }), { message: 'x stage name already used' });
    await assert.rejects(bench.build({ Dockerfile: 'FROM base\nCOPY --from=0 a b' }), { message: 'invalid from flag value 0: refers to current build stage' });
    await assert.rejects(bench.build({ Dockerfile: 'FROM base\nCOPY --from=7 a b' }), { message: 'invalid from flag value 7: index out of bounds' });
    await assert.rejects(bench.build({ Dockerfile: 'FROM base\nCOPY --from=none a b' }), {
      message: 'invalid from flag value none: manifest for none:latest not found: manifest unknown: manifest unknown',
    });
    await assert.rejects(bench.build({ Dockerfile: 'FROM $x' }), { message: 'base name ($x) should not be blank' });
    assert.deepEqual(bench.images.pulled, ['none:latest']);
  });
});

describe('the cache', () => {
  const files = { Dockerfile: 'FROM base\nARG V\nRUN x\nCOPY f /f\nCMD ["c"]', f: 'one' };
  const hits = (bench: Bench): number => bench.text.match(/Using cache/g)?.length ?? 0;

  test('an equal build is all hits and the same image', async () => {
    using bench = await onBase(writesA);
    const first = await bench.build(files);
    assert.equal(hits(bench), 0);
    const second = await bench.build(files);
    assert.deepEqual([hits(bench), second.id], [4, first.id]);
    assert.equal(bench.supervisor.seen.length, 1);
  });

  test('after the first miss nothing more is taken', async () => {
    using bench = await onBase(writesA);
    await bench.build(files);
    await bench.build({ ...files, f: 'two' });
    assert.equal(hits(bench), 2);
    await bench.build(files, { buildArgs: { V: '1' } });
    assert.equal(hits(bench), 1);
    await bench.build(files, { noCache: true });
    assert.equal(hits(bench), 0);
  });

  test('an undeclared proxy does not matter', async () => {
    using bench = await onBase(writesA);
    await bench.build(files, { buildArgs: { HTTP_PROXY: 'a' } });
    await bench.build(files, { buildArgs: { HTTP_PROXY: 'b' } });
    assert.equal(hits(bench), 4);
  });

  test('an image that was removed is no hit', async () => {
    using bench = await onBase(writesA);
    const first = await bench.build(files);
    bench.images.forget(first.id);
    const again = await bench.build(files);
    assert.equal(hits(bench), 3);
    assert.notEqual(again.id, first.id);
  });

  test('--cache-from follows an image\'s history when its steps are not here', async () => {
    using bench = await onBase(writesA);
    const built = await bench.build(files, { tags: ['elsewhere'] });
    const base = bench.images.find('base').id;
    for (let step = built.parent; step && step !== base; ) {
      const { parent } = bench.images.find(step);
      bench.images.forget(step);
      step = parent;
    }
    const image = await bench.build(files, { cacheFrom: ['elsewhere', 'absent'] });
    assert.deepEqual([hits(bench), image.id], [4, built.id]);
    await bench.build({ ...files, f: 'two' }, { cacheFrom: ['elsewhere'] });
    assert.equal(hits(bench), 2);
  });

  test('with --cache-from steps of other images do not count', async () => {
    using bench = await onBase(writesA);
    await bench.build(files);
    await bench.build({ Dockerfile: 'FROM base\nENV other=1' }, { tags: ['other'] });
    for (const source of ['other', 'absent']) {
      await bench.build(files, { cacheFrom: [source] });
      assert.equal(hits(bench), 0, source);
    }
  });
});

describe('failures', () => {
  test('VOLUME refuses a path where the image has a file', async () => {
    using bench = await onBase(writesA);
    await assert.rejects(bench.build({ Dockerfile: 'FROM base\nCOPY f /taken\nVOLUME /data /taken', f: 'x' }), { message: 'cannot mount volume over existing file, file exists /taken' });
    await assert.rejects(bench.build({ Dockerfile: 'FROM base\nCOPY f /taken\nVOLUME /taken/below', f: 'x' }), { message: 'lstat /taken/below: not a directory' });
  });

  test('a command that fails ends the build with its code and leaves its container', async () => {
    using bench = await onBase(() => 3);
    await assert.rejects(bench.build({ Dockerfile: 'FROM base\nRUN exit 3\nRUN never' }, { tags: ['t'] }), {
      message: "The command '/bin/sh -c exit 3' returned a non-zero code: 3",
      exitCode: 3,
    });
    assert.ok(bench.text.endsWith('Step 2/3 : RUN exit 3\n ---> Running in ID\n'));
    assert.deepEqual([...bench.supervisor.containers.keys()], bench.kept.map(({ id }) => id));
    assert.deepEqual([bench.kept.length, bench.images.lookup('t')], [1, undefined]);
  });

  test('limits that cannot be are told as a command is to run, not before', async () => {
    using bench = new Bench();
    await bench.images.add('base', { old: 'o' });
    const requireLimits = (): void => {
      throw new InvalidArgument('Minimum memory limit allowed is 6MB');
    };
    await bench.build({ Dockerfile: 'FROM base\nENV a=b' }, { requireLimits });
    await assert.rejects(bench.build({ Dockerfile: 'FROM base\nRUN x' }, { requireLimits }), { message: 'Minimum memory limit allowed is 6MB' });
    assert.match(bench.text, /Step 2\/2 : RUN x\n$/);
  });

  test('with --force-rm nothing is left of it', async () => {
    using bench = await onBase(() => 3);
    await assert.rejects(bench.build({ Dockerfile: 'FROM base\nRUN exit 3' }, { forceRemove: true }));
    assert.ok(bench.text.endsWith(' ---> Running in ID\n ---> Removed intermediate container ID\n'));
    assert.deepEqual([bench.leftovers(), bench.kept], [[], []]);
  });

  test('with --rm=false every step leaves a container, on the image before it', async () => {
    using bench = await onBase(writesA);
    const image = await bench.build({ Dockerfile: 'FROM base\nRUN x\nCOPY f /\nCMD ["y"]', f: '' }, { removeIntermediate: false });
    assert.doesNotMatch(bench.text, /Removed/);
    assert.deepEqual(bench.kept.map(({ config }) => config.Cmd?.slice(2, 4).join(' ').slice(0, 12)), ['x', '#(nop) COPY ', '#(nop)  CMD ']);
    assert.deepEqual(bench.kept.map((each) => each.image === image.id), [false, false, false]);
    assert.equal(bench.supervisor.containers.size, 3);
  });

  test('cancelling kills what runs', async () => {
    const abort = new AbortController();
    using bench = await onBase(async ({ killed }) => {
      abort.abort();
      await killed;
      return 137;
    });
    await assert.rejects(bench.build({ Dockerfile: 'FROM base\nRUN sleep' }, { signal: abort.signal }), { kind: 'Cancelled', message: 'Build cancelled' });
    assert.deepEqual(bench.leftovers(), []);
    await assert.rejects(bench.build({ Dockerfile: 'FROM base\nENV a=1' }, { signal: abort.signal }), { message: 'Build cancelled' });
    assert.ok(bench.text.endsWith(' ---> ID\nBuild cancelled\n'));
  });

  const cases: [dockerfile: string, message: string][] = [
    ['COPY nope.txt /', 'COPY failed: file not found in build context or excluded by .dockerignore: stat nope.txt: file does not exist'],
    ['COPY ignored /', 'COPY failed: file not found in build context or excluded by .dockerignore: stat ignored: file does not exist'],
    ['COPY --from=base nope /', 'COPY failed: stat nope: file does not exist'],
    ['COPY *.zzz /', 'COPY failed: no source files were specified'],
    ['COPY a b /dst', 'When using COPY with more than one source file, the destination must be a directory and end with a /'],
    ['COPY ../a /', 'COPY failed: forbidden path outside the build context: ../a ()'],
    ['COPY https://x/y /', "COPY failed: source can't be a URL for COPY"],
    ['COPY --chown=eve a /', "unable to convert uid/gid chown string to host mapping: can't find uid for user eve: no such user: eve"],
    ['COPY --chmod=u+z a /', "invalid chmod parameter: 'u+z'. it should be octal string and between 0 and 07777"],
    ['ADD --checksum=sha256:00 a /', "ADD failed: checksum can't be specified for non-HTTP(S) sources"],
    ['RUN --mount=type=secret,id=x true', buildKit('--mount option')],
    ['RUN --security=insecure true', buildKit('--security option')],
    ['RUN --network=other true', 'invalid network mode: other'],
    ['EXPOSE abc', 'Invalid containerPort: abc'],
    ['ENV A="x', 'failed to process "\\"x": unexpected end of statement while looking for matching double-quote'],
    ['USER ${x?is wanted}', 'failed to process "${x?is wanted}": x: is wanted'],
  ];
  for (const [line, message] of cases) {
    test(line, async () => {
      using bench = await onBase();
      await assert.rejects(bench.build({ Dockerfile: `FROM base\n${line}`, a: '', b: '', ignored: '', '.dockerignore': 'ignored' }), { message });
      assert.ok(bench.text.startsWith('Step 1/2 : FROM base\n ---> ID\nStep 2/2 : '));
      assert.deepEqual(bench.leftovers(), []);
    });
  }

  test('a container that cannot be removed is told, and the build goes on', async () => {
    using bench = await onBase(writesA);
    bench.supervisor.remove = () => Promise.reject(new Error('busy'));
    await bench.build({ Dockerfile: 'FROM base\nRUN x\nCMD ["y"]' });
    assert.match(bench.text, /^Removing intermediate container ID: busy$/m);
  });

  test('what a killed daemon left of a build goes at the next start', async () => {
    using bench = await onBase();
    await bench.snapshots.prepare('build-x', undefined);
    await bench.snapshots.prepare('another', undefined);
    await bench.supervisor.create({ ...(await specOfRun(bench)), id: 'left' });
    await bench.recover();
    assert.deepEqual(bench.leftovers(), ['another']);
  });

  test('what is wrong with the request is told before anything happens', async () => {
    using bench = await onBase();
    const rejects = (request: Parameters<Bench['build']>[1], message: string, dockerfile = 'FROM base') =>
      assert.rejects(bench.build({ Dockerfile: dockerfile }, request), { message });
    await rejects({ tags: ['Bad'] }, 'invalid reference format: repository name (library/Bad) must be lowercase');
    await rejects({ dockerfile: 'Other' }, 'Cannot locate specified Dockerfile: Other');
    await rejects({}, 'the Dockerfile (Dockerfile) cannot be empty', '');
    await rejects({}, 'dockerfile parse error on line 2: unknown instruction: BADINSTR', 'FROM base\nBADINSTR x');
    assert.equal(bench.text, '');
  });
});

async function specOfRun(bench: Bench): Promise<ContainerSpec> {
  await bench.build({ Dockerfile: 'FROM base\nRUN x' });
  const [spec] = bench.supervisor.seen;
  assert.ok(spec);
  return spec;
}

function buildKit(what: string): string {
  return `the ${what} requires BuildKit. Refer to https://docs.docker.com/go/buildkit/ to learn how to build images with BuildKit enabled`;
}

function withDirectories(files: Record<string, string>): Record<string, string> {
  return { ...files, 'bin/': '', 'etc/': '' };
}
