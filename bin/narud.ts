/** narud, the daemon: reads its command line, chooses the drivers, serves the Engine API until told to end. */
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { collectSeldom, messageOf } from '#base';
import { endProcess, makeRoomInDelegation } from '#kernel';
import { enterHome, naruVersion, parseInvocation, runDaemon, usage, type Invocation } from '#engine';
import { claimScope } from '#runtime';
import { furnish, requireDrivers, runtimeOf } from './wiring/narud.ts';

/** Compiled by `npm ci`, beside the bundles. */
const shimPath = fileURLToPath(new URL(import.meta.url.endsWith('.ts') ? '../dist/naru-shim' : './naru-shim', import.meta.url));

try {
  await obey(parseInvocation(process.argv.slice(2)));
} catch (error) {
  console.error(`narud: ${messageOf(error)}`);
  endProcess(1);
}

async function obey(invocation: Invocation): Promise<void> {
  if (invocation.kind !== 'daemon') return tell(invocation.kind);
  if (process.geteuid?.() !== 0) {
    await claimScope().catch((error: unknown) => console.error(`narud: systemd gives no cgroup: ${messageOf(error)}`)); // without one limits are discarded, which each container is told
    await enterHome(invocation.config.execRoot, process.argv);
  }
  collectSeldom();
  requireMeans();
  makeRoomInDelegation();
  await runDaemon({
    ...invocation,
    require: requireDrivers,
    furnish: (config) => {
      const runtime = runtimeOf(config, shimPath);
      return { engine: furnish(config, runtime), runtime };
    },
  });
}

function tell(kind: Exclude<Invocation['kind'], 'daemon'>): void {
  if (kind === 'valid') process.stderr.write('configuration OK\n');
  else process.stdout.write(kind === 'usage' ? usage() : `Naru version ${naruVersion}\n`);
}

function requireMeans(): void {
  if (existsSync(shimPath)) return;
  throw new Error(`${shimPath} is not built: install its compiler with \`sudo apt-get install -y musl-tools linux-libc-dev\`, then run \`npm ci\``);
}
