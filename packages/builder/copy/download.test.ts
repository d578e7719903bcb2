import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { download, isUrl, type DownloadOptions } from './download.ts';

const scratch = mkdtempSync(join(tmpdir(), 'download-'));
after(() => rmSync(scratch, { recursive: true }));
const seen: [number, number][] = [];
const options: DownloadOptions = { scratch, signal: new AbortController().signal, progress: (current, total) => seen.push([current, total]) };

async function served(listener: RequestListener): Promise<{ url: string } & AsyncDisposable> {
  const server = createServer(listener).listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return { url, [Symbol.asyncDispose]: async () => void server.close().closeAllConnections() };
}

test('a file comes with its name, its time and mode 0600', async () => {
  await using server = await served((request, response) => {
    assert.equal(request.headers['accept-encoding'], 'identity');
    response.writeHead(200, { 'last-modified': 'Thu, 01 Jan 2015 00:00:00 GMT', 'content-length': 5 }).end('hello');
  });
  await using file = await download(`${server.url}/dir/a%20b.txt?x=1`, options);
  assert.equal(file.name, 'a b.txt');
  const path = join(file.directory, 'a b.txt');
  const { mtimeMs, mode } = statSync(path);
  assert.deepEqual([readFileSync(path, 'utf8'), mtimeMs, mode & 0o777], ['hello', 1420070400000, 0o600]);
  assert.deepEqual(seen.at(-1), [5, 5]);
});

test('the server may name it; nobody may name it away', async () => {
  await using server = await served((request, response) => {
    const header = request.url === '/' ? 'attachment; filename="../x.tar"' : 'inline';
    response.writeHead(200, { 'content-disposition': header }).end('x');
  });
  await using named = await download(`${server.url}/`, options);
  assert.equal(named.name, 'x.tar');
  await using nameless = await download(`${server.url}/d/`, options);
  assert.equal(nameless.name, undefined);
});

test('any port will do, those too that browsers refuse; redirects are followed', async () => {
  const signal = AbortSignal.timeout(60_000);
  await assert.rejects(download('http://127.0.0.1:1/x', { ...options, signal }), { kind: 'Internal', message: 'Get "http://127.0.0.1:1/x": dial tcp 127.0.0.1:1: connect: connection refused' });
  await using server = await served((request, response) => {
    if (request.url === '/old') response.writeHead(302, { location: '/new' }).end();
    else response.end('moved');
  });
  await using file = await download(`${server.url}/old`, options);
  assert.equal(readFileSync(join(file.directory, 'old'), 'utf8'), 'moved');
});

test('what fails leaves nothing', async () => {
  await using server = await served((request, response) => {
    if (request.url === '/none') response.writeHead(404).end('not here\n');
    else response.writeHead(200, { 'content-length': 100 }).write('x', () => response.destroy());
  });
  await assert.rejects(download(`${server.url}/none`, options), {
    message: `failed to GET ${server.url}/none with status 404 Not Found: not here`,
    kind: 'NotFound',
  });
  await assert.rejects(download(`${server.url}/cut`, options));
  assert.deepEqual(readdirSync(scratch), []);
});

test('only http and https are addresses', () => {
  assert.ok(isUrl('https://x/y'));
  assert.ok(!isUrl('git@x:y') && !isUrl('./http://x'));
});
