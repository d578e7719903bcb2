import { connect, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

/** Connects to the newest daemon; tries again for as long as one is being replaced. Throws the last error after ten seconds. */
export async function dialNewest(path: string): Promise<Socket> {
  for (let attempt = 0; ; attempt++) {
    try {
      return await dial(path);
    } catch (error) {
      if (attempt === 500) throw error;
      await sleep(20);
    }
  }
}

function dial(path: string): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connect({ path, allowHalfOpen: true });
    socket.once('connect', () => resolve(socket.off('error', reject)));
    socket.once('error', reject);
  });
}
