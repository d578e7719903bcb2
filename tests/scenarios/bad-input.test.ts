/** What bad input gets: Docker's words and exit code, and nothing half-made. */
import assert from 'node:assert/strict';
import { createServer, type AddressInfo } from 'node:net';
import { after, before, describe, test } from 'node:test';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { clients, Daemon } from '../support/daemon.ts';
import { importBusybox } from '../support/images.ts';
import { footprint, leaksOf } from '../support/leaks.ts';
import { freePort } from '../support/ports.ts';

interface Case {
  readonly what: string;
  readonly args: readonly string[];
  readonly code: number;
  readonly says: RegExp;
}

const start = 'failed to create task for container: failed to create shim task: OCI runtime create failed: runc create failed: unable to start container process: exec: ';

const cases: readonly Case[] = [
  { what: 'unknown image', args: ['run', 'localhost:1/no/such'], code: 125, says: /^Unable to find image 'localhost:1\/no\/such:latest' locally\n.*: Error response from daemon: .*connection refused/ },
  { what: 'unknown container', args: ['rm', 'nobody'], code: 1, says: /^Error response from daemon: No such container: nobody\n$/ },
  { what: 'malformed reference', args: ['run', 'Bad_Ref:x:y'], code: 125, says: /: invalid reference format: repository name \(library\/Bad_Ref\) must be lowercase\n/ },
  { what: 'command not found', args: ['run', '--rm', 'busybox', 'nosuchcmd'], code: 127, says: new RegExp(`Error response from daemon: ${start}"nosuchcmd": executable file not found in \\$PATH: unknown\n`) },
  { what: 'not executable', args: ['run', '--rm', 'busybox', '/etc/passwd'], code: 126, says: new RegExp(`Error response from daemon: ${start}"/etc/passwd": permission denied: unknown\n`) },
  { what: 'a directory', args: ['run', '--rm', 'busybox', '/tmp'], code: 126, says: new RegExp(`Error response from daemon: ${start}"/tmp": is a directory: unknown: permission denied\n`) },
  { what: 'bad flag', args: ['run', '--nosuchflag', 'busybox'], code: 125, says: /^unknown flag: --nosuchflag\n\nUsage: {2}\w+ run \[OPTIONS\] IMAGE/ },
  { what: 'bad flag value', args: ['run', '-m', 'abc', 'busybox'], code: 125, says: /^invalid argument "abc" for "-m, --memory" flag: invalid size: 'abc'\n/ },
  { what: 'unknown user', args: ['run', '--rm', '-u', 'nouser', 'busybox', 'true'], code: 125, says: /unable to find user nouser: no matching entries in passwd file\n/ },
  { what: 'unknown network', args: ['run', '--rm', '--network', 'nonet', 'busybox'], code: 125, says: /Error response from daemon: invalid cluster node while attaching to network\n/ },
  { what: 'bind source missing', args: ['run', '--mount', 'type=bind,src=/no-such-place,dst=/x', 'busybox'], code: 125, says: /invalid mount config for type "bind": bind source path does not exist: \/no-such-place\n/ },
];

