/** The daemon's way out through proxies (`--http-proxy`, `--https-proxy`, `--no-proxy`, or the environment's). */
import type { EngineConfig, Log, Proxies } from '../context.ts';
import type { Values } from './flag-values.ts';

const variables = [['http', 'HTTP_PROXY'], ['https', 'HTTPS_PROXY'], ['none', 'NO_PROXY']] as const;

/** '' where nothing is said. */
export function proxiesOf(values: Values): Proxies {
  return { http: values.text('http-proxy'), https: values.text('https-proxy'), none: values.text('no-proxy') };
}

/** Writes what was configured into the environment, where every client of this process looks for it. */
export function applyProxies(proxies: Proxies, log: Log): void {
  for (const [key, upper] of variables) {
    const value = proxies[key];
    if (value === '') continue;
    for (const name of [upper, upper.toLowerCase()]) {
      const old = process.env[name];
      if (old && old !== value) log('warn', `overriding existing proxy variable with value from configuration: ${name} was ${maskCredentials(old)}, is ${maskCredentials(value)}`);
      process.env[name] = value;
    }
  }
}

/** As info and the log show them: those of the configuration, else the environment's. */
export function shownProxies({ proxies }: Pick<EngineConfig, 'proxies'>): Proxies {
  const shown = variables.map(([key, name]) => [key, maskCredentials(proxies[key] || process.env[name] || process.env[name.toLowerCase()] || '')]);
  return Object.fromEntries(shown) as unknown as Proxies;
}

/** A URL without its user and password. */
export function maskCredentials(text: string): string {
  const url = URL.parse(text);
  return !url || (url.username === '' && url.password === '') ? text : text.replace(/\/\/[^/]*@/, '//xxxxx:xxxxx@');
}
