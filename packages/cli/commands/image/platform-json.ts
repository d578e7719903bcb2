import { InvalidArgument, quote } from '#base';
import { parsePlatform } from '#spec';

/** The `platform` parameter of the image calls since API 1.48: JSON, or undefined for none. Throws InvalidArgument. */
export function platformJson(text: string): string | undefined {
  if (text === '') return undefined;
  const { architecture, os, variant } = platformOf(text, 'invalid platform: ');
  return JSON.stringify({ architecture, os, ...(variant === undefined ? {} : { variant }) });
}

/** `os[/architecture[/variant]]`. Throws InvalidArgument in the words of containerd's platforms package, after `prefix`. */
export function platformOf(text: string, prefix: string): ReturnType<typeof parsePlatform> {
  const parts = text.split('/');
  if (parts.length > 3) throw new InvalidArgument(`${prefix}${quote(text)}: cannot parse platform specifier: invalid argument`);
  const odd = parts.find((part, index) => !(index === 0 ? system : word).test(part));
  if (odd === undefined) return parsePlatform(text);
  const rule = odd === parts[0] ? `an invalid OS component of ${quote(text)}: OSAndVersion specifier component must match ${quote(system.source)}` : `an invalid component of ${quote(text)}: platform specifier component must match ${quote(word.source)}`;
  throw new InvalidArgument(`${prefix}${quote(odd)} is ${rule}: invalid argument`);
}

const system = /^([A-Za-z0-9_-]+)(?:\(([A-Za-z0-9_.-]*)\))?$/;
const word = /^[A-Za-z0-9_.-]+$/;
