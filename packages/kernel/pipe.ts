import { bind, check } from './libc.ts';

const pipe2 = bind<(pair: Int32Array, flags: number) => number>('int pipe2(int *pair, int flags)');
const O_CLOEXEC = 0o2000000;

/** pipe2(2), both ends closed on exec; the caller owns them. Node's own pipes to children are sockets, which no program can open again as /dev/stdin. */
export function pipe(): { readonly read: number; readonly write: number } {
  const pair = new Int32Array(2);
  check('pipe2', pipe2(pair, O_CLOEXEC));
  return { read: pair[0] ?? -1, write: pair[1] ?? -1 };
}
