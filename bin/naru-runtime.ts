/** naru-runtime: runC's command line over Naru's runtime. */
import { fileURLToPath } from 'node:url';
import { runtimeMain } from '#runtime';

/** Compiled by `npm ci`; the bundle lies in a folder beside it. */
const shimPath = fileURLToPath(new URL(import.meta.url.endsWith('.ts') ? '../dist/naru-shim' : '../naru-shim', import.meta.url));

void runtimeMain({ words: process.argv.slice(2), shimPath, version: '0.1.0' }).then((code) => process.exit(code));
