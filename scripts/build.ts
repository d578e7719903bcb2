/**
 * Bundles the commands: every `bin/*.ts` and every `*.worker.ts` becomes a file of `dist/`, shared code goes into chunks
 * that load only when used. Then writes `bin/<name>`, each a few lines with this checkout's own Node 26 in the first.
 *
 * `naru` and `naru-runtime` have folders of their own, `dist/naru/`: people and engines wait for their start. They are CommonJS in
 * few files (what every command needs, what every list or launch needs, one for each command), and single executables with a
 * start-up snapshot of the files that are used most (start.cjs tells how).
 */
import { execFileSync } from 'node:child_process';
import { chmodSync, globSync, mkdirSync, readFileSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { basename, dirname, join, relative, resolve } from 'node:path';
import { type OutputOptions, rolldown, type RolldownBuild } from 'rolldown';
import { buildExecutable, noDebugger, shortLived } from './executable.ts';
import { warmNaru, warmRuntime } from './warm.ts';

const root = resolve(import.meta.dirname, '..');
const commands = globSync('bin/*.ts', { cwd: root }).map((file) => basename(file, '.ts'));
/** Those that start by start.cjs. */
const quick = ['naru', 'naru-runtime'];
/** SIGUSR1, at which dockerd tells what it is doing, has Node open its debugger to every user of the machine, unless somebody listens. */
const closedDebugger = "process.on('SIGUSR1', () => {});\n";
const workers = globSync('packages/**/*.worker.ts', { cwd: root });
const input = Object.fromEntries([
  ...commands.filter((name) => !quick.includes(name)).map((name) => [name, join(root, 'bin', `${name}.ts`)]),
  ...workers.map((file) => [basename(file, '.ts'), join(root, file)]),
]);

/* With it Node tells of itself in every rehearsal, more than is read, and a snapshot would go on with that. */
delete process.env['NODE_DEBUG'];

/* All of it is there before any of the last build goes: a build that fails leaves what worked. */
const files = [...(await bundleCommands()), ...(await bundleRuntime()), ...(await bundleNaru())];
for (const old of globSync('dist/**/*.{js,cache}', { cwd: root })) rmSync(join(root, old), { force: true });
for (const { path, text } of files) {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, text);
}

writeFileSync(join(root, 'dist', 'build.json'), `${JSON.stringify({ commit: commitOf(), time: new Date().toISOString() })}\n`);
mkdirSync(join(root, 'bin'), { recursive: true });
for (const name of commands) writeCommand(name);
await warmNaru(startOf('naru'));
await warmRuntime(startOf('naru-runtime'));
await Promise.all(quick.map(linkExecutable));
console.log(`built: ${commands.map((name) => `bin/${name}`).join(', ')}`);

interface BuiltFile {
  readonly path: string;
  readonly text: string | Uint8Array;
}

async function bundleCommands(): Promise<BuiltFile[]> {
  const bundle = await rolldown({ input, cwd: root, platform: 'node', treeshake: true, logLevel: 'warn' });
  return generate(bundle, join(root, 'dist'), {
    format: 'esm',
    entryFileNames: '[name].js',
    chunkFileNames: 'chunks/[name]-[hash].js',
    sourcemap: false,
  });
}

/** Few files too: callers start it several times for each container. */
async function bundleRuntime(): Promise<BuiltFile[]> {
  const seldom = /bin\/naru-runtime|packages\/(?:runtime\/(?:cli\/commands\/(?!create|run|start|exec|state|delete|kill)|direct\/(?:restore|stats)|criu\/|systemd\/|features|host-hooks|host-side|net-devices)|kernel\/(?:netlink|netns|packets)|base\/(?:tar|ip))/;
  const bundle = await rolldown({ input: { main: join(root, 'bin', 'naru-runtime.ts') }, cwd: root, platform: 'node', treeshake: true, preserveEntrySignatures: false, logLevel: 'warn' });
  return generateQuick('naru-runtime', bundle, { core: (id) => !seldom.test(id) });
}

/** The checkout's commit; a copy without git's own directory has none to tell. */
function commitOf(): string {
  try {
    return execFileSync('git', ['rev-parse', '--short', 'HEAD'], { cwd: root, encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }).trim();
  } catch {
    return 'unknown';
  }
}

