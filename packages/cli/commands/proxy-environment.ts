import type { Cli } from '../cli.ts';

const variables: Readonly<Record<string, string>> = {
  httpProxy: 'HTTP_PROXY', httpsProxy: 'HTTPS_PROXY', ftpProxy: 'FTP_PROXY', noProxy: 'NO_PROXY', allProxy: 'ALL_PROXY',
};

/**
 * The proxy variables that the configuration file's `proxies` give to containers and builds, in both cases of letters,
 * for this engine or by default; those that `own` names already are left alone.
 */
export function proxyEnvironment(cli: Cli, own: readonly string[]): string[] {
  const proxies = cli.config.values.proxies;
  if (!proxies) return [];
  const settings = proxies[cli.engine().host] ?? proxies['default'] ?? {};
  const taken = new Set(own.map((pair) => pair.split('=', 1)[0] ?? ''));
  return Object.entries(variables).flatMap(([key, name]) => {
    const value = settings[key];
    if (!value) return [];
    return [name, name.toLowerCase()].filter((form) => !taken.has(form)).map((form) => `${form}=${value}`);
  });
}
