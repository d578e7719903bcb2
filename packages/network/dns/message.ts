/**
 * DNS messages (RFC 1035 section 4, EDNS0 of RFC 6891), as far as a resolver that answers for its own names and passes
 * everything else on needs to understand them. Pure: bytes in, bytes out.
 *
 *   | id u16 | flags u16 | questions u16 | answers u16 | authorities u16 | additionals u16 | question … | records … |
 *   record:  | name | type u16 | class u16 | ttl u32 | length u16 | data |
 */

export const TYPE = { A: 1, SOA: 6, PTR: 12, AAAA: 28, OPT: 41 } as const;
export const RCODE = { NOERROR: 0, FORMERR: 1, SERVFAIL: 2, NXDOMAIN: 3, NOTIMP: 4, REFUSED: 5 } as const;
export const CLASS_IN = 1;

const QR = 0x8000;
const OPCODE = 0x7800;
const TC = 0x0200;
const RD = 0x0100;
const RA = 0x0080;
const CD = 0x0010;
const HEADER = 12;
const OPT_DO = 0x8000;
const PLAIN_LIMIT = 512;
const POINTER_TO_QUESTION = 0xc000 | HEADER;
const MAX_POINTERS = 64;

export interface Query {
  readonly id: number;
  /** Lower case, without the closing dot; a dot or a backslash within a label stands after a backslash (RFC 4343, 2.1). */
  readonly name: string;
  readonly type: number;
  readonly class: number;
  readonly recursionDesired: boolean;
  readonly checkingDisabled: boolean;
  /** What the client can take over UDP; undefined without EDNS0. */
  readonly edns: { readonly payload: number; readonly dnssec: boolean; /** In hexadecimal digits. */ readonly options: string } | undefined;
  /** The whole message. */
  readonly bytes: Buffer;
  /** Where its one question ends. */
  readonly questionEnd: number;
}

/** Reads a standard query of one question; what is anything else is undefined. */
export function parseQuery(bytes: Buffer): Query | undefined {
  try {
    if (bytes.length < HEADER) return undefined;
    const flags = bytes.readUInt16BE(2);
    if (flags & (QR | OPCODE) || bytes.readUInt16BE(4) !== 1) return undefined;
    const { name, end } = readName(bytes, HEADER);
    const query = { id: bytes.readUInt16BE(0), name: inLowerCase(name), type: bytes.readUInt16BE(end), class: bytes.readUInt16BE(end + 2) };
    const opt = [...recordsOf(bytes, end + 4)].find(({ type }) => type === TYPE.OPT);
    const edns = opt && { payload: Math.max(PLAIN_LIMIT, opt.class), dnssec: (opt.ttl & OPT_DO) !== 0, options: opt.data.toString('hex') };
    return { ...query, recursionDesired: (flags & RD) !== 0, checkingDisabled: (flags & CD) !== 0, edns, bytes, questionEnd: end + 4 };
  } catch (error) {
    if (error instanceof RangeError) return undefined;
    throw error;
  }
}

/** The same for all queries that get the same answer: whether the client speaks EDNS0, wants DNSSEC, says where it is or has a cookie changes it. */
export function keyOfQuery({ name, type, class: kind, edns, checkingDisabled, recursionDesired }: Query): string {
  return `${type}/${kind}/${edns ? (edns.dnssec ? 'do' : 'edns') + edns.options : ''}/${checkingDisabled ? 'cd' : ''}${recursionDesired ? 'rd' : ''}/${name}`;
}

export interface Answer {
  readonly type: number;
  readonly ttl: number;
  readonly data: Uint8Array;
}

