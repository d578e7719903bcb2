/**
 * Build, ship, run, in one go: starts a daemon and a registry in a directory of its own, builds an image, runs it
 * twice, fetches its page, pushes it, removes it, pulls it back by digest, runs it again, and leaves nothing behind.
 * Prints each step with its milliseconds. Exit code 0 when every step held.
 */
import { mkdir, writeFile } from 'node:fs/promises';
import { get } from 'node:http';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { messageOf } from '#base';
import { until } from '../tests/support/command.ts';
import { Daemon } from '../tests/support/daemon.ts';
import { busyboxPackage, install, writeBusyboxTar } from '../tests/support/images.ts';
import { leaksOf } from '../tests/support/leaks.ts';
import { Registry } from '../tests/support/registry.ts';

const page = 'Naru 나루: built, shipped and run.';
const dockerfile = `FROM busybox
LABEL org.opencontainers.image.title="naru demo"
COPY index.html /var/www/index.html
RUN echo "built on $(date -u +%F)" > /var/www/built
EXPOSE 8080
CMD ["httpd", "-f", "-p", "8080", "-h", "/var/www"]
`;

try {
  process.exitCode = (await demo()) ? 0 : 1;
} catch (error) {
  console.error(messageOf(error));
  process.exitCode = 1;
}

async function demo(): Promise<boolean> {
  const began = performance.now();
  if (process.getuid?.() !== 0) throw new Error('the demo starts a daemon that makes containers, which takes root: sudo npm run demo');
  await step('see that busybox and nft are here', () => install(busyboxPackage, 'nft=nftables'));
  const { same, directory } = await crossing();
  const leaks = await leaksOf({ directory });
  for (const leak of leaks) console.log(`left behind: ${leak}`);
  console.log(`\n${same && leaks.length === 0 ? 'done' : 'FAILED'} in ${Math.round(performance.now() - began)} ms, ${leaks.length} things left behind`);
  return same && leaks.length === 0;
}

/** The whole way over: whether the digest before and after is the same, and where the daemon was. */
async function crossing(): Promise<{ readonly same: boolean; readonly directory: string }> {
  await using daemon = await step('start narud', () => Daemon.start('--log-level', 'error'));
  await using registry = await step('start naru-registry', () => Registry.start());
  const naru = (...args: string[]): Promise<string> => daemon.ok('naru', args);
  const image = `${registry.address}/demo/web:1`;
  const context = await writeContext(daemon.directory);

  const tar = join(daemon.directory, 'busybox.tar');
  await step('make a base image of busybox', () => writeBusyboxTar(tar));
  await step('import the base image', () => naru('import', tar, 'busybox'));
  await step('build the image', () => naru('build', '-t', image, context));
  const ports = [await freePort(), await freePort()];
  for (const port of ports) await serve(daemon, image, port);
  await step('push', () => naru('push', image));
  const pushed = await repoDigest(daemon, image);
  await step('remove the containers and the image', async () => {
    await naru('rm', '-f', ...ports.map(nameOf));
    await naru('rmi', image);
  });
  await step('pull it back by digest', () => naru('pull', pushed));
  const [port = 0] = ports;
  await serve(daemon, pushed, port);
  const pulled = await repoDigest(daemon, pushed);
  await step('remove it', () => naru('rm', '-f', nameOf(port)));
  console.log(`\n  pushed  ${pushed}\n  pulled  ${pulled}`);
  return { same: pushed === pulled, directory: daemon.directory };
}

async function serve(daemon: Daemon, image: string, port: number): Promise<void> {
  await step(`run it on port ${port}`, () => daemon.ok('naru', ['run', '-d', '--name', nameOf(port), '-p', `${port}:8080`, image]));
  const text = await step('fetch the page through the port', () => until('the page', () => fetchText(port)));
  if (text.trim() !== page) throw new Error(`the page reads ${JSON.stringify(text)}`);
}

async function repoDigest(daemon: Daemon, image: string): Promise<string> {
  const digests = await daemon.ok('naru', ['inspect', '--format', '{{join .RepoDigests "\\n"}}', image]);
  return digests.split('\n')[0] ?? '';
}

async function writeContext(directory: string): Promise<string> {
  const context = join(directory, 'context');
  await mkdir(context);
  await writeFile(join(context, 'Dockerfile'), dockerfile);
  await writeFile(join(context, 'index.html'), `${page}\n`);
  return context;
}

async function step<T>(name: string, work: () => Promise<T>): Promise<T> {
  const began = performance.now();
  const result = await work();
  console.log(`${(performance.now() - began).toFixed(0).padStart(7)} ms  ${name}`);
  return result;
}

function nameOf(port: number): string {
  return `demo-${port}`;
}

function fetchText(port: number): Promise<string> {
  return new Promise((resolve, reject) => {
    get({ host: '127.0.0.1', port, agent: false }, (response) => {
      response.toArray().then((chunks: Buffer[]) => resolve(Buffer.concat(chunks).toString()), reject);
    }).on('error', reject);
  });
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0);
  const address = server.address();
  await new Promise((closed) => server.close(closed));
  return typeof address === 'object' && address ? address.port : 0;
}