describe('bad input', () => {
  let daemon: Daemon;

  before(async () => {
    daemon = await Daemon.start();
    await importBusybox(daemon);
    // The first container brings the bridge up; what a failed one leaves is measured after that.
    await daemon.ok('naru', ['run', '--rm', 'busybox', 'true']);
  });
  after(async () => daemon?.[Symbol.asyncDispose]());

  for (const client of clients()) {
    for (const { what, args, code, says } of cases) {
      test(`${client}: ${what}`, async () => {
        const left = await footprint(daemon);
        const result = await daemon.run(client, args);
        assert.match(result.stderr, says);
        assert.equal(result.code, code, result.stderr);
        assert.deepEqual(await leaksOf(daemon, left), []);
      });
    }

    test(`${client}: failed runs leave no container, volume or image`, async () => {
      for (const list of [['ps', '-aq', '--filter', 'status=running'], ['volume', 'ls', '-q'], ['images', '-q', '--filter', 'dangling=true']]) {
        assert.equal(await daemon.ok(client, list), '', list.join(' '));
      }
    });

    test(`${client}: a name in use`, async () => {
      const id = await daemon.ok(client, ['create', '--name', 'taken', 'busybox']);
      const result = await daemon.run(client, ['run', '--name', 'taken', 'busybox']);
      assert.equal(result.code, 125);
      const says = `Conflict. The container name "/taken" is already in use by container "${id}". You have to remove (or rename) that container to be able to reuse that name.`;
      assert.ok(result.stderr.includes(says), result.stderr);
      await daemon.ok(client, ['rm', 'taken']);
    });

    test(`${client}: a port in use, by a container and by another program`, async () => {
      const held = await freePort();
      await daemon.ok(client, ['run', '-d', '--name', 'holder', '-p', `${held}:80`, 'busybox', 'sleep', '1000']);
      const left = await footprint(daemon);
      const second = await daemon.run(client, ['run', '--name', 'late', '-p', `${held}:80`, 'busybox', 'true']);
      assert.equal(second.code, 125);
      assert.match(second.stderr, new RegExp(`driver failed programming external connectivity on endpoint late \\([0-9a-f]{64}\\): .*${held}.*(?:port is already allocated|address already in use)`));
      assert.equal(await daemon.ok(client, ['inspect', '--format', '{{.State.Status}}', 'late']), 'created');
      assert.deepEqual(await leaksOf(daemon, left), []);
      await daemon.ok(client, ['rm', '-f', 'holder', 'late']);

      const server = createServer();
      await new Promise<void>((listening) => server.listen(0, '0.0.0.0', listening));
      const { port: taken } = server.address() as AddressInfo;
      const third = await daemon.run(client, ['run', '--rm', '-p', `${taken}:80`, 'busybox', 'true']);
      await new Promise((closed) => server.close(closed));
      assert.equal(third.code, 125);
      assert.match(third.stderr, new RegExp(`failed to bind (?:host )?port .*${taken}.*: address already in use`));
      await daemon.run(client, ['container', 'prune', '-f']);
    });

    test(`${client}: a build that cannot be`, async () => {
      const images = await daemon.ok(client, ['images', '-aq']);
      const build = async (dockerfile: string, ...flags: string[]): Promise<{ code: number; stderr: string }> => {
        const context = join(daemon.directory, 'context');
        await mkdir(context, { recursive: true });
        await writeFile(join(context, 'Dockerfile'), dockerfile);
        return daemon.run(client, ['build', ...flags, context]);
      };
      const missing = await build('FROM busybox\nCOPY nothing /x\n');
      assert.equal(missing.code, 1);
      assert.match(missing.stderr, /COPY failed: file not found in build context or excluded by \.dockerignore: stat nothing: file does not exist/);
      const syntax = await build('FROM busybox\n\nFLY to the moon\n');
      assert.equal(syntax.code, 1);
      assert.match(syntax.stderr, /dockerfile parse error (?:on )?line 3: unknown instruction: FLY/i);
      const failing = await build('FROM busybox\nRUN exit 3\n', '--force-rm');
      assert.equal(failing.code, 3);
      assert.match(failing.stderr, /The command '\/bin\/sh -c exit 3' returned a non-zero code: 3/);
      assert.equal(await daemon.ok(client, ['images', '-aq']), images);
      assert.equal(await daemon.ok(client, ['ps', '-aq', '--filter', 'status=exited']), '');
      // Without --force-rm Docker's classic builder leaves the container of the step that failed, to be looked at.
      assert.equal((await build('FROM busybox\nRUN exit 3\n')).code, 3);
      const kept = await daemon.ok(client, ['ps', '-aq', '--filter', 'status=exited']);
      assert.match(kept, /^[0-9a-f]{12}$/);
      await daemon.ok(client, ['rm', kept]);
    });
  }
});

test('no daemon: Docker\'s sentence and exit code 1', async () => {
  const { run } = await import('../support/command.ts');
  const { commandOf } = await import('../support/daemon.ts');
  const result = await run(commandOf('naru'), ['ps'], { env: { DOCKER_HOST: 'unix:///nowhere/naru.sock' } });
  assert.equal(result.code, 1);
  assert.equal(result.stderr, 'Cannot connect to the Docker daemon at unix:///nowhere/naru.sock. Is the docker daemon running?\n');
});
