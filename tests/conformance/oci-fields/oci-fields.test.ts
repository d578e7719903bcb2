/** The OCI runtime-spec, field by field: each is honoured, seen from inside, or refused by name. Needs root. */
import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { chmodSync, existsSync, readFileSync, readlinkSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { after, before, suite, test } from 'node:test';
import { text } from 'node:stream/consumers';
import { messageOf } from '#base';
import { canonicalDocument, type OciHook, type OciHookPoint, type OciSpec } from '#spec';
import { RuntimeWorld } from '../../support/bundle.ts';
import { root } from '../../support/command.ts';
import { rows, type Row } from './rows.ts';

/** What the tests below see, beside the rows. */
const elsewhere = ['hooks', 'annotations', 'process.execCPUAffinity', 'linux.seccomp.listenerPath', 'linux.seccomp.listenerMetadata'];

suite('every field of the OCI runtime-spec', () => {
  let world: RuntimeWorld;
  before(() => {
    world = new RuntimeWorld();
    chmodSync(world.directory, 0o755); // who is nobody outside has to get in
  });
  after(() => world[Symbol.asyncDispose]());

  for (const row of rows) {
    test(`${row.fields.join(', ')}: ${row.shows ?? ''}${row.shows && row.refused ? ' or ' : ''}${row.refused ?? ''}`, async () => {
      const { printed, refusal } = await outcome(world, row);
      if (printed !== undefined) assert.match(printed.trim(), row.shows ?? /^it should have been refused$/);
      else assert.match(refusal ?? '', row.refused ?? /^it should have run$/);
    });
  }

  test('nothing of them is left', () => assert.deepEqual(world.leftovers(), []));

  test('hooks at all six points: in their namespaces, with their arguments, environment and the state', async () => {
    const log = join(world.directory, 'hooks.log');
    const hook = (point: OciHookPoint): OciHook => ({ path: '/bin/sh', args: ['sh', '-c', `echo "$A $(cat | sed 's/.*"status":"\\([a-z]*\\)".*/\\1/') $(readlink /proc/self/ns/mnt)" >> ${log}`], env: [`A=${point}`, 'PATH=/bin:/usr/bin'], timeout: 10 });
    await writeFile(log, '');
    const points: OciHookPoint[] = ['prestart', 'createRuntime', 'createContainer', 'poststart', 'poststop'];
    await world.sh('true', (spec) => void (spec.hooks = Object.fromEntries(points.map((point) => [point, [hook(point)]]))));
    const here = readlinkSync('/proc/self/ns/mnt');
    const lines = (await readFile(log, 'utf8')).trim().split('\n').map((line) => line.split(' '));
    assert.deepEqual(lines.map(([point, status]) => `${point} ${status}`), ['prestart creating', 'createRuntime creating', 'createContainer creating', 'poststart running', 'poststop stopped']);
    assert.deepEqual(lines.map(([, , space]) => space === here), [true, true, false, true, true]);
    const { stdout } = await world.sh('cat /from-hook', (spec) => void (spec.hooks = { startContainer: [{ path: '/bin/sh', args: ['sh', '-c', 'cat > /from-hook'] }] }));
    assert.match(stdout, /"status":"created"/);
  });

  test('an interface of the host goes into the container: renamed, with its lasting addresses, up, and before the hooks', async () => {
    const [near, far] = [`nd${process.pid}a`, `nd${process.pid}b`];
    const ip = (...words: string[]) => execFileSync('ip', words, { encoding: 'utf8' });
    ip('link', 'add', near, 'type', 'veth', 'peer', 'name', far);
    try {
      ip('address', 'add', '10.213.7.1/24', 'dev', near);
      ip('address', 'add', '10.213.8.1/24', 'dev', near, 'scope', 'link');
      ip('-6', 'address', 'add', 'fd00:7::1/64', 'dev', near, 'nodad');
      const seen = join(world.directory, 'devices');
      const hook = { path: '/bin/sh', args: ['sh', '-c', `nsenter --net=/proc/$(sed 's/.*"pid":\\([0-9]*\\).*/\\1/')/ns/net cat /proc/net/dev > ${seen}`], env: ['PATH=/bin:/usr/bin'] };
      const { stdout } = await world.sh('ip -o address show dev inside; ip -o link show dev inside', (spec) => {
        Object.assign(spec.linux ?? {}, { netDevices: { [near]: { name: 'inside' } } });
        spec.hooks = { createRuntime: [hook] };
      });
      assert.deepEqual([...stdout.matchAll(/ inet6? (\S+) .*scope global/g)].map(([, address]) => address).toSorted(), ['10.213.7.1/24', 'fd00:7::1/64']);
      assert.doesNotMatch(stdout, /10\.213\.8\.1/);
      assert.match(stdout, /inside@\S+: <\S*\bUP\b/);
      assert.match(await readFile(seen, 'utf8'), /inside:/);
    } finally {
      spawnSync('ip', ['link', 'delete', far], { stdio: 'ignore' }); // gone already where the container has ended
    }
  });

  test('a hook that says no environment has that of who runs it, one that says an empty one has none', async () => {
    const log = join(world.directory, 'environments.log');
    const told = (point: OciHookPoint, file: string, env?: string[]): OciHook => ({ path: '/bin/sh', args: ['sh', '-c', `echo ${point} $WHOSE >> ${file}`], ...(env && { env }) });
    const points: OciHookPoint[] = ['prestart', 'createRuntime', 'createContainer', 'poststart', 'poststop'];
    await writeFile(log, '');
    process.env['WHOSE'] = 'ours';
    try {
      const { stdout } = await world.sh('cat /log', (spec) => {
        spec.process?.env?.push('WHOSE=theirs');
        spec.hooks = Object.fromEntries(points.map((point) => [point, [told(point, log), told(point, log, [])]]));
        spec.hooks.startContainer = [told('startContainer', '/log'), told('startContainer', '/log', [])];
      });
      assert.equal(stdout, 'startContainer theirs\nstartContainer\n');
    } finally {
      delete process.env['WHOSE'];
    }
    assert.deepEqual((await readFile(log, 'utf8')).trim().split('\n'), points.flatMap((point) => [`${point} ${point === 'createContainer' ? 'theirs' : 'ours'}`, point]));
  });

  test('a hook of the host that fails or takes too long fails the create and leaves nothing', async () => {
    const failing = (hook: OciHook) => world.create(['true'], (spec) => void (spec.hooks = { createRuntime: [hook] }));
    await assert.rejects(failing({ path: '/bin/sh', args: ['sh', '-c', 'echo no >&2; exit 3'] }), { message: 'error running createRuntime hook #0: exit status 3, stdout: , stderr: no\n' });
    await assert.rejects(failing({ path: '/bin/sleep', args: ['sleep', '10'], timeout: 1 }), { message: 'error running createRuntime hook #0: hook ran past specified timeout of 1.0s' });
    await assert.rejects(failing({ path: '/nosuch' }), { message: 'error running createRuntime hook #0: fork/exec /nosuch: no such file or directory' });
    assert.deepEqual(world.leftovers(), []);
  });

  test('seccomp hands its listener over, with the metadata, the annotations and the pid', async () => {
    const path = join(world.directory, 'listener.sock');
    const heard = Promise.withResolvers<string>();
    const server = createServer((socket) => text(socket).then(heard.resolve, heard.reject)).listen(path);
    try {
      const change = (spec: OciSpec): void => {
        spec.annotations = { mine: 'yes' };
        Object.assign(spec.linux ?? {}, { seccomp: { defaultAction: 'SCMP_ACT_ALLOW', listenerPath: path, listenerMetadata: 'about it', syscalls: [{ names: ['mkdir', 'mkdirat'], action: 'SCMP_ACT_NOTIFY' }] } });
      };
      const { stdout } = await world.sh('mkdir /x 2>&1', change); // nobody answers: node drops the descriptor
      assert.match(stdout, /Function not implemented/);
      const said = JSON.parse(await heard.promise) as { metadata: string; fds: string[]; pid: number; state: { pid: number; annotations: object } };
      assert.deepEqual([said.metadata, said.fds, said.state.annotations, said.pid === said.state.pid], ['about it', ['seccompFd'], { mine: 'yes' }, true]);
    } finally {
      server.close();
    }
  });

  test('an exec begins and ends up on the CPUs that it is told', async () => {
    const task = await world.create(['sleep', '100']);
    await task.start();
    try {
      const exec = await task.exec('one', { args: ['grep', 'Cpus_allowed_list', '/proc/self/status'], cwd: '/', env: ['PATH=/bin'], user: { uid: 0, gid: 0 }, execCPUAffinity: { initial: '0', final: '1' } }, { terminal: false, stdin: false, stdinOnce: false, log: undefined });
      const attachment = await exec.attach({ stdin: false, stdout: true, stderr: true });
      let output = '';
      for await (const { bytes } of attachment.output) output += Buffer.from(bytes).toString();
      assert.match(output, /Cpus_allowed_list:\s+1\n/);
    } finally {
      await task.delete(true);
    }
  });

  const list = join(process.env['NARU_SPECS'] ?? join(root, '..', 'shared', 'specs'), 'oci', 'runtime-spec-fields.json');
  test('no field is forgotten', { skip: !existsSync(list) && 'the published schema\'s flat list is not on this machine' }, () => {
    const { fields } = JSON.parse(readFileSync(list, 'utf8')) as { fields: { config: Record<string, { type: string }> } };
    const covered = [...rows.flatMap((row) => row.fields), ...elsewhere].map((field) => field.replaceAll('[]', ''));
    const leaves = Object.entries(fields.config).filter(([, { type }]) => type !== 'object' && type !== 'array').map(([path]) => path.replaceAll('[]', '').replaceAll(/<[^>]+>(?:\})?/g, '*'));
    const isCovered = (leaf: string) => covered.some((field) => leaf === field || leaf.startsWith(`${field}.`) || (field.endsWith('*') && leaf.startsWith(field.slice(0, -1))));
    assert.deepEqual(leaves.filter((leaf) => !isCovered(leaf)), []);
  });

  const schemas = join(process.env['NARU_SPECS'] ?? join(root, '..', 'shared', 'specs'), 'oci', 'runtime-spec', 'schema');
  test('every field of the published schema is known, in any case', { skip: !existsSync(schemas) && 'the published schema is not on this machine' }, () => {
    const loud = sampleOf(schemas, 'config-schema.json', true) as Record<string, unknown>;
    const plain = sampleOf(schemas, 'config-schema.json', false) as Record<string, unknown>;
    for (const foreign of ['solaris', 'windows', 'vm', 'zos', 'freebsd']) {
      assert.ok(plain[foreign]);
      delete plain[foreign];
      delete loud[foreign.toUpperCase()];
    }
    const rdt = (plain['linux'] as Record<string, unknown>)['intelRdt']; // refused as a whole
    const read = canonicalDocument(loud) as { linux: Record<string, unknown> };
    assert.ok(rdt && read.linux['intelRdt']);
    read.linux['intelRdt'] = rdt;
    assert.deepEqual(read, plain);
  });
});

