import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { listenerAt } from './owner.ts';

test('a listener is found by its socket, a mere connection is not', () => {
  const proc = mkdtempSync(join(tmpdir(), 'naru-proc-'));
  const head = '  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode\n';
  mkdirSync(join(proc, 'net'));
  writeFileSync(join(proc, 'net/tcp'), `${head}   0: 00000000:0050 00000000:0000 0A 0:0 0:0 0 0 0 4711 1\n   1: 0100007F:1F90 0100007F:9999 01 0:0 0:0 0 0 0 4712 1\n`);
  for (const [pid, comm, inode] of [['1', 'init', '9'], ['812', 'nginx', '4711'], ['813', 'curl', '4712']] as const) {
    mkdirSync(join(proc, pid, 'fd'), { recursive: true });
    writeFileSync(join(proc, pid, 'comm'), `${comm}\n`);
    symlinkSync(`socket:[${inode}]`, join(proc, pid, 'fd', '3'));
  }
  assert.equal(listenerAt({ protocol: 'tcp', address: '0.0.0.0', port: 80 }, proc), 'process 812, nginx');
  assert.equal(listenerAt({ protocol: 'tcp', address: '0.0.0.0', port: 8080 }, proc), undefined);
  assert.equal(listenerAt({ protocol: 'udp', address: '0.0.0.0', port: 80 }, proc), undefined);
  rmSync(proc, { recursive: true });
});
