import assert from 'node:assert/strict';
import { test } from 'node:test';
import { calls } from './calls.ts';
import { EngineClient } from './engine-client.ts';
import { answer, pinging, ScriptedEngine } from './testing/scripted-engine.ts';

const list = (engine: ScriptedEngine, options: { version?: string } = {}): Promise<unknown> => new EngineClient({ host: engine.host, ...options }).call(calls.containerList);

test('the version is the older of the newest that both speak; an engine that names none is spoken to in 1.24', async () => {
  for (const [theirs, spoken] of [['1.41', '1.41'], ['1.99', '1.50'], ['1.50', '1.50'], ['', '1.24']] as const) {
    await using engine = await ScriptedEngine.start(pinging(theirs, () => answer('200 OK', '[]')));
    assert.deepEqual(await list(engine), []);
    assert.deepEqual(engine.asked, ['HEAD /_ping HTTP/1.1', `GET /v${spoken}/containers/json HTTP/1.1`]);
  }
});

test('a forced version asks nobody', async () => {
  await using engine = await ScriptedEngine.start(() => answer('200 OK', '[]'));
  await list(engine, { version: '1.30' });
  await new EngineClient({ host: engine.host, version: '1.30' }).settleVersion();
  assert.deepEqual(engine.asked, ['GET /v1.30/containers/json HTTP/1.1']);
});

test('an engine that knows no HEAD is pinged by GET', async () => {
  await using engine = await ScriptedEngine.start((head) => (head.startsWith('HEAD') ? answer('405 Method Not Allowed') : answer('200 OK', '[]', 'Api-Version: 1.40\r\n')));
  await list(engine);
  assert.deepEqual(engine.asked.slice(0, 2), ['HEAD /_ping HTTP/1.1', 'GET /_ping HTTP/1.1']);
  assert.match(engine.asked[2] ?? '', /v1\.40/);
});

test('one connection serves one request after another, and is given up when the engine says so', async () => {
  await using engine = await ScriptedEngine.start(pinging('1.50', () => answer('200 OK', '[]')));
  using client = new EngineClient({ host: engine.host });
  for (let count = 0; count < 3; count++) await client.call(calls.containerList);
  assert.equal(engine.connections, 1);
  await using closing = await ScriptedEngine.start(pinging('1.50', () => answer('200 OK', '[]', 'Connection: close\r\n')));
  using other = new EngineClient({ host: closing.host });
  for (let count = 0; count < 2; count++) await other.call(calls.containerList);
  assert.equal(closing.connections, 2);
});

test('refusals in the engine\'s words; without words, by what was asked', async () => {
  const refused = async (status: string, body: string, headers = ''): Promise<string> => {
    await using engine = await ScriptedEngine.start(pinging('1.50', () => answer(status, body, headers)));
    const message = await list(engine).then(() => '', (error: Error) => error.message);
    return message.replace(encodeURIComponent(engine.socket), 'SOCKET');
  };
  const json = 'Content-Type: application/json\r\n';
  assert.equal(await refused('404 Not Found', '{"message":"No such thing"}', json), 'Error response from daemon: No such thing');
  assert.equal(await refused('500 Internal Server Error', 'plain words\n'), 'Error response from daemon: plain words');
  assert.equal(await refused('500 Internal Server Error', 'not { json', json), 'Error response from daemon: not { json');
  assert.equal(
    await refused('503 Service Unavailable', ''),
    'Error response from daemon: request returned Service Unavailable for API route and version http://SOCKET/v1.50/containers/json, check if the server supports the requested API version',
  );
});

