import { readFileSync } from 'node:fs';
import { tolerating } from '#base';

/** Which checkout the daemon was built from, and when (RFC 3339), as `scripts/build.ts` wrote it beside the bundle. Run from its source it is neither. */
export function buildFacts(): { readonly commit: string; readonly time: string } {
  return (facts ??= read());
}

let facts: { readonly commit: string; readonly time: string } | undefined;

function read(): { readonly commit: string; readonly time: string } {
  return tolerating(['ENOENT'], { commit: 'source', time: '' }, () => JSON.parse(readFileSync(new URL('./build.json', import.meta.url), 'utf8')) as { commit: string; time: string });
}
