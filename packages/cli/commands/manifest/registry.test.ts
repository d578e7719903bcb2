import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type RequestListener } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo, Server } from 'node:net';
import { test } from 'node:test';
import { parseReference } from '#spec';
import type { Cli } from '../../cli.ts';
import { Registry } from './registry.ts';

const pem = (kind: string, body: string): string => `-----BEGIN ${kind}-----\n${body}\n-----END ${kind}-----\n`;
/** A certificate that nobody signed but itself, for no name that is asked for; its key is no secret. */
const nobodys = {
  key: pem('PRIVATE KEY', 'MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgYgro8P6YfKM90KFqtbAkYTbsHuqy6O0l46FY9PXOEJOhRANCAAQsuPE221XlRkjtrP+xdjuBNkH13x9FMStD419t8RMKfGHUWKSG3rXfB4Fhn4QlTmfFbai2vL0+HojqUbujzi54'),
  cert: pem('CERTIFICATE', 'MIIBeDCCAR+gAwIBAgIUckBmdsU2Hbd/Aida9fmaMKgr2nwwCgYIKoZIzj0EAwIwETEPMA0GA1UEAwwGbm9ib2R5MCAXDTI2MTEyMjA1NDU1MVoYDzIxMjYxMDI5MDU0NTUxWjARMQ8wDQYDVQQDDAZub2JvZHkwWTATBgcqhkjOPQIBBggqhkjOPQMBBwNCAAQsuPE221XlRkjtrP+xdjuBNkH13x9FMStD419t8RMKfGHUWKSG3rXfB4Fhn4QlTmfFbai2vL0+HojqUbujzi54o1MwUTAdBgNVHQ4EFgQUnHDW/E7CiTsm3edeiwgxk5rPwlEwHwYDVR0jBBgwFoAUnHDW/E7CiTsm3edeiwgxk5rPwlEwDwYDVR0TAQH/BAUwAwEB/zAKBggqhkjOPQQDAgNHADBEAiAemcz+umOfJ4s1XtUeWvqSlHtsB7vZ8dS9AqODZQn5zAIgAw06E7JCU08Q3akX2afz2jP6XYBUNSZlRUxtjHpkSEY='),
};

/** No credentials, and nothing else that is asked for. */
const cli = { config: { values: {} } } as unknown as Cli;
const answer: RequestListener = (_, response) => void response.end('{}');

/** This host too, by an address that does not look so. */
const elsewhere = '0.0.0.0';

/** What reaching the server says; '' when it is reached. */
async function complaint(server: Server, insecure: boolean, host = elsewhere): Promise<string> {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = `${host}:${(server.address() as AddressInfo).port}`;
  try {
    await Registry.open(cli, parseReference(`${address}/a`), insecure);
    return '';
  } catch (error) {
    return String(error).replaceAll(address, 'HOST');
  } finally {
    server.close();
  }
}

test('--insecure takes any certificate, and plain HTTP where no TLS is spoken', async () => {
  assert.equal(await complaint(createTlsServer(nobodys, answer), true), '');
  assert.equal(await complaint(createServer(answer), true), '');
});

test('without it neither will do', async () => {
  const refused = /failed to configure transport: error pinging v2 registry: Get "https:\/\/HOST\/v2\/": /;
  assert.match(await complaint(createTlsServer(nobodys, answer), false), refused);
  assert.match(await complaint(createServer(answer), false), refused);
});

test('on the loopback both will do', async () => {
  assert.equal(await complaint(createTlsServer(nobodys, answer), false, '127.0.0.1'), '');
  for (const host of ['127.0.0.1', 'localhost']) assert.equal(await complaint(createServer(answer), false, host), '');
});

test('a registry that is not there is told as such', async () => {
  const server = createServer(answer).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  const dial = new RegExp(`dial tcp 127\\.0\\.0\\.1:${port}: connect: connection refused$`);
  for (const insecure of [true, false]) await assert.rejects(Registry.open(cli, parseReference(`127.0.0.1:${port}/a`), insecure), { message: dial });
});
