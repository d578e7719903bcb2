/**
 * A single executable of Node and a bundled command (https://nodejs.org/api/single-executable-applications.html), with a
 * start-up snapshot of the files that a rehearsal used (start.cjs, warm.ts): what is loaded and compiled while it is built is there at
 * every start. It finds what else it loads beside itself, so that a checkout can be copied; a copy of it alone, where it was built.
 */
import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { renameSync, rmSync, writeFileSync } from 'node:fs';
import { copyFile, mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { dropCodeCaches } from './code-caches.ts';

/**
 * V8's flags, of the building and of each start. The seed of hashes stays the snapshot's: making another costs a tenth of the start,
 * and a command that ends with its one task serves nobody who could fill a table of it. What is compiled stays in the snapshot.
 * V8 has no threads of its own: one that compiles while the command ends, and asks for a collection of garbage to go on, would wait for the
 * main thread for ever, which waits for it (`process.exit` joins them; seen once in some thousand starts of this form).
 */
const flags = ['--no-rehash-snapshot', '--no-flush-bytecode', '--single-threaded'];

/**
 * Node reads `NODE_OPTIONS` and looks for `--env-file` among all words even in an executable: the user's are not meant for it, but for
 * the command (`run --env-file`) or for a container. It looks no further than `--`.
 */
const form = { disableExperimentalSEAWarning: true, useSnapshot: true, execArgvExtension: 'none' };

/**
 * For a command of a few milliseconds' JavaScript: V8's quick compilers cost it more than they save. A table of some hundred rows is
 * slower without them.
 */
export const shortLived: readonly string[] = ['--no-sparkplug', '--no-maglev'];

/** Node's four threads for V8, which gives them nothing to do here, are woken and waited for at each `process.exit`; 0 would be four too. */
const fewestThreads = '--v8-pool-size=1';

/** SIGUSR1 has Node open its debugger to every user of the machine, in a command's first milliseconds too: with this it is blocked. */
export const noDebugger = '--disable-sigusr1';

/**
 * Makes `executable` of `start`, the start.cjs beside a bundle, in place of one that may be running; `own` are flags of V8's for this one
 * alone, `nodes` are Node's. Rejects with what Node says.
 */
export async function buildExecutable(start: string, executable: string, own: readonly string[], nodes: readonly string[]): Promise<void> {
  const directory = dirname(start);
  const configuration = join(directory, 'sea.json');
  const output = `${executable}.new`;
  const v8 = [...flags, ...own];
  writeFileSync(configuration, JSON.stringify({ main: start, output, ...form, execArgv: [...v8, fewestThreads, ...nodes, '--'] }));
  try {
    await copyFile(join(import.meta.dirname, 'practice.cjs'), join(directory, 'practice.cjs'));
    await withPractice(async (practice) => {
      const words = [...v8, '--expose-internals', '--no-warnings', '--build-sea', configuration];
      await promisify(execFile)(process.execPath, words, { env: { ...process.env, NARU_SNAPSHOT: directory, NARU_PRACTICE: practice } });
    });
    leaveOutCodeCaches(output, start);
    renameSync(output, executable);
  } finally {
    rmSync(output, { force: true });
  }
}

/** Gives `use` a directory as practice.cjs wants it. */
export async function withPractice(use: (directory: string) => Promise<void>): Promise<void> {
  const directory = await mkdtemp(join(tmpdir(), 'naru-practice-'));
  const echo = createServer((socket) => socket.on('error', () => {}).pipe(socket)); // it hangs up
  try {
    echo.listen(join(directory, 'echo'));
    await once(echo, 'listening');
    await use(directory);
  } finally {
    echo.close();
    await rm(directory, { recursive: true, force: true });
  }
}

/** Without that the executable starts slower, and does the same. */
function leaveOutCodeCaches(executable: string, start: string): void {
  try {
    dropCodeCaches(executable, start);
  } catch (error) {
    console.error(`naru: ${executable} keeps the code of all of Node's builtins and starts slower: ${String(error)}`);
  }
}
