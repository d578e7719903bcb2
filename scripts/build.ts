/**
 * Bundles the commands: every `bin/*.ts` and every `*.worker.ts` becomes a file of `dist/`, shared code goes into chunks
 * that load only when used. Then writes `bin/<name>`, each a few lines with this checkout's own Node 26 in the first.
 *
 * `naru` has a folder of its own, `dist/naru/`: people wait for its start, and as CommonJS in few files (what every
 * command needs, what every list needs, one for each command) it starts in two thirds of the time.
 */
import { chmodSync, globSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { basename, join, resolve } from 'node:path';
import { rolldown } from 'rolldown';

const root = resolve(import.meta.dirname, '..');
const commands = globSync('bin/*.ts', { cwd: root }).map((file) => basename(file, '.ts'));
const workers = globSync('packages/**/*.worker.ts', { cwd: root });
const input = Object.fromEntries([
  ...commands.filter((name) => name !== 'naru').map((name) => [name, join(root, 'bin', `${name}.ts`)]),
  ...workers.map((file) => [basename(file, '.ts'), join(root, file)]),
]);

for (const old of globSync('dist/**/*.js', { cwd: root })) rmSync(join(root, old), { force: true });
const bundle = await rolldown({ input, cwd: root, platform: 'node', treeshake: true, logLevel: 'warn' });
await bundle.write({
  dir: join(root, 'dist'),
  format: 'esm',
  entryFileNames: '[name].js',
  chunkFileNames: 'chunks/[name]-[hash].js',
  sourcemap: false,
});
await bundle.close();
await bundleNaru();

mkdirSync(join(root, 'bin'), { recursive: true });
for (const name of commands) writeCommand(name);
console.log(`built: ${commands.map((name) => `bin/${name}`).join(', ')}`);

async function bundleNaru(): Promise<void> {
  const everyCommand = /packages\/(?:cli\/(?:[\w-]+\.ts|command\/(?!usage|wrap|format-flag|flag-sizes)|commands\/tree|config\/(?!cred)|terminal\/(?:streams|signals))|client\/(?!dial-|stdcopy|json-stream|hijacked)|base\/(?:errors|quote|duration)\.ts)/;
  const onlySome = /packages\/cli\/(?:help|complete)\.ts/;
  const everyList = /packages\/(?:cli\/(?:template|format|command\/format-flag)|base\/human-size)/;
  const naru = await rolldown({ input: { naru: join(root, 'bin', 'naru.ts') }, cwd: root, platform: 'node', treeshake: true, preserveEntrySignatures: false, logLevel: 'warn' });
  await naru.write({
    dir: join(root, 'dist', 'naru'),
    format: 'cjs',
    entryFileNames: '[name].js',
    chunkFileNames: '[name]-[hash].js',
    comments: false,
    codeSplitting: {
      includeDependenciesRecursively: false,
      groups: [
        { name: 'core', test: (id) => everyCommand.test(id) && !onlySome.test(id) },
        { name: 'lists', test: everyList },
      ],
    },
  });
  await naru.close();
  writeFileSync(join(root, 'dist', 'naru', 'package.json'), '{ "type": "commonjs" }\n');
}

/** A path with a space, or one too long for a `#!` line (BINPRM_BUF_SIZE), is started through sh instead. */
function writeCommand(name: string): void {
  const node = join(root, 'node_modules', '.bin', 'node');
  const direct = !/\s/.test(node) && node.length < 240;
  const head = direct ? `#!${node}\n` : `#!/bin/sh\n':' //; exec "${node}" "$0" "$@"\n`;
  const body = `import { enableCompileCache } from 'node:module';\nimport { fileURLToPath } from 'node:url';\nenableCompileCache(fileURLToPath(new URL('../.cache/compile', import.meta.url)));\nawait import('../dist/${name === 'naru' ? 'naru/naru' : name}.js');\n`;
  const file = join(root, 'bin', name);
  writeFileSync(file, head + body);
  chmodSync(file, 0o755);
}
