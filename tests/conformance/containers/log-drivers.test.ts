/** `--log-driver`: each one to a socket that speaks its protocol, with the real client; receivers that are down, daemons that die. */
import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { gunzipSync, inflateSync } from 'node:zlib';
import { ok } from '../../support/command.ts';
import { Daemon } from '../../support/daemon.ts';
import { busyboxTar } from '../../support/images.ts';
import { streamReceiver, udpReceiver, unixDatagramReceiver } from '../../support/log-receivers.ts';
import { unpackAll, type Unpacked } from '../../support/msgpack.ts';

const directory = mkdtempSync(join(tmpdir(), 'naru-logs-'));
const at = (name: string): string => join(directory, name);
let daemon: Daemon;
before(async () => {
  process.env['NARU_JOURNAL_SOCKET'] = at('journal');
  daemon = await Daemon.start();
  await daemon.ok('docker', ['import', await busyboxTar(), 'busybox']);
});
after(async () => {
  await daemon?.[Symbol.asyncDispose]();
  rmSync(directory, { recursive: true });
});

const options = (given: Record<string, string>): string[] => Object.entries(given).flatMap(([key, value]) => ['--log-opt', `${key}=${value}`]);
/** Runs `script` with its output going to `driver`; gives the container's id. */
async function log(driver: string, given: Record<string, string>, script: string, ...flags: string[]): Promise<string> {
  const id = await daemon.ok('docker', ['create', '--log-driver', driver, ...options(given), ...flags, 'busybox', 'sh', '-c', script]);
  await daemon.ok('docker', ['start', '-a', id]);
  return id;
}
const remove = (...names: string[]) => daemon.ok('docker', ['rm', '-f', ...names]);
const text = (received: readonly Buffer[]): string => Buffer.concat([...received]).toString();
const whole = (received: readonly Buffer[], ...wanted: string[]): string | undefined => (wanted.every((part) => text(received).includes(part)) ? text(received) : undefined);

