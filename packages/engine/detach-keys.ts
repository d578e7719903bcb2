import { defaultDetachKeys, InvalidArgument, parseDetachKeys } from '#base';

/** As a client asks for them, '' for the default. Throws InvalidArgument (`Invalid detach keys (x) provided`). */
export function detachKeysOf(text: string): Uint8Array {
  const keys = parseDetachKeys(text || defaultDetachKeys);
  if (!keys) throw new InvalidArgument(`Invalid detach keys (${text}) provided`);
  return keys;
}
