import { randomBytes } from 'node:crypto';

/** Bytes of an id, and how many are asked for together: OpenSSL takes as long for 32 as for some thousand. */
const LENGTH = 32;
const STOCK = 64 * LENGTH;

let stock = Buffer.alloc(0);

/** 64 random hexadecimal digits, as Docker's ids. For daemons: a start-up snapshot would give each process the same. */
export function newId(): string {
  if (stock.length === 0) stock = randomBytes(STOCK);
  const id = stock.toString('hex', 0, LENGTH);
  stock = stock.subarray(LENGTH);
  return id;
}
