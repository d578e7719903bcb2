import type { Nftables } from './nftables.ts';

/** Writes down the transactions instead of running them, for tests without root; `fail` may refuse one by throwing. */
export function recordNftables(fail: (commands: string) => void = () => {}): Nftables & { readonly transactions: string[] } {
  const transactions: string[] = [];
  const run = (commands: string): void => {
    fail(commands);
    transactions.push(commands);
  };
  return { transactions, run, read: (command) => (run(command), ''), [Symbol.dispose]: () => {} };
}