describe('syslog', () => {
  test('over UDP: facility, severity by stream, the tag, and the lines for docker logs too', async () => {
    await using receiver = await udpReceiver();
    const given = { 'syslog-address': `udp://${receiver.address}`, 'syslog-facility': 'local3', 'tag': '{{.Name}}/{{.ImageName}}' };
    const id = await log('syslog', given, 'echo out; echo err >&2', '--name', 'logged');
    const all = await receiver.wait((received) => whole(received, 'out', 'err'));
    const [stamp, tag] = ['[A-Z][a-z]{2} [ \\d]\\d \\d\\d:\\d\\d:\\d\\d', 'logged/busybox\\[\\d+\\]'];
    assert.match(all, new RegExp(`<158>${stamp} ${tag}: out\n`));
    assert.match(all, new RegExp(`<155>${stamp} ${tag}: err\n`));
    assert.equal(await daemon.ok('docker', ['logs', id]), 'out');
    await remove(id);
  });

  test('RFC 3164 and 5424, with microseconds, over TCP and a unix stream', async () => {
    await using tcp = await streamReceiver();
    await using unix = await streamReceiver(at('stream'));
    const old = await log('syslog', { 'syslog-address': `tcp://${tcp.address}`, 'syslog-format': 'rfc3164' }, 'echo one');
    const host = hostname().replaceAll('.', '\\.');
    assert.match(await tcp.wait((received) => whole(received, 'one')), new RegExp(`^<30>\\w{3} .{11} ${host} ${old.slice(0, 12)}\\[\\d+\\]: one\n$`));
    const micro = await log('syslog', { 'syslog-address': `unix://${unix.address}`, 'syslog-format': 'rfc5424micro' }, 'echo two');
    const name = micro.slice(0, 12);
    assert.match(await unix.wait((received) => whole(received, 'two')), new RegExp(`^<30>1 \\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\d\\.\\d{6}(Z|[+-]\\d\\d:\\d\\d) ${host} ${name} \\d+ ${name} - two\n$`));
    await remove(old, micro);
  });

  test('over TLS, counted as RFC 5425 has it; a certificate that nobody vouches for is refused', async () => {
    await ok('openssl', ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-subj', '/CN=localhost', '-addext', 'subjectAltName=DNS:localhost', '-keyout', at('key'), '-out', at('cert'), '-days', '2']);
    await using receiver = await streamReceiver(0, { tls: { key: readFileSync(at('key')), cert: readFileSync(at('cert')) } });
    const address = `tcp+tls://localhost:${receiver.address.split(':')[1]}`;
    const id = await log('syslog', { 'syslog-address': address, 'syslog-format': 'rfc5424', 'syslog-tls-ca-cert': at('cert') }, 'echo safe');
    const all = await receiver.wait((received) => whole(received, 'safe'));
    const [, length = '', rest = ''] = /^(\d+) (.*)$/s.exec(all) ?? [];
    assert.equal(Buffer.byteLength(rest), Number(length));
    const stranger = await log('syslog', { 'syslog-address': address }, 'echo stranger');
    const trusting = await log('syslog', { 'syslog-address': address, 'syslog-tls-skip-verify': 'true' }, 'echo trusting');
    await receiver.wait((received) => whole(received, 'trusting'));
    assert.ok(!text(receiver.received).includes('stranger'));
    await remove(id, stranger, trusting);
  });
});

test('journald: one datagram a line, with the container and what the options name; refused without a journal', async () => {
  const flags = ['--log-driver', 'journald', 'busybox', 'true'];
  assert.match((await daemon.run('docker', ['run', '--rm', ...flags])).stderr, /failed to initialize logging driver: journald is not enabled on this host/);
  await using journal = unixDatagramReceiver(at('journal'));
  const given = { 'labels': 'com.x-y', 'env-regex': '^A', 'tag': 'T-{{.ID}}' };
  const id = await log('journald', given, 'echo hello; echo oops >&2; head -c 20000 /dev/zero | tr "\\0" x; echo', '--name', 'jj', '--label', 'com.x-y=l', '-e', 'AB=c');
  const messages = await journal.wait((received) => (received.length >= 4 ? received.map((message) => Object.fromEntries(message.toString().trimEnd().split('\n').map((line) => line.split(/=(.*)/s, 2)))) : undefined));
  const [first, second] = ['hello', 'oops'].map((said) => messages.find((message) => message['MESSAGE'] === said)); // the order of two streams is nobody's promise
  assert.deepEqual(
    { ...first, SYSLOG_TIMESTAMP: '' },
    {
      MESSAGE: 'hello', PRIORITY: '6', SYSLOG_TIMESTAMP: '', CONTAINER_ID: id.slice(0, 12), CONTAINER_ID_FULL: id, CONTAINER_NAME: 'jj', CONTAINER_TAG: `T-${id.slice(0, 12)}`,
      IMAGE_NAME: 'busybox', SYSLOG_IDENTIFIER: `T-${id.slice(0, 12)}`, COM_X_Y: 'l', AB: 'c',
    },
  );
  assert.deepEqual([second?.['MESSAGE'], second?.['PRIORITY']], ['oops', '3']);
  const pieces = messages.filter((message) => message['CONTAINER_PARTIAL_ID'] !== undefined);
  assert.deepEqual(pieces.map((piece) => [piece['MESSAGE']?.length, piece['CONTAINER_PARTIAL_ORDINAL'], piece['CONTAINER_PARTIAL_LAST'], piece['CONTAINER_PARTIAL_MESSAGE']]), [
    [16384, '1', 'false', 'true'],
    [3616, '2', 'true', undefined],
  ]);
  assert.match(await daemon.ok('docker', ['logs', '--details', id]), /AB=c,com\.x-y=l,tag=T-[0-9a-f]{12} hello/);
  await remove(id);
});

describe('gelf', () => {
  const read = (message: Buffer) => JSON.parse(message.toString());

  test('over UDP: gzip unless told otherwise; what is long comes in chunks', async () => {
    await using receiver = await udpReceiver();
    const address = { 'gelf-address': `udp://${receiver.address}` };
    const zipped = await log('gelf', { ...address, env: 'A' }, 'echo one', '-e', 'A=1', '--name', 'gg');
    const first = read(gunzipSync(await receiver.wait(([message]) => message)));
    assert.deepEqual(
      [first.version, first.host, first.short_message, first.level, first._container_id, first._container_name, first._image_name, first._command, first._tag, first._A],
      ['1.1', hostname(), 'one', 6, zipped, 'gg', 'busybox', 'sh -c echo one', zipped.slice(0, 12), '1'],
    );
    assert.ok(Math.abs(first.timestamp - Date.now() / 1000) < 120 && first._created.endsWith('Z'));
    const deflated = await log('gelf', { ...address, 'gelf-compression-type': 'zlib', 'gelf-compression-level': '9' }, 'echo two >&2');
    assert.equal(read(inflateSync(await receiver.wait((received) => received[1]))).level, 3);
    const long = await log('gelf', { ...address, 'gelf-compression-type': 'none' }, 'head -c 5000 /dev/zero | tr "\\0" y; echo');
    const chunks = await receiver.wait((received) => (received.length > 2 && received.length === 2 + (received[2]?.[11] ?? 0) ? received.slice(2) : undefined));
    assert.ok(chunks.every((chunk, index) => chunk.readUInt16BE(0) === 0x1e0f && chunk[10] === index && chunk.length <= 1420));
    assert.equal(read(Buffer.concat(chunks.map((chunk) => chunk.subarray(12)))).short_message, 'y'.repeat(5000));
    await remove(zipped, deflated, long);
  });

  test('over TCP: a null byte ends each message', async () => {
    await using receiver = await streamReceiver();
    const id = await log('gelf', { 'gelf-address': `tcp://${receiver.address}` }, 'echo one; echo two');
    const all = await receiver.wait((received) => (text(received).split('\0').length > 2 ? text(received) : undefined));
    assert.deepEqual(all.split('\0').filter(Boolean).map((message) => JSON.parse(message).short_message), ['one', 'two']);
    await remove(id);
  });
});

describe('fluentd', () => {
  const records = (received: readonly Buffer[]) => unpackAll(Buffer.concat([...received])).values as [string, number | bigint, Record<string, string>, Record<string, Unpacked>][];

  test('the forward protocol over TCP: tag, time to the nanosecond, record', async () => {
    await using receiver = await streamReceiver();
    const id = await log('fluentd', { 'fluentd-address': receiver.address, 'fluentd-sub-second-precision': 'true', 'tag': 'x.{{.Name}}', 'labels': 'l' }, 'echo out; echo err >&2', '--name', 'ff', '--label', 'l=v');
    const all = await receiver.wait((received) => (records(received).length >= 2 ? records(received) : undefined));
    assert.deepEqual(all.map(([tag, , record]) => [tag, record]).toSorted(([, a], [, b]) => JSON.stringify(b).localeCompare(JSON.stringify(a))), [
      ['x.ff', { container_id: id, container_name: '/ff', source: 'stdout', log: 'out', l: 'v' }],
      ['x.ff', { container_id: id, container_name: '/ff', source: 'stderr', log: 'err', l: 'v' }],
    ]);
    assert.equal(typeof all[0]?.[1], 'bigint');
    await remove(id);
  });

  test('over a unix socket, acknowledged message by message', async () => {
    const answer = (bytes: Buffer, socket: { write: (bytes: Buffer) => void }): void => {
      for (const [, , , option] of records([bytes])) {
        const chunk = Buffer.from(String(option['chunk']));
        socket.write(Buffer.concat([Buffer.of(0x81, 0xa3), Buffer.from('ack'), Buffer.of(0xa0 | chunk.length), chunk]));
      }
    };
    await using receiver = await streamReceiver(at('fluent'), { answer });
    const id = await log('fluentd', { 'fluentd-address': `unix://${receiver.address}`, 'fluentd-request-ack': 'true' }, 'for i in 1 2 3; do echo $i; done');
    const all = await receiver.wait((received) => (records(received).length >= 3 ? records(received) : undefined));
    assert.deepEqual(all.map(([, time, record]) => [typeof time, record['log']]), [['number', '1'], ['number', '2'], ['number', '3']]);
    await remove(id);
  });
});

describe('receivers and daemons that are away', () => {
  const free = async (): Promise<number> => {
    await using receiver = await streamReceiver();
    return Number(receiver.address.split(':')[1]);
  };

  test('a receiver that is down holds nobody up, and has everything when it is back', async () => {
    const port = await free();
    const id = await log('fluentd', { 'fluentd-address': `127.0.0.1:${port}`, 'fluentd-retry-wait': '50ms' }, 'i=0; while [ $i -lt 1000 ]; do echo line $i; i=$((i+1)); done');
    await using receiver = await streamReceiver(port);
    const all = await receiver.wait((received) => (unpackAll(Buffer.concat([...received])).values.length >= 1000 ? unpackAll(Buffer.concat([...received])).values : undefined));
    const lines = (all as [string, number, { log: string }][]).map(([, , record]) => record.log);
    assert.deepEqual(lines, Array.from({ length: 1000 }, (_, index) => `line ${index}`));
    await remove(id);
  });

  test('what a container says while the daemon is dead is delivered by the next one; at most what was just on its way comes twice', async () => {
    await using receiver = await udpReceiver();
    const script = 'i=0; while [ $i -lt 60 ]; do echo "line $i."; i=$((i+1)); sleep 0.05; done; sleep 1000';
    const id = await daemon.ok('docker', ['run', '-d', '--log-driver', 'syslog', '--log-opt', `syslog-address=udp://${receiver.address}`, 'busybox', 'sh', '-c', script]);
    await receiver.wait((received) => whole(received, 'line 5.'));
    await daemon.crash();
    await new Promise((resolve) => setTimeout(resolve, 500));
    await daemon.up();
    const all = await receiver.wait((received) => whole(received, 'line 59.'));
    const seen = [...all.matchAll(/line (\d+)\./g)].map(([, number]) => Number(number));
    assert.deepEqual([...new Set(seen)], Array.from({ length: 60 }, (_, index) => index));
    const again = seen.filter((number, index) => seen.indexOf(number) !== index);
    assert.deepEqual(again, [...new Set(again)].toSorted((a, b) => a - b), 'one batch, once');
    await remove(id);
  });

  test('the last words of a --rm container arrive', async () => {
    await using receiver = await udpReceiver();
    await daemon.ok('docker', ['run', '--rm', '--log-driver', 'gelf', '--log-opt', `gelf-address=udp://${receiver.address}`, 'busybox', 'echo', 'last']);
    assert.equal(JSON.parse(gunzipSync(await receiver.wait(([message]) => message)).toString()).short_message, 'last');
  });
});

test('what cannot be is refused in Docker\'s words', async () => {
  const refusals: [string, Record<string, string>, RegExp][] = [
    ['splunk', {}, /error looking up logging plugin splunk: plugin "splunk" not found/],
    ['syslog', { nope: '1' }, /unknown log opt 'nope' for syslog log driver/],
    ['syslog', { 'syslog-facility': 'nope' }, /invalid syslog facility/],
    ['syslog', { 'syslog-format': 'nope' }, /Invalid syslog format/],
    ['syslog', { 'syslog-address': 'nope' }, /syslog-address should be in form proto:\/\/address, got nope/],
    ['syslog', { 'syslog-address': 'unix:///no/such' }, /stat \/no\/such: no such file or directory/],
    ['gelf', {}, /gelf-address is a required parameter/],
    ['gelf', { 'gelf-address': 'udp://127.0.0.1:1', 'nope': '1' }, /unknown log opt "nope" for gelf log driver/],
    ['gelf', { 'gelf-address': 'tcp://127.0.0.1:1', 'gelf-compression-type': 'gzip' }, /compression is only supported on UDP/],
    ['fluentd', { 'fluentd-max-retries': 'x' }, /strconv\.ParseUint: parsing "x": invalid syntax/],
    ['json-file', { 'max-buffer-size': '1m' }, /max-buffer-size option is only supported with 'mode=non-blocking'/],
    ['journald', { mode: 'sometimes' }, /logger: logging mode not supported: sometimes/],
    ['journald', { tag: '{{.Nope}}' }, /failed to parse log tag/],
  ];
  for (const [driver, given, complaint] of refusals) {
    assert.match((await daemon.run('docker', ['create', '--log-driver', driver, ...options(given), 'busybox', 'true'])).stderr, complaint);
  }
  const silent = await log('syslog', { 'syslog-address': 'udp://127.0.0.1:9', 'cache-disabled': 'true' }, 'echo x');
  assert.match((await daemon.run('docker', ['logs', silent])).stderr, /configured logging driver does not support reading/);
  await remove(silent);
});
