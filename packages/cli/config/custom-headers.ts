/** Headers for every request by the environment: `DOCKER_CUSTOM_HEADERS=name=value,name=value`, a CSV record. */
import { InvalidArgument } from '#base';
import { parseCsvLine } from '../command/flag-types.ts';

const failed = (step: 'parse' | 'set', what: string, cause?: unknown): InvalidArgument =>
  new InvalidArgument(`Failed to initialize: failed to ${step} custom headers from DOCKER_CUSTOM_HEADERS environment variable: ${what}`, { cause });

/** Undefined where the variable is not set: then the configuration file's are used. Throws InvalidArgument in Docker's words. */
export function customHeaders(env: Readonly<Record<string, string | undefined>>): Record<string, string> | undefined {
  const text = env['DOCKER_CUSTOM_HEADERS'] ?? '';
  if (text === '') return undefined;
  return Object.fromEntries(pairsIn(text).map((pair): [string, string] => {
    const [name = '', ...rest] = pair.split('=');
    if (name.trim() === '') throw failed('set', `value contains a key=value pair with an empty key: '${pair}'`);
    if (rest.length === 0) throw failed('set', `missing "=" in key=value pair: '${pair}'`);
    return [name.trim(), rest.join('=')];
  }));
}

function pairsIn(text: string): string[] {
  try {
    return parseCsvLine(text);
  } catch (error) {
    throw failed('parse', 'value must be formatted as comma-separated key=value pairs', error);
  }
}
