'use strict';
/*
 * Starts a bundled command for whose start people wait (build.ts writes this file beside the bundle). A loader of a few lines in the
 * place of Node's: the files are known, and each has beside it (`.cache`) V8's code for what it is likely to do, functions
 * and all. Node's own compile cache keeps only what is compiled when a file is loaded, which is half of the start's cost.
 * V8 refuses a cache of another version or other flags by itself; the file is then compiled as ever.
 *
 * With NARU_WARM set, what was compiled on the way is added to the caches at exit: build.ts does so.
 */
const { existsSync, readFileSync, renameSync, writeFileSync } = require('node:fs');
const { Script } = require('node:vm');

const scripts = new Map();
const loaded = new Map();

function load(path) {
  const known = loaded.get(path);
  if (known) return known.exports;
  const code = `(function (exports, require, module, __filename) {${readFileSync(path, 'utf8')}\n})`;
  const cache = `${path}.cache`;
  const script = new Script(code, { filename: path, cachedData: existsSync(cache) ? readFileSync(cache) : undefined });
  const module = { exports: {} };
  loaded.set(path, module);
  scripts.set(cache, script);
  script.runInThisContext()(module.exports, (id) => (id.startsWith('./') ? load(`${__dirname}/${id.slice(2)}`) : require(id)), module, path);
  return module.exports;
}

if (process.env.NARU_WARM) {
  process.on('exit', () => {
    for (const [path, script] of scripts) {
      writeFileSync(`${path}.tmp`, script.createCachedData());
      renameSync(`${path}.tmp`, path);
    }
  });
}

load(`${__dirname}/main.js`);
