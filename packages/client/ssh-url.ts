/** `ssh://[USER@]HOST[:PORT][/SOCKET]`, read as Go's net/url reads it: ssh itself says what of it is none. */
import { InvalidArgument, quote } from '#base';

export interface SshUrl {
  readonly host: string;
  readonly port: string | undefined;
  readonly user: string | undefined;
  readonly socket: string | undefined;
}

/** A host that begins with `ssh://` and cannot be one. */
export class InvalidSshUrl extends InvalidArgument {}

/** Throws InvalidSshUrl in Docker's words. */
export function parseSshUrl(text: string): SshUrl {
  const fail = (what: string) => new InvalidSshUrl(`parse ${quote(text)}: ${what}`);
  if (/\p{Cc}/u.test(text)) throw fail('net/url: invalid control character in URL');
  const [, address = '', query = '', fragment = ''] = /^ssh:\/\/([^?#]*)(?:\?([^#]*))?(?:#(.*))?$/.exec(text) ?? [];
  const [, authority = '', path = ''] = /^([^/]*)(.*)$/.exec(address) ?? [];
  const at = authority.lastIndexOf('@');
  const userInfo = authority.slice(0, Math.max(0, at));
  if (!/^[\w\-.:~!$&'()*+,;=%@]*$/.test(userInfo)) throw fail('net/url: invalid userinfo');
  const { host, port } = splitHost(authority.slice(at + 1), fail);
  const refuse = (what: string) => new InvalidSshUrl(`ssh host connection is not valid: invalid SSH URL: ${what}`);
  if (userInfo.includes(':')) throw refuse('plain-text password is not supported');
  if (host === '') throw refuse('hostname is empty');
  if (query !== '') throw refuse(`query parameters are not allowed: ${quote(query)}`);
  if (fragment !== '') throw refuse(`fragments are not allowed: ${quote(fragment)}`);
  const socket = unescaped(path, fail);
  return { host, port: port || undefined, user: unescaped(userInfo, fail) || undefined, socket: socket === '' || socket === '/' ? undefined : socket };
}

type Fail = (what: string) => InvalidSshUrl;

/** An address in brackets, or a name; what follows the last colon is the port. */
function splitHost(text: string, fail: Fail): { host: string; port: string } {
  const end = text.lastIndexOf(']');
  if (text.startsWith('[') && end < 0) throw fail("missing ']' in host");
  const colon = text.startsWith('[') ? end + 1 : text.lastIndexOf(':');
  const [name, rest] = colon < 0 ? [text, ''] : [text.slice(0, colon), text.slice(colon)];
  if (!/^(?::\d*)?$/.test(rest)) throw fail(`invalid port ${quote(rest)} after host`);
  const odd = /[^\w\-.~!$&'()*+,;=:[\]<>"%\x80-\u{10ffff}]/u.exec(name)?.[0];
  if (odd !== undefined) throw fail(`invalid character ${quote(odd)} in host name`);
  return { host: unescaped(name.startsWith('[') ? name.slice(1, -1) : name, fail), port: rest.slice(1) };
}

function unescaped(text: string, fail: Fail): string {
  const odd = /%(?![\da-f]{2}).{0,2}/i.exec(text)?.[0];
  if (odd !== undefined) throw fail(`invalid URL escape ${quote(odd)}`);
  return text.replace(/(?:%[\da-f]{2})+/gi, (bytes) => Buffer.from(bytes.replaceAll('%', ''), 'hex').toString());
}
