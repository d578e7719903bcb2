/** An authority of a test's own, with a server's certificate and a client's signed by it, in files named as the docker CLI wants them. */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ok } from './command.ts';

/** Writes `ca.pem`, `server.pem`, `server-key.pem`, `cert.pem` and `key.pem` (the client's, whose name is `user`) into `directory`. */
export async function makeCertificates(directory: string, user = 'alice'): Promise<void> {
  const at = (name: string): string => join(directory, name);
  const days = ['-days', '2'];
  const pair = (key: string): string[] => ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-keyout', at(key)];
  await ok('openssl', ['req', '-x509', ...pair('ca-key.pem'), '-out', at('ca.pem'), '-subj', '/CN=authority', ...days]);
  const parts = [
    { name: 'server', key: 'server-key.pem', out: 'server.pem', subject: '/CN=localhost', extensions: 'subjectAltName=IP:127.0.0.1,DNS:localhost\nextendedKeyUsage=serverAuth\n' },
    { name: 'client', key: 'key.pem', out: 'cert.pem', subject: `/CN=${user}`, extensions: 'extendedKeyUsage=clientAuth\n' },
  ];
  for (const { name, key, out, subject, extensions } of parts) {
    await writeFile(at(`${name}.ext`), extensions);
    await ok('openssl', ['req', ...pair(key), '-out', at(`${name}.csr`), '-subj', subject]);
    await ok('openssl', ['x509', '-req', '-in', at(`${name}.csr`), '-CA', at('ca.pem'), '-CAkey', at('ca-key.pem'), '-CAcreateserial', '-out', at(out), '-extfile', at(`${name}.ext`), ...days]);
  }
}
