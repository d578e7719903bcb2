/**
 * Bundles the commands: every `bin/*.ts` and every `*.worker.ts` becomes a file of `dist/`, shared code goes into chunks
 * that load only when used. Then writes `bin/<name>`, each a few lines with this checkout's own Node 26 in the first.
 */
import { chmodSync, globSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { basename, join, resolve } from 'node:path';
import { rolldown } from 'rolldown';

const root = resolve(import.meta.dirname, '..');
const commands = globSync('bin/*.ts', { cwd: root }).map((file) => basename(file, '.ts'));
const workers = globSync('packages/**/*.worker.ts', { cwd: root });
const input = Object.fromEntries([
  ...commands.map((name) => [name, join(root, 'bin', `${name}.ts`)]),
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

mkdirSync(join(root, 'bin'), { recursive: true });
for (const name of commands) writeCommand(name);
console.log(`built: ${commands.map((name) => `bin/${name}`).join(', ')}`);

/** A path with a space, or one too long for a `#!` line (BINPRM_BUF_SIZE), is started through sh instead. */
function writeCommand(name: string): void {
  const node = join(root, 'node_modules', '.bin', 'node');
  const direct = !/\s/.test(node) && node.length < 240;
  const head = direct ? `#!${node}\n` : `#!/bin/sh\n':' //; exec "${node}" "$0" "$@"\n`;
  const body = `import { enableCompileCache } from 'node:module';\nenableCompileCache(new URL('../.cache/compile', import.meta.url).pathname);\nawait import('../dist/${name}.js');\n`;
  const file = join(root, 'bin', name);
  writeFileSync(file, head + body);
  chmodSync(file, 0o755);
}
