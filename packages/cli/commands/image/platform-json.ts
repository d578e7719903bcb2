import { InvalidArgument, messageOf, quote } from '#base';
import { parsePlatform, type Platform } from '#spec';

/** The `platform` parameter of the image calls since API 1.48: JSON, or undefined for none. Throws InvalidArgument, its words after `prefix`: docker's commands differ in it. */
export function platformJson(text: string, prefix = ''): string | undefined {
  if (text === '') return undefined;
  const { architecture, os, variant } = asWritten(text, platformOf(text, prefix));
  return JSON.stringify({ architecture, os, ...(variant === undefined ? {} : { variant }) });
}

/** What goes without saying is sent where it was said, and is not where it was not. */
function asWritten(text: string, platform: Platform): Platform {
  const said = text.split('/').length === 3;
  const { architecture, os, variant } = platform;
  if (said && architecture === 'arm64') return { architecture, os, variant: variant ?? 'v8' };
  return !said && architecture === 'arm' && variant === 'v7' ? { architecture, os } : platform;
}

/** `os[/architecture[/variant]]`. Throws InvalidArgument in the words of containerd's platforms package, after `prefix`. */
export function platformOf(text: string, prefix: string): Platform {
  const parts = text.split('/');
  if (parts.length > 3) throw new InvalidArgument(`${prefix}${quote(text)}: cannot parse platform specifier: invalid argument`);
  const odd = parts.find((part, index) => !(index === 0 ? system : word).test(part));
  if (odd === undefined) return parsed(text, prefix);
  const rule = odd === parts[0] ? `an invalid OS component of ${quote(text)}: OSAndVersion specifier component must match ${quote(system.source)}` : `an invalid component of ${quote(text)}: platform specifier component must match ${quote(word.source)}`;
  throw new InvalidArgument(`${prefix}${quote(odd)} is ${rule}: invalid argument`);
}

function parsed(text: string, prefix: string): Platform {
  try {
    return parsePlatform(text);
  } catch (error) {
    throw new InvalidArgument(`${prefix}${messageOf(error)}`, { cause: error });
  }
}

const system = /^([A-Za-z0-9_-]+)(?:\(([A-Za-z0-9_.-]*)\))?$/;
const word = /^[A-Za-z0-9_.-]+$/;
