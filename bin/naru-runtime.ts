/** naru-runtime: runC's command line over Naru's runtime. */
import { fileURLToPath } from 'node:url';
import { plainStandardError } from '#base';
import { endCommand } from '#kernel';
import { runtimeMain } from '#runtime';

/** Compiled by `npm ci`; the bundle lies in a folder beside it. */
const shimPath = fileURLToPath(new URL(import.meta.url.endsWith('.ts') ? '../dist/naru-shim' : '../naru-shim', import.meta.url));

plainStandardError(); // all is written to the descriptor

void runtimeMain({ words: process.argv.slice(2), shimPath, version: '0.1.0' }).then((code) => endCommand(code));