interface Schema {
  readonly $ref?: string;
  readonly allOf?: Schema[];
  readonly anyOf?: Schema[];
  readonly oneOf?: Schema[];
  readonly type?: string | string[];
  readonly enum?: unknown[];
  readonly properties?: Record<string, Schema>;
  readonly patternProperties?: Record<string, Schema>;
  readonly additionalProperties?: Schema | boolean;
  readonly items?: Schema;
}

/** A document that has every field of a JSON schema once, its names in capitals where it is `loud`. */
function sampleOf(directory: string, file: string, loud: boolean): unknown {
  const whole = JSON.parse(readFileSync(join(directory, file), 'utf8')) as Schema;
  const follow = (name: string, pointer: string): unknown => {
    const other = name || file;
    const document = JSON.parse(readFileSync(join(directory, other), 'utf8')) as Record<string, unknown>;
    const found = pointer.split('/').filter(Boolean).reduce<unknown>((inner, key) => (inner as Record<string, unknown>)[key], document);
    return sample(found as Schema, other);
  };
  const sample = (schema: Schema, from: string): unknown => {
    if (schema.$ref) {
      const [name = '', pointer = ''] = schema.$ref.split('#');
      return follow(name || from, pointer);
    }
    const joint = [...(schema.allOf ?? []), ...(schema.anyOf ?? schema.oneOf ?? []).slice(0, 1)];
    if (joint.length > 0 && !schema.properties) return joint.map((one) => sample(one, from)).reduce((all, one) => (typeof all === 'object' ? { ...all, ...(one as object) } : one));
    if (schema.properties) return Object.fromEntries(Object.entries(schema.properties).map(([key, inner]) => [loud ? key.toUpperCase() : key, sample(inner, from)]));
    const free = Object.values(schema.patternProperties ?? {})[0] ?? (typeof schema.additionalProperties === 'object' ? schema.additionalProperties : undefined);
    if (free) return { own: sample(free, from) };
    if (schema.items) return [sample(schema.items, from)];
    if (schema.enum) return schema.enum[0];
    const type = Array.isArray(schema.type) ? schema.type[0] : schema.type;
    return { string: 'x', boolean: true, integer: 1, number: 1, object: {}, array: [] }[type ?? 'string'];
  };
  return sample(whole, file);
}

async function outcome(world: RuntimeWorld, { script = 'true', change }: Row): Promise<{ printed?: string; refusal?: string }> {
  try {
    const { stdout, stderr } = await world.sh(script, change);
    return { printed: stdout + stderr };
  } catch (error) {
    return { refusal: messageOf(error) };
  }
}
