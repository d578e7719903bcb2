/** What the machine is: its distribution. */
import { readOr } from '#kernel';

/** `PRETTY_NAME` and `VERSION_ID` of os-release(5). */
export function operatingSystem(text: string = readOr('/etc/os-release', readOr('/usr/lib/os-release', ''))): { name: string; version: string } {
  const fields = new Map<string, string>();
  for (const line of text.split('\n')) {
    const [, key, value] = /^([A-Z_]+)=(?:"(.*)"|'(.*)'|.*)$/.exec(line) ?? [];
    if (key) fields.set(key, value ?? line.slice(key.length + 1).replace(/^'|'$/g, ''));
  }
  return { name: fields.get('PRETTY_NAME') ?? 'Linux', version: fields.get('VERSION_ID') ?? '' };
}
