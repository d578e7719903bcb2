/** `--docker host=…,ca=…,cert=…,key=…,skip-tls-verify=…`. */
import { readFileSync } from 'node:fs';
import { InvalidArgument, messageOf, parseBool } from '#base';
import { parseHost } from '#client';
import { fileComplaint } from '../../file-complaint.ts';
import { ContextStore, defaultContext, type DockerEndpointMeta, type TlsFiles } from '../../config/context-store.ts';

const keys = ['from', 'host', 'ca', 'cert', 'key', 'skip-tls-verify'];

const problem = 'unable to create docker endpoint config: ';

/** The endpoint and its certificates; `defaultHost` gives that of the default context. Throws InvalidArgument in Docker's words. */
export function endpointOf(settings: Readonly<Record<string, string>>, store: ContextStore, defaultHost: () => string): { endpoint: DockerEndpointMeta; tls: TlsFiles } {
  const unknown = Object.keys(settings).filter((key) => !keys.includes(key));
  if (unknown.length > 0) throw new InvalidArgument(`${problem}${unknown.map((key) => `unrecognized config key: ${key}`).join('\n')}`);
  const { from, host } = settings;
  if (from === defaultContext) return { endpoint: { Host: defaultHost(), SkipTLSVerify: false }, tls: {} };
  if (from !== undefined) return stored(from, store);
  const file = (key: string): Buffer | undefined => (settings[key] ? readCertificate(settings[key]) : undefined);
  const files = { 'ca.pem': file('ca'), 'cert.pem': file('cert'), 'key.pem': file('key') };
  const endpoint = { ...(host ? { Host: host } : {}), SkipTLSVerify: skips(settings['skip-tls-verify']) };
  if (host) check(host, files);
  return { endpoint, tls: Object.fromEntries(Object.entries(files).flatMap(([name, bytes]) => (bytes === undefined ? [] : [[name, bytes] as const]))) };
}

function stored(name: string, store: ContextStore): { endpoint: DockerEndpointMeta; tls: TlsFiles } {
  try {
    return { endpoint: store.get(name).Endpoints.docker ?? { SkipTLSVerify: false }, tls: store.tls(name)['docker'] ?? {} };
  } catch (error) {
    throw new InvalidArgument(`${problem}${messageOf(error)}`, { cause: error });
  }
}

function skips(text: string | undefined): boolean {
  try {
    return text === undefined ? false : parseBool(text);
  } catch (error) {
    throw new InvalidArgument(`${problem}skip-tls-verify: ${messageOf(error).replace(/^strconv\.ParseBool: /, '')}`, { cause: error });
  }
}

/** Whether a client could be made of it: certificates are looked at for what is reached over the network. */
function check(host: string, files: Readonly<Record<'ca.pem' | 'cert.pem' | 'key.pem', Buffer | undefined>>): void {
  const scheme = host.split('://', 1)[0] ?? '';
  if (scheme !== 'unix' && scheme !== 'ssh') checkCertificates(files['ca.pem'], files['cert.pem'], files['key.pem']);
  const unusable = `${problem}${scheme === 'ssh' ? 'invalid docker endpoint options' : 'unable to apply docker endpoint options'}: `;
  if (scheme !== 'ssh' && /^[^]*?:\/\/$|^(?![^]*:\/\/)/.test(host)) throw new InvalidArgument(`${unusable}unable to parse docker host \`${host}\``);
  if (!['unix', 'tcp', 'http', 'https', 'ssh', 'npipe'].includes(scheme)) return; // whether it can be reached is seen when it is used
  try {
    parseHost(host);
  } catch (error) {
    throw new InvalidArgument(`${unusable}${messageOf(error)}`, { cause: error });
  }
}

function checkCertificates(authority: Buffer | undefined, certificate: Buffer | undefined, key: Buffer | undefined): void {
  const invalid = `${problem}invalid docker endpoint options: `;
  if (authority && !isPem(authority, 'CERTIFICATE')) throw new InvalidArgument(`${invalid}failed to retrieve context tls info: ca.pem seems invalid`);
  if (certificate && key && !isPem(key, '[^-]+')) throw new InvalidArgument(`${invalid}no valid private key found`);
  if (certificate && key && !isPem(certificate, 'CERTIFICATE')) throw new InvalidArgument(`${invalid}failed to retrieve context tls info: tls: failed to find any PEM data in certificate input`);
}

function isPem(bytes: Buffer, what: string): boolean {
  return new RegExp(`-----BEGIN ${what}-----[^]*-----END ${what}-----`).test(bytes.toString('latin1'));
}

function readCertificate(path: string): Buffer {
  try {
    return readFileSync(path.replace(/^~(?=\/)/, process.env['HOME'] ?? '~'));
  } catch (error) {
    throw fileComplaint(error, 'open', path, problem);
  }
}