/** The response to `query`, with its question and, where it had one, an OPT record. */
export function encodeResponse(query: Query, rcode: number, answers: readonly Answer[]): Buffer {
  const header = Buffer.alloc(HEADER);
  header.writeUInt16BE(query.id, 0);
  header.writeUInt16BE(QR | RA | (query.recursionDesired ? RD : 0) | (query.checkingDisabled ? CD : 0) | rcode, 2);
  header.writeUInt16BE(1, 4);
  header.writeUInt16BE(answers.length, 6);
  header.writeUInt16BE(query.edns ? 1 : 0, 10);
  const records = answers.map(({ type, ttl, data }) => {
    const record = Buffer.alloc(12 + data.length);
    record.writeUInt16BE(POINTER_TO_QUESTION, 0);
    record.writeUInt16BE(type, 2);
    record.writeUInt16BE(CLASS_IN, 4);
    record.writeUInt32BE(ttl, 6);
    record.writeUInt16BE(data.length, 10);
    record.set(data, 12);
    return record;
  });
  return Buffer.concat([header, query.bytes.subarray(HEADER, query.questionEnd), ...records, ...(query.edns ? [optRecord()] : [])]);
}

/** A refusal of bytes that are no query we can read: the id and FORMERR; undefined where there is not even an id, or it is no query. */
export function encodeFormatError(bytes: Buffer): Buffer | undefined {
  if (bytes.length < HEADER || bytes.readUInt16BE(2) & QR) return undefined;
  const response = Buffer.alloc(HEADER);
  response.writeUInt16BE(bytes.readUInt16BE(0), 0);
  const asked = bytes.readUInt16BE(2) & (OPCODE | RD);
  response.writeUInt16BE(QR | RA | asked | (asked & OPCODE ? RCODE.NOTIMP : RCODE.FORMERR), 2);
  return response;
}

/** A name as labels, each after its length; for the data of a PTR record. */
export function encodeName(name: string): Buffer {
  const labels = name.split('.').filter((label) => label !== '').map((label) => Buffer.from(label).subarray(0, 63));
  return Buffer.concat([...labels.flatMap((label) => [Uint8Array.of(label.length), label]), Uint8Array.of(0)]);
}

/** What is sent over UDP: the response itself, or, when it is longer than the client can take, as many of its answers as fit with the TC flag: not every client asks again over TCP. */
export function fitUdp(query: Query, response: Buffer): Buffer {
  const limit = query.edns?.payload ?? PLAIN_LIMIT;
  if (response.length <= limit) return response;
  const opt = query.edns ? [optRecord()] : [];
  const ends = [...recordsOf(response, query.questionEnd).take(response.readUInt16BE(6))].map(({ end }) => end).filter((end) => end <= limit - (opt[0]?.length ?? 0));
  const cut = Buffer.concat([response.subarray(0, ends.at(-1) ?? query.questionEnd), ...opt]);
  cut.writeUInt16BE(cut.readUInt16BE(2) | TC, 2);
  for (const [at, count] of [[6, ends.length], [8, 0], [10, opt.length]] as const) cut.writeUInt16BE(count, at);
  return cut;
}

/** What a cache needs of an upstream's response. */
export interface ResponseFacts {
  readonly id: number;
  readonly rcode: number;
  readonly truncated: boolean;
  /** Seconds it may be kept: the least TTL, or for a negative answer that of its SOA (RFC 2308); 0 when it must not be. */
  readonly ttl: number;
  /** Where the TTL fields lie. */
  readonly ttlOffsets: readonly number[];
}

