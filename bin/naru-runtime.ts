/** naru-runtime: runC's command line over Naru's runtime. */
import { fileURLToPath } from 'node:url';
import { runtimeMain } from '#runtime';

const shim = import.meta.url.endsWith('.ts') ? '../dist/naru-shim' : './naru-shim';
const shimPath = fileURLToPath(new URL(shim, import.meta.url));
process.exit(await runtimeMain({ words: process.argv.slice(2), shimPath, version: '0.1.0' }));
