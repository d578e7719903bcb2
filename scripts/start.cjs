'use strict';
/*
 * Starts a bundled command for whose start people wait (build.ts writes this file beside the bundle), in either of two forms:
 *
 * - As the main file of a single executable, `dist/NAME/NAME`, built with NARU_SNAPSHOT set to this directory: what a rehearsal
 *   has used (warm.ts) is loaded while the executable is built, and kept in it, V8's code and Node's own modules with it, as a
 *   start-up snapshot. `main.js` runs at the start.
 * - By Node, `start.cjs`: the files are known, and each has beside it (`.cache`) V8's code for what it is likely to do, functions
 *   and all. Node's own compile cache keeps only what is compiled when a file is loaded, which is half of the start's cost.
 *   V8 refuses a cache of another version or other flags by itself; the file is then compiled as ever.
 *
 * With NARU_WARM set, what was compiled on the way is added to the caches at exit.
 */
const { existsSync, readdirSync, readFileSync, renameSync, writeFileSync } = require('node:fs');

const building = process.env.NARU_SNAPSHOT;
const directory = building ?? __dirname;
/** Builtins that a snapshot cannot hold: they come when something of them is asked for. */
const deferred = /^(?:node:)?(?:child_process|crypto|https?|module|os|tls|worker_threads|zlib)$/;
const bodies = new Map();
const loaded = new Map();

if (building) buildSnapshot();
else load(`${directory}/main.js`);

function load(path) {
  const known = loaded.get(path);
  if (known) return known.exports;
  const body = compile(path);
  const module = { exports: {} };
  loaded.set(path, module);
  body(module.exports, requireFrom, module, path);
  return module.exports;
}

/** A snapshot can hold functions, and no Script. */
function compile(path) {
  const known = bodies.get(path);
  if (known) return known;
  const { Script } = require('node:vm');
  const code = `(function (exports, require, module, __filename) {${readFileSync(path, 'utf8')}\n})`;
  const cache = `${path}.cache`;
  const script = new Script(code, { filename: path, cachedData: !building && existsSync(cache) ? readFileSync(cache) : undefined });
  if (process.env.NARU_WARM) process.on('exit', () => writeCache(cache, script.createCachedData()));
  const body = script.runInThisContext();
  bodies.set(path, body);
  return body;
}

function writeCache(path, data) {
  writeFileSync(`${path}.tmp`, data);
  renameSync(`${path}.tmp`, path);
}

function requireFrom(id) {
  if (id.startsWith('./')) return load(`${directory}/${id.slice(2)}`);
  if (building && deferred.test(id)) return new Proxy({}, { get: (_, name) => process.getBuiltinModule(id)[name] });
  return require(id);
}

/** Functions are compiled with their files here: a snapshot keeps what is compiled, and knows no cache. */
function buildSnapshot() {
  const v8 = require('node:v8');
  const main = `${directory}/main.js`;
  v8.setFlagsFromString('--no-lazy');
  const used = readdirSync(directory).filter((name) => existsSync(`${directory}/${name}.cache`)).map((name) => `${directory}/${name}`);
  for (const path of used) compile(path);
  v8.setFlagsFromString('--lazy');
  for (const path of used) if (path !== main) load(path);
  v8.startupSnapshot.setDeserializeMainFunction(() => load(main));
}