/** Reads a response to `query`; undefined when it is malformed or answers another question. */
export function parseResponse(query: Query, bytes: Buffer): ResponseFacts | undefined {
  try {
    const flags = bytes.readUInt16BE(2);
    if (!(flags & QR) || bytes.readUInt16BE(4) !== 1) return undefined;
    const { name, end } = readName(bytes, HEADER);
    if (end + 4 !== query.questionEnd) return undefined; // written by pointers: `readdress` could not lay the asker's over it
    if (inLowerCase(name) !== query.name || bytes.readUInt16BE(end) !== query.type || bytes.readUInt16BE(end + 2) !== query.class) return undefined;
    const records = [...recordsOf(bytes, end + 4)].filter(({ type }) => type !== TYPE.OPT);
    const rcode = flags & 0xf;
    const isNegative = rcode === RCODE.NXDOMAIN || bytes.readUInt16BE(6) === 0;
    const counted = isNegative ? records.filter(({ type }) => type === TYPE.SOA) : records;
    const ttls = counted.map(({ type, ttl, data }) => (isNegative && type === TYPE.SOA && data.length >= 4 ? Math.min(ttl, data.readUInt32BE(data.length - 4)) : ttl));
    const keep = rcode === RCODE.NOERROR || rcode === RCODE.NXDOMAIN;
    return { id: bytes.readUInt16BE(0), rcode, truncated: (flags & TC) !== 0, ttl: keep && ttls.length > 0 ? Math.min(...ttls) : 0, ttlOffsets: records.map(({ ttlOffset }) => ttlOffset) };
  } catch (error) {
    if (error instanceof RangeError) return undefined;
    throw error;
  }
}

/** The same response for another query with the same question: its id and its spelling of the name, the TTLs `age` seconds older. */
export function readdress(query: Query, response: Buffer, ttlOffsets: readonly number[], age: number): Buffer {
  const bytes = Buffer.from(response);
  bytes.writeUInt16BE(query.id, 0);
  query.bytes.copy(bytes, HEADER, HEADER, query.questionEnd);
  for (const offset of ttlOffsets) bytes.writeUInt32BE(Math.max(0, bytes.readUInt32BE(offset) - age), offset);
  return bytes;
}

interface ResourceRecord {
  readonly type: number;
  readonly class: number;
  readonly ttl: number;
  readonly ttlOffset: number;
  readonly data: Buffer;
  /** Where the next one begins. */
  readonly end: number;
}

/** The records after the question. A record that runs over the end throws RangeError. */
function* recordsOf(bytes: Buffer, start: number): Generator<ResourceRecord> {
  const count = bytes.readUInt16BE(6) + bytes.readUInt16BE(8) + bytes.readUInt16BE(10);
  let at = start;
  for (let i = 0; i < count; i++) {
    const { end } = readName(bytes, at);
    const length = bytes.readUInt16BE(end + 8);
    if (end + 10 + length > bytes.length) throw new RangeError('a record runs over the end of the message');
    yield { type: bytes.readUInt16BE(end), class: bytes.readUInt16BE(end + 2), ttl: bytes.readUInt32BE(end + 4), ttlOffset: end + 4, data: bytes.subarray(end + 10, end + 10 + length), end: end + 10 + length };
    at = end + 10 + length;
  }
}

/** A name, following compression pointers; `end` is where the reader goes on. Throws RangeError when it never ends. */
function readName(bytes: Buffer, start: number): { name: string; end: number } {
  const labels: string[] = [];
  let at = start;
  let end: number | undefined;
  for (let steps = 0; steps < MAX_POINTERS + 128; steps++) {
    const length = bytes.readUInt8(at);
    if (length === 0) return { name: labels.join('.'), end: end ?? at + 1 };
    if ((length & 0xc0) === 0xc0) {
      end ??= at + 2;
      at = bytes.readUInt16BE(at) & 0x3fff;
    } else {
      if (length > 63 || at + 1 + length > bytes.length) throw new RangeError('a label runs over the end of the message');
      labels.push(bytes.toString('latin1', at + 1, at + 1 + length).replaceAll(/[.\\]/g, '\\$&'));
      at += 1 + length;
    }
  }
  throw new RangeError('a name that points at itself');
}

/** The letters of ASCII alone have a case in names (RFC 4343, 3). */
function inLowerCase(name: string): string {
  return /[\u0080-\u00ff]/.test(name) ? name.replaceAll(/[A-Z]+/g, (letters) => letters.toLowerCase()) : name.toLowerCase();
}

/** OPT: root name, type, our payload size as class, no extended code, version 0, no options. */
function optRecord(): Buffer {
  const record = Buffer.alloc(11);
  record.writeUInt16BE(TYPE.OPT, 1);
  record.writeUInt16BE(4096, 3);
  return record;
}
