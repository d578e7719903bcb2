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
const { dirname, join } = require('node:path');

const building = process.env.NARU_SNAPSHOT;
let directory = building ?? __dirname;
/** In an executable, until it is known where its files are: one of them whose name no other build has. */
let hallmark;
/** Builtins that a snapshot cannot hold: they come when something of them is asked for. */
const deferred = /^(?:node:)?(?:child_process|crypto|https?|module|os|tls|worker_threads|zlib)$/;
const bodies = new Map();
const loaded = new Map();

/** For modules that look for files beside them. */
Object.defineProperty(globalThis, '__filename', { get: () => `${home()}/main.js` });

if (building) buildSnapshot();
else load('./main.js');

/** The executable of a copied checkout has its files beside it; what a copy of the executable alone needs is where it was built. */
function home() {
  if (hallmark) {
    const beside = dirname(process.execPath);
    if (existsSync(join(beside, hallmark))) directory = beside;
    hallmark = undefined;
  }
  return directory;
}

function load(id) {
  const known = loaded.get(id);
  if (known) return known.exports;
  const body = compile(id);
  const module = { exports: {} };
  loaded.set(id, module);
  body(module.exports, requireFrom, module);
  return module.exports;
}

/** A snapshot can hold functions, and no Script. */
function compile(id) {
  const known = bodies.get(id);
  if (known) return known;
  const { Script } = require('node:vm');
  const path = join(home(), id);
  const code = `(function (exports, require, module) {${readFileSync(path, 'utf8')}\n})`;
  const cache = `${path}.cache`;
  const script = new Script(code, { filename: path, cachedData: !building && existsSync(cache) ? readFileSync(cache) : undefined });
  if (process.env.NARU_WARM) process.on('exit', () => writeCache(cache, script.createCachedData()));
  const body = script.runInThisContext();
  bodies.set(id, body);
  return body;
}

function writeCache(path, data) {
  writeFileSync(`${path}.tmp`, data);
  renameSync(`${path}.tmp`, path);
}

function requireFrom(id) {
  if (id.startsWith('./')) return load(id);
  if (building && deferred.test(id)) return new Proxy({}, { get: (_, name) => process.getBuiltinModule(id)[name] });
  return require(id);
}

/** Functions are compiled with their files here: a snapshot keeps what is compiled, and knows no cache. */
async function buildSnapshot() {
  const v8 = require('node:v8');
  const used = readdirSync(directory).filter((name) => existsSync(join(directory, `${name}.cache`))).map((name) => `./${name}`);
  await keepWhatIsUsed(v8, used);
  v8.setFlagsFromString('--no-lazy');
  for (const id of used) compile(id);
  v8.setFlagsFromString('--lazy');
  for (const id of used) if (id !== './main.js') load(id);
  v8.startupSnapshot.setDeserializeMainFunction(() => {
    hallmark = used.find((id) => id !== './main.js');
    load('./main.js');
  });
}

/**
 * Of Node's functions some 3,000 have run by now, nearly all of them for the last time, and half of what a start would read is
 * their code. It is dropped, and what each start needs is compiled again by doing it: Node's own preparations
 * (`--expose-internals`), then what the commands use (practice.cjs).
 */
async function keepWhatIsUsed(v8, used) {
  for (const id of used) for (const [, name] of readFileSync(join(directory, id), 'utf8').matchAll(/require\(["'`](node:[\w/]+)["'`]\)/g)) if (!deferred.test(name)) require(name);
  v8.setFlagsFromString('--flush-bytecode');
  v8.setFlagsFromString('--stress-flush-code');
  v8.queryObjects(Object); // collects all garbage first
  v8.setFlagsFromString('--no-stress-flush-code');
  v8.setFlagsFromString('--no-flush-bytecode');
  require('internal/process/pre_execution').prepareMainThreadExecution(true);
  await load('./practice.cjs')(process.env.NARU_PRACTICE);
  bodies.delete('./practice.cjs');
  loaded.delete('./practice.cjs');
}