test('answers that make no sense end in one sentence', async () => {
  const complaint = async (bytes: string | undefined): Promise<string> => {
    await using engine = await ScriptedEngine.start(pinging('1.50', (_, socket) => (bytes === undefined ? undefined : (socket.end(bytes), ''))));
    const message = await list(engine).then(() => 'no complaint', (error: Error) => error.message);
    return message.replace(encodeURIComponent(engine.socket), 'SOCKET');
  };
  const asked = 'error during connect: Get "http://SOCKET/v1.50/containers/json"';
  assert.equal(await complaint(undefined), `${asked}: EOF`);
  assert.equal(await complaint('SSH-2.0-x\r\n\r\n'), `${asked}: malformed HTTP response "SSH-2.0-x"`);
  assert.equal(await complaint('HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n[]'), 'unexpected EOF');
  assert.equal(await complaint(answer('200 OK', '[{"Id"')), 'the engine\'s answer is not JSON: "[{\\"Id\\""');
  assert.equal(await complaint('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n'), 'invalid byte in chunk length');
});

test('nobody there', async () => {
  const message = await new EngineClient({ host: 'unix:///nonexistent/engine.sock' }).ping().then(() => '', (error: Error) => error.message);
  assert.equal(message, 'Cannot connect to the Docker daemon at unix:///nonexistent/engine.sock. Is the docker daemon running?');
});

test('a request is given up when its signal says so', async () => {
  await using engine = await ScriptedEngine.start(pinging('1.50', () => ''));
  using client = new EngineClient({ host: engine.host });
  const stop = new AbortController();
  const waiting = client.call(calls.containerList, { signal: stop.signal });
  setTimeout(() => stop.abort(), 20);
  await assert.rejects(waiting, { message: 'context canceled' });
});

test('a connection that is taken over carries bytes both ways, each way until its own end', async () => {
  await using engine = await ScriptedEngine.start(pinging('1.50', (_, socket) => {
    socket.removeAllListeners('data').removeAllListeners('end');
    let heard = '';
    socket.on('data', (chunk: Buffer) => (heard += chunk.toString()));
    socket.on('end', () => socket.end(`heard ${heard}`));
    return 'HTTP/1.1 101 UPGRADED\r\nContent-Type: application/vnd.docker.raw-stream\r\n\r\nearly ';
  }));
  using client = new EngineClient({ host: engine.host });
  using taken = await client.hijack(calls.containerAttach, { path: { id: 'x' } });
  assert.equal(taken.contentType, 'application/vnd.docker.raw-stream');
  await taken.write(Buffer.from('typed'));
  taken.closeWrite();
  const chunks = await Array.fromAsync(taken.bytes());
  assert.equal(Buffer.concat(chunks).toString(), 'early heard typed');
});

test('an engine that does not hand the connection over', async () => {
  await using engine = await ScriptedEngine.start(pinging('1.50', () => answer('400 Bad Request', '{"message":"no"}')));
  await assert.rejects(new EngineClient({ host: engine.host }).hijack(calls.containerAttach, { path: { id: 'x' } }), { message: 'unable to upgrade to tcp, received 400' });
});

test('headers of the configuration, own names and the user agent go with every request', async () => {
  let heads = '';
  await using engine = await ScriptedEngine.start((head) => ((heads += head), answer('200 OK', '[]')));
  using client = new EngineClient({ host: engine.host, version: '1.50', userAgent: 'Test', headers: { 'X-Own': 'a' } });
  await client.call(calls.imageInspect, { path: { name: 'r.example/a b:1' }, query: { x: ['1', '2'], y: false, z: "it's" } });
  assert.match(heads, /^GET \/v1\.50\/images\/r\.example\/a%20b:1\/json\?x=1&x=2&z=it%27s HTTP\/1\.1\r\nHost: api\.moby\.localhost\r\nUser-Agent: Test\r\nX-Own: a$/);
});

test('an observer hears of each exchange, with the engine\'s own time', async () => {
  await using engine = await ScriptedEngine.start(pinging('1.50', (head) => answer('200 OK', '[]', head.includes('Naru-Timings: 1') ? 'Server-Timing: engine;dur=2.5\r\n' : '')));
  using client = new EngineClient({ host: engine.host });
  const heard: [string, string, number | undefined][] = [];
  client.observer = ({ method, target, engine: own }) => heard.push([method, target, own]);
  await client.call(calls.containerList);
  assert.deepEqual(heard, [['HEAD', '/_ping', undefined], ['GET', '/containers/json', 2.5]]);
});
