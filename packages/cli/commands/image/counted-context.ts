import { humanSize } from '#base';
import type { Output } from '../../terminal/streams.ts';

const step = 512 * 1024;
/** Milliseconds. */
const interval = 100;

/** Passes a build context on and tells how much of it is sent: now and then, and in the end. */
export async function* countedContext(archive: AsyncIterable<Uint8Array>, log: Output): AsyncGenerator<Uint8Array> {
  const tell = (bytes: number): void => log.write(`Sending build context to Docker daemon ${humanSize(bytes).padStart(8)}\r`);
  let sent = 0;
  let told = 0;
  let at = performance.now();
  for await (const chunk of archive) {
    sent += chunk.length;
    if (sent - told > step && performance.now() - at > interval) {
      tell(sent);
      told = sent;
      at = performance.now();
    }
    yield chunk;
  }
  tell(sent);
  log.write('\r\n');
}
