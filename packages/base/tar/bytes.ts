/**
 * Names as bytes. Linux takes any bytes but NUL and slash; JavaScript strings take Unicode. UTF-8 stays readable;
 * a byte that is not part of well-formed UTF-8 becomes the lone surrogate U+DC00 + byte, as in Python's PEP 383, and
 * turns into that byte again on the way out.
 */
const replacement = '\ufffd';

/** Reads bytes as a name. */
export function decodeName(bytes: Buffer, start = 0, end = bytes.length): string {
  const text = bytes.toString('utf8', start, end);
  return text.includes(replacement) ? decodeEscaped(bytes.subarray(start, end)) : text;
}

/** The bytes of a name that `decodeName` read, or of any well-formed string. */
export function encodeName(name: string): Buffer {
  return name.isWellFormed() ? Buffer.from(name) : encodeEscaped(name);
}

function decodeEscaped(bytes: Buffer): string {
  let text = '';
  for (let at = 0; at < bytes.length; ) {
    const length = sequenceLength(bytes, at);
    text += length > 0 ? bytes.toString('utf8', at, at + length) : String.fromCharCode(0xdc00 + (bytes[at] ?? 0));
    at += length || 1;
  }
  return text;
}

/** Length of the well-formed UTF-8 sequence at `at`; 0 when there is none. */
function sequenceLength(bytes: Buffer, at: number): number {
  const lead = bytes[at] ?? 0;
  const length = lead < 0x80 ? 1 : lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : 2;
  if (length === 1) return 1;
  if (at + length > bytes.length) return 0;
  const text = bytes.toString('utf8', at, at + length);
  const whole = text.length === (length === 4 ? 2 : 1);
  return whole && (text !== replacement || bytes.readUIntBE(at, length) === 0xefbfbd) ? length : 0;
}

function encodeEscaped(name: string): Buffer {
  const parts: Buffer[] = [];
  for (const character of name) {
    const code = character.charCodeAt(0);
    const escaped = character.length === 1 && code >= 0xdc80 && code <= 0xdcff;
    parts.push(escaped ? Buffer.from([code - 0xdc00]) : Buffer.from(character));
  }
  return Buffer.concat(parts);
}
