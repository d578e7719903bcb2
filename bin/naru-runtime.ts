/** naru-runtime: runC's command line over Naru's runtime. */
import { dirname, join } from 'node:path';
import { plainStandardError } from '#base';
import { endCommand } from '#kernel';
import { runtimeMain } from '#runtime';

/** Compiled by `npm ci`; the bundle lies in a folder beside it. */
const shimPath = join(dirname(import.meta.filename), import.meta.filename.endsWith('.ts') ? '../dist/naru-shim' : '../naru-shim');

plainStandardError(); // all is written to the descriptor

void runtimeMain({ words: process.argv.slice(2), shimPath, version: '0.1.0' }).then((code) => endCommand(code));
