import { Internal } from '#base';

/**
 * The JSON values of a stream that sends one after another, with newlines, CRLF or nothing between them (events,
 * stats, pull and build progress). Strings are the only place where a brace does not count.
 */
export async function* jsonStream<T>(source: AsyncIterable<Buffer>): AsyncGenerator<T> {
  const decoder = new TextDecoder();
  let pending = '';
  for await (const chunk of source) {
    pending += decoder.decode(chunk, { stream: true });
    let start = 0;
    for (let end = endOfValue(pending, start); end > 0; end = endOfValue(pending, start)) {
      yield parseAnswer<T>(pending.slice(start, end));
      start = end;
    }
    pending = pending.slice(start);
  }
  if (pending.trim() !== '') yield parseAnswer<T>(pending);
}

/** One JSON text of the engine's. Throws Internal, with the beginning of what is no JSON. */
export function parseAnswer<T>(text: string): T {
  try {
    return JSON.parse(text) as T;
  } catch (error) {
    throw new Internal(`the engine's answer is not JSON: ${JSON.stringify(text.trim().slice(0, 80))}`, { cause: error });
  }
}

/** Where the object that begins after `start` ends (exclusive), or 0 while it is incomplete. */
function endOfValue(text: string, start: number): number {
  let depth = 0;
  let quoted = false;
  for (let at = start; at < text.length; at++) {
    const character = text.charCodeAt(at);
    if (quoted) {
      if (character === backslash) at++;
      else if (character === quotationMark) quoted = false;
    } else if (character === quotationMark) quoted = true;
    else if (character === openBrace || character === openBracket) depth++;
    else if ((character === closeBrace || character === closeBracket) && --depth === 0) return at + 1;
  }
  return 0;
}

const backslash = 0x5c;
const quotationMark = 0x22;
const openBrace = 0x7b;
const closeBrace = 0x7d;
const openBracket = 0x5b;
const closeBracket = 0x5d;
