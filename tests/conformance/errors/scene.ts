/** The daemon, registries, containers and networks among which the ledger's mistakes are made. */
import { randomBytes } from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import bcrypt from 'bcryptjs';
import { writeTar } from '#base';
import { Daemon } from '../../support/daemon.ts';
import { busyboxTar } from '../../support/images.ts';
import { Registry } from '../../support/registry.ts';
import { writeContexts } from './contexts.ts';

export class Scene implements AsyncDisposable {
  readonly daemon: Daemon;
  /** What the ledger says, and what it is here. */
  readonly #words: (readonly [string, string])[];
  readonly #resources: AsyncDisposableStack;

  private constructor(daemon: Daemon, words: (readonly [string, string])[], resources: AsyncDisposableStack) {
    this.daemon = daemon;
    this.#words = words;
    this.#resources = resources;
  }

  static async set(): Promise<Scene> {
    await using resources = new AsyncDisposableStack();
    const daemon = resources.use(await Daemon.start());
    const open = resources.use(await Registry.start());
    const files = join(daemon.directory, 'e');
    const users = join(daemon.directory, 'users');
    await writeFile(users, `leduser:${await bcrypt.hash('ledpass', 4)}\n`);
    const guarded = resources.use(await Registry.start('--htpasswd', users));
    const [nobody, published] = [await closedPort(), await closedPort()];
    const words: [string, string][] = [
      ['/srv/led/e', files],
      ['localhost:5000', local(open)],
      ['localhost:5002', local(guarded)],
      ['localhost:5999', `localhost:${nobody}`],
      ['127.0.0.1:5999', `127.0.0.1:${nobody}`],
      ['18700', String(published)],
    ];
    const scene = new Scene(daemon, words, resources.move());
    await writeContexts(files, (text) => scene.here(text));
    await scene.#furnish();
    return scene;
  }

  /** A text of the ledger with this scene's addresses and paths. */
  here(text: string): string {
    return this.#words.reduce((result, [then, now]) => result.replaceAll(then, now), text);
  }

  /** Another image, of nothing but a few random bytes, under the given names; gives its id. */
  async freshImage(...names: string[]): Promise<string> {
    const [first = '', ...others] = names;
    const tar = await singleFileTar(randomBytes(8).toString('hex'));
    const id = await this.daemon.ok('docker', ['import', '-c', 'CMD ["/bin/sh"]', '-', first], { input: tar });
    for (const name of others) await this.daemon.ok('docker', ['tag', first, name]);
    return id.replace('sha256:', '').slice(0, 12);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#resources.disposeAsync();
  }

  async #furnish(): Promise<void> {
    const docker = (...args: string[]): Promise<string> => this.daemon.ok('docker', args.map((word) => this.here(word)));
    await this.daemon.ok('docker', ['import', '-c', 'CMD ["/bin/sh"]', '-', 'bb'], { input: await readFile(await busyboxTar()) });
    await docker('tag', 'bb', 'led-a:1');
    await docker('tag', 'bb', 'localhost:5000/led/bb:1');
    await docker('push', 'localhost:5000/led/bb:1');
    await docker('tag', 'bb', 'localhost:5002/led/bb:1');
    await docker('network', 'create', '--subnet', '10.88.0.0/24', 'led-net');
    await docker('run', '-d', '--name', 'led-run', '-p', '18700:80', '-v', 'led-vol:/d', 'bb', 'sleep', '1000');
    await docker('network', 'connect', 'led-net', 'led-run');
    await docker('run', '--name', 'led-stop', 'bb', 'true');
    await docker('create', '--name', 'led-new', 'bb', 'true');
    await docker('run', '-d', '--name', 'led-pause', 'bb', 'sleep', '1000');
    await docker('pause', 'led-pause');
    await docker('run', '-d', '--name', 'led-a1', 'led-a:1', 'sleep', '1000');
  }
}

function local(registry: Registry): string {
  return registry.address.replace('127.0.0.1', 'localhost');
}

/** A port where nobody listens, as far as one can know. */
async function closedPort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  const address = server.address();
  await new Promise((closed) => server.close(closed));
  return typeof address === 'object' && address ? address.port : 0;
}

async function singleFileTar(text: string): Promise<Buffer> {
  return Buffer.concat(await Array.fromAsync(writeTar([{ member: { name: 'x', type: 'file', mode: 0o644 }, body: text }])));
}
