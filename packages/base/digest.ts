import type { Hash } from 'node:crypto';
import { InvalidArgument } from './errors.ts';

/** A content digest such as `sha256:<64 hex>` (OCI image-spec, descriptor.md, "Digests"). */
export type Digest = string & { readonly __digest: unique symbol };

const shape = /^(?:sha256:[a-f0-9]{64}|sha512:[a-f0-9]{128})$/;

/** Parses a digest; throws InvalidArgument for any other algorithm or length. */
export function parseDigest(text: string): Digest {
  if (!isDigest(text)) throw new InvalidArgument(`invalid digest: ${JSON.stringify(text)}`);
  return text;
}

/** True when `text` is a well-formed sha256 or sha512 digest. */
export function isDigest(text: string): text is Digest {
  return shape.test(text);
}

/** The digest of bytes held in memory, by sha256 unless told. */
export function digestOf(bytes: Uint8Array | string, algorithm: 'sha256' | 'sha512' = 'sha256'): Digest {
  const { createHash } = process.getBuiltinModule('node:crypto'); // not imported: it takes 8 ms to load, which a command that only reads references would pay
  return `${algorithm}:${createHash(algorithm).update(bytes).digest('hex')}` as Digest;
}

/** Finishes a sha256 hash as a digest; the hash cannot be used afterwards. */
export function digestOfHash(hash: Hash): Digest {
  return `sha256:${hash.digest('hex')}` as Digest;
}

/** The hexadecimal part. */
export function hexOf(digest: Digest): string {
  return digest.slice(digest.indexOf(':') + 1);
}

/** The algorithm part: `sha256` or `sha512`. */
export function algorithmOf(digest: Digest): 'sha256' | 'sha512' {
  return digest.startsWith('sha512:') ? 'sha512' : 'sha256';
}
