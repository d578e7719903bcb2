/** A name server for tests: `example.test` has one address, `big.example.test` a hundred, too many for a plain datagram; it counts what it is asked. */
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { createServer } from 'node:net';

const TYPE_A = 1;

export interface NameServer extends AsyncDisposable {
  /** Every question so far, as `udp 1 example.test`. */
  readonly questions: string[];
}

export async function nameServer(address: string): Promise<NameServer> {
  const questions: string[] = [];
  const udp = createSocket('udp4');
  udp.on('message', (bytes, from) => udp.send(answer(bytes, 'udp', questions), from.port, from.address));
  udp.bind(53, address);
  await once(udp, 'listening');
  const tcp = createServer((connection) => {
    connection.on('error', () => connection.destroy());
    connection.on('data', (chunk: Buffer) => {
      const response = answer(chunk.subarray(2), 'tcp', questions);
      connection.write(Buffer.concat([Uint8Array.of(response.length >> 8, response.length & 0xff), response]));
    });
  }).listen(53, address);
  await once(tcp, 'listening');
  return {
    questions,
    async [Symbol.asyncDispose]() {
      udp.close();
      tcp.close();
      await once(tcp, 'close');
    },
  };
}

function answer(query: Buffer, transport: 'udp' | 'tcp', questions: string[]): Buffer {
  let end = 12;
  const labels: string[] = [];
  for (let length = query[end] ?? 0; length > 0; length = query[end] ?? 0) {
    labels.push(query.toString('latin1', end + 1, end + 1 + length));
    end += 1 + length;
  }
  const type = query.readUInt16BE(end + 1);
  const name = labels.join('.').toLowerCase();
  questions.push(`${transport} ${type} ${name}`);
  const count = type !== TYPE_A ? 0 : name === 'example.test' ? 1 : name === 'big.example.test' ? 100 : 0;
  const isCut = transport === 'udp' && count > 1;
  const header = Buffer.from(query.subarray(0, end + 5));
  header.writeUInt16BE(0x8180 | (isCut ? 0x0200 : 0) | (name.endsWith('example.test') ? 0 : 3), 2);
  header.writeUInt16BE(isCut ? 0 : count, 6);
  header.writeUInt16BE(0, 10);
  const records = Array.from({ length: isCut ? 0 : count }, (_, i) => Buffer.from([0xc0, 12, 0, 1, 0, 1, 0, 0, 0, 60, 0, 4, 192, 0, 2, i + 1]));
  return Buffer.concat([header, ...records]);
}
