/** `-v [SOURCE:]TARGET[:OPTIONS]`. */
import { isAbsolute, resolve } from 'node:path';
import { InvalidArgument } from '#base';

/** What `-v` flags ask for: binds and named volumes as texts, anonymous volumes by path. Throws InvalidArgument. */
export function parseVolumes(specs: readonly string[]): { binds: string[]; anonymous: Record<string, Record<string, never>> } {
  const binds: string[] = [];
  const anonymous: Record<string, Record<string, never>> = {};
  for (const spec of specs) {
    const source = sourceOf(spec);
    if (source === '') anonymous[spec] = {};
    else if (!binds.includes(spec)) binds.push(isPath(source) ? absolute(spec) : spec);
  }
  return { binds, anonymous };
}

/** The source of a spec, empty for an anonymous volume. A letter before a colon is taken for a Windows drive, as Docker takes it. */
function sourceOf(spec: string): string {
  if (spec === '') throw new InvalidArgument('invalid empty volume spec');
  if (spec.length <= 2) return '';
  const sections = sectionsOf(spec);
  if (sections.some((section) => section === '')) throw new InvalidArgument(`invalid spec: ${spec}: empty section between colons`);
  if (sections.length > 3) throw new InvalidArgument(`invalid spec: ${spec}: too many colons`);
  return sections.length === 1 ? '' : (sections[0] ?? '');
}

function sectionsOf(spec: string): string[] {
  const sections: string[] = [];
  for (const part of spec.split(':')) {
    const last = sections.at(-1);
    if (last !== undefined && /^\p{L}$/u.test(last)) sections[sections.length - 1] = `${last}:${part}`;
    else sections.push(part);
  }
  return sections;
}

function isPath(source: string): boolean {
  return /^[./~]/.test(source);
}

/** `./a:/b` from where the command was called; other paths as they are. */
function absolute(spec: string): string {
  const at = spec.indexOf(':');
  const source = spec.slice(0, at);
  return !isAbsolute(source) && source.startsWith('.') ? `${resolve(source)}:${spec.slice(at + 1)}` : spec;
}
