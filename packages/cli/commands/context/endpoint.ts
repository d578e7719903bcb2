/** `--docker host=…,ca=…,cert=…,key=…,skip-tls-verify=…`. */
import { readFileSync } from 'node:fs';
import { InvalidArgument, parseBool } from '#base';
import { fileComplaint } from '../file-complaint.ts';
import { ContextStore, defaultContext, type DockerEndpointMeta, type TlsFiles } from '../../config/context-store.ts';

const keys = ['from', 'host', 'ca', 'cert', 'key', 'skip-tls-verify'];

/** The endpoint and its certificates. Throws InvalidArgument in Docker's words. */
export function endpointOf(settings: Readonly<Record<string, string>>, store: ContextStore, currentHost: string): { endpoint: DockerEndpointMeta; tls: TlsFiles } {
  const unknown = Object.keys(settings).filter((key) => !keys.includes(key));
  if (unknown.length > 0) throw new InvalidArgument(`unable to create docker endpoint config: ${unknown.map((key) => `unrecognized config key: ${key}`).join('\n')}`);
  const from = settings['from'];
  if (from === defaultContext) return { endpoint: { Host: currentHost, SkipTLSVerify: false }, tls: {} };
  if (from) return { endpoint: store.get(from).Endpoints.docker ?? { SkipTLSVerify: false }, tls: store.tls(from)['docker'] ?? {} };
  const file = (key: string): Buffer | undefined => (settings[key] ? readCertificate(settings[key]) : undefined);
  const files = { 'ca.pem': file('ca'), 'cert.pem': file('cert'), 'key.pem': file('key') };
  return {
    endpoint: { ...(settings['host'] ? { Host: settings['host'] } : {}), SkipTLSVerify: settings['skip-tls-verify'] ? parseBool(settings['skip-tls-verify']) : false },
    tls: Object.fromEntries(Object.entries(files).flatMap(([name, bytes]) => (bytes === undefined ? [] : [[name, bytes] as const]))),
  };
}

function readCertificate(path: string): Buffer {
  try {
    return readFileSync(path.replace(/^~(?=\/)/, process.env['HOME'] ?? '~'));
  } catch (error) {
    throw fileComplaint(error, 'open', path, 'unable to create docker endpoint config: ');
  }
}