async function bundleNaru(): Promise<BuiltFile[]> {
  const everyCommand = /packages\/(?:cli\/(?:[\w-]+\.ts|command\/(?!format-flag|flag-sizes)|commands\/tree|config\/(?!cred)|terminal\/(?:streams|signals|typed))|client\/(?!dial-)|base\/(?:errors|quote|duration)\.ts)/;
  const onlySome = /packages\/cli\/(?:help|complete[\w-]*)\.ts/;
  const everyList = /packages\/(?:cli\/(?:template|format|command\/format-flag)|base\/human-size)/;
  const naru = await rolldown({ input: { main: join(root, 'bin', 'naru.ts') }, cwd: root, platform: 'node', treeshake: true, preserveEntrySignatures: false, logLevel: 'warn' });
  return generateQuick('naru', naru, { core: (id) => everyCommand.test(id) && !onlySome.test(id), lists: (id) => everyList.test(id) });
}

/** CommonJS in a folder of its own; `groups` says which modules go into one file together. */
async function generateQuick(name: string, bundle: RolldownBuild, groups: Readonly<Record<string, (id: string) => boolean>>): Promise<BuiltFile[]> {
  const directory = join(root, 'dist', name);
  const built = await generate(bundle, directory, {
    format: 'cjs',
    entryFileNames: '[name].js',
    chunkFileNames: '[name]-[hash].js',
    minify: true, // a snapshot keeps the source too, and every name in it
    codeSplitting: { includeDependenciesRecursively: false, groups: Object.entries(groups).map(([group, test]) => ({ name: group, test })) },
  });
  const ascii = built.map(({ path, text }) => ({ path, text: typeof text === 'string' ? escaped(text) : text }));
  const back = ascii.find(({ path, text }) => basename(path) !== 'main.js' && /require\(["'`]\.\/main\.js/.test(String(text)));
  if (back) throw new Error(`${back.path} loads main.js, which runs the command: a module that both need has to be in a group`);
  return [...ascii, { path: join(directory, 'package.json'), text: '{ "type": "commonjs" }\n' }];
}

/** A source with one letter that is no Latin one is kept with two bytes for each. Minified code has such in strings and patterns alone. */
function escaped(code: string): string {
  return code.replace(/[^\0-\x7f]/g, (letter) => `\\u${letter.charCodeAt(0).toString(16).padStart(4, '0')}`);
}

async function generate(bundle: RolldownBuild, directory: string, options: OutputOptions): Promise<BuiltFile[]> {
  try {
    const { output } = await bundle.generate(options);
    return output.map((file) => ({ path: join(directory, file.fileName), text: file.type === 'chunk' ? file.code : file.source }));
  } finally {
    await bundle.close();
  }
}

/** A path with a space, or one too long for a `#!` line (BINPRM_BUF_SIZE), is started through sh instead, as is what needs two flags: the line has one word. */
function writeCommand(name: string): void {
  const node = join(root, 'node_modules', '.bin', 'node');
  const direct = !/\s/.test(node) && node.length < 240;
  const head = (...flags: string[]) => (direct && flags.length < 2 ? `#!${[node, ...flags].join(' ')}\n` : `#!/bin/sh\n':' //; exec "${node}" ${flags.join(' ')} "$0" "$@"\n`);
  const file = join(root, 'bin', name);
  if (quick.includes(name)) return linkQuick(name, file, head('--single-threaded', ...(name === 'naru-runtime' ? [noDebugger] : []))); // executable.ts tells why
  const body = `import { enableCompileCache } from 'node:module';\nimport { fileURLToPath } from 'node:url';\nenableCompileCache(fileURLToPath(new URL('../.cache/compile', import.meta.url)));\n${closedDebugger}await import('../dist/${name}.js');\n`;
  writeFileSync(file, head() + body);
  chmodSync(file, 0o755);
}

/** `bin/naru` leads into `dist/naru/`: to the executable once it is built. */
function linkQuick(name: string, file: string, head: string): void {
  const start = startOf(name);
  writeFileSync(start, head + readFileSync(join(root, 'scripts', 'start.cjs'), 'utf8'));
  chmodSync(start, 0o755);
  link(file, start);
}

/** Where no executable can be built, the command goes on starting by start.cjs. */
async function linkExecutable(name: string): Promise<void> {
  const start = startOf(name);
  const executable = join(dirname(start), name);
  try {
    await (name === 'naru-runtime' ? buildExecutable(start, executable, shortLived, [noDebugger]) : buildExecutable(start, executable, [], []));
    link(join(root, 'bin', name), executable);
  } catch (error) {
    console.error(`naru: ${name} stays without a single executable and starts slower: ${String(error).slice(0, 1000)}`);
  }
}

/** Nobody finds `file` missing meanwhile. */
function link(file: string, target: string): void {
  const temporary = `${file}.tmp`;
  rmSync(temporary, { force: true });
  symlinkSync(relative(dirname(file), target), temporary);
  renameSync(temporary, file);
}

function startOf(name: string): string {
  return join(root, 'dist', name, 'start.cjs');
}
