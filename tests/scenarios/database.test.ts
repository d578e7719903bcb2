/** A MySQL server configured by its environment, reached by a real client, stopped and started without loss. */
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { ok, root, until } from '../support/command.ts';
import { clients, Daemon, type ClientName } from '../support/daemon.ts';
import { importDebian, install } from '../support/images.ts';

const environment = ['MYSQL_ROOT_PASSWORD=root', 'MYSQL_USER=myname', 'MYSQL_PASSWORD=mypassword', 'MYSQL_DATABASE=orders-service'];

describe('a database server', () => {
  let daemon: Daemon;

  before(async () => {
    await install('mariadb=mariadb-client');
    daemon = await Daemon.start();
    await importDebian(daemon);
    await daemon.ok('naru', ['build', '-t', 'mysql:8', join(root, 'tests/scenarios/images/mysql')], { timeout: 800_000 });
  });
  after(async () => daemon?.[Symbol.asyncDispose]());

  for (const client of clients()) {
    test(`${client}: orders-service`, async () => {
      const flags = environment.flatMap((pair) => ['-e', pair]);
      await daemon.ok(client, ['run', '--name', 'orders-service', ...flags, '-p', '3308:3306', '-d', 'mysql:8']);
      await ready(daemon, client);
      await query('CREATE TABLE orders (id INT PRIMARY KEY, what TEXT)');
      await query("INSERT INTO orders VALUES (1, 'a ferry ticket')");

      await daemon.ok(client, ['stop', 'orders-service']);
      assert.equal(await daemon.ok(client, ['inspect', '--format', '{{.State.Running}} {{.State.ExitCode}}', 'orders-service']), 'false 0');
      await assert.rejects(query('SELECT 1'));
      await daemon.ok(client, ['start', 'orders-service']);
      await ready(daemon, client);
      assert.equal(await query('SELECT what FROM orders WHERE id = 1'), 'a ferry ticket');

      const env = await daemon.ok(client, ['inspect', '--format', '{{join .Config.Env ","}}', 'orders-service']);
      for (const pair of environment) assert.ok(env.includes(pair), env);
      const logs = async (): Promise<string> => {
        const { stdout, stderr } = await daemon.run(client, ['logs', 'orders-service']);
        return stdout + stderr;
      };
      assert.match(await logs(), /Database initialized/);
      await until('the log of both runs', async () => (await logs()).match(/ready for connections/g)?.length === 2);
    });

    test(`${client}: follow its logs, ask it inside, remove it`, async () => {
      const follower = daemon.background(client, ['logs', '-f', '--tail', '0', 'orders-service']);
      let seen = '';
      for (const stream of [follower.stdout, follower.stderr]) stream?.on('data', (chunk: Buffer) => (seen += chunk.toString()));
      await using terminal = daemon.terminal(client, ['exec', '-it', 'orders-service', 'mysql', '-uroot', '-proot']);
      await terminal.expect(/MariaDB \[\(none\)\]>/);
      terminal.type('SELECT what FROM `orders-service`.orders;\r');
      await terminal.expect(/a ferry ticket/);
      terminal.type('exit\r');
      assert.equal(await terminal.exit(), 0);

      await daemon.ok(client, ['stop', 'orders-service']);
      await until('the follower sees the shutdown and ends', async () => follower.exitCode === 0 && /Shutdown complete/.test(seen));
      assert.equal(await daemon.ok(client, ['rm', '-f', '-v', 'orders-service']), 'orders-service');
      assert.equal(await daemon.ok(client, ['volume', 'ls', '-q']), '');
    });
  }
});

async function ready(daemon: Daemon, client: ClientName): Promise<void> {
  await until('the server answers', () => query('SELECT 1'), 300).catch(async (error: unknown) => {
    const logs = await daemon.run(client, ['logs', 'orders-service']);
    throw new Error(`${String(error)}\n${logs.stdout}${logs.stderr}`);
  });
}

function query(sql: string): Promise<string> {
  const login = ['-h127.0.0.1', '-P3308', '-umyname', '-pmypassword', '--connect-timeout=3', 'orders-service'];
  return ok('mariadb', [...login, '--batch', '--skip-column-names', '-e', sql]);
}
