import type { NetlinkMessage, NetlinkRequest } from './message.ts';
import type { Netlink } from './socket.ts';

/** A netlink socket that only writes down what it was asked, for tests without root. `answers` feeds `query`. */
export function recordNetlink(answers: (request: NetlinkRequest) => NetlinkMessage[] = () => []): Netlink & { readonly requests: NetlinkRequest[] } {
  const requests: NetlinkRequest[] = [];
  return {
    requests,
    run: (...asked) => void requests.push(...asked),
    query: (request) => {
      requests.push(request);
      return answers(request);
    },
    [Symbol.dispose]: () => {},
  };
}
