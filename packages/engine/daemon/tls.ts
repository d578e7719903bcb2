/** The certificates of the tcp listeners (`--tls`, `--tlsverify`). */
import { X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createSecureContext, type TlsOptions } from 'node:tls';
import { InvalidArgument, messageOf } from '#base';
import type { TlsFiles } from '../context.ts';

/**
 * Reads the files; with `verify` a client must show a certificate that the authority has signed. Throws InvalidArgument
 * in dockerd's words for a file that is missing or is not what it should be.
 */
export function tlsOptions({ verify, ca, cert, key }: TlsFiles): TlsOptions {
  const pair = keyPair(cert, key);
  if (!verify) return { ...pair, minVersion: 'TLSv1.2' };
  return { ...pair, ca: authority(ca), requestCert: true, rejectUnauthorized: true, minVersion: 'TLSv1.2' };
}

function keyPair(cert: string, key: string): { cert: Buffer; key: Buffer } {
  try {
    const pair = { cert: readFileSync(cert), key: readFileSync(key) };
    createSecureContext(pair);
    return pair;
  } catch (error) {
    throw new InvalidArgument(`could not load X509 key pair (cert: "${cert}", key: "${key}"): ${messageOf(error)}`, { cause: error });
  }
}

function authority(path: string): Buffer {
  let pem: Buffer;
  try {
    pem = readFileSync(path);
  } catch (error) {
    throw new InvalidArgument(`could not read CA certificate "${path}": ${messageOf(error)}`, { cause: error });
  }
  requireCertificate(pem, path);
  return pem;
}

function requireCertificate(pem: Buffer, path: string): X509Certificate {
  try {
    return new X509Certificate(pem);
  } catch (error) {
    throw new InvalidArgument(`failed to append certificates from PEM file: "${path}"`, { cause: error });
  }
}
