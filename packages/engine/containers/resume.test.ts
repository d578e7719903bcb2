import assert from 'node:assert/strict';
import { test } from 'node:test';
import { exampleHostConfig, exampleRecord } from '../fakes.ts';
import { Lives } from './lives.ts';
import type { ContainerRecord } from './record.ts';
import { inNeedOrder, resumeContainers } from './resume.ts';

test('what others link to or join comes before them, and a circle is no end', () => {
  const record = (id: string, change: object) => exampleRecord({ id, name: `named-${id}`, ...change });
  const joins = (NetworkMode: string) => ({ hostConfig: exampleHostConfig({ NetworkMode }) });
  const records = [record('web', { links: ['db:data'] }), record('side', joins('container:named-web')), record('db', {}), record('a', joins('container:b')), record('b', joins('container:a'))];
  assert.deepEqual(inNeedOrder({ list: () => records }).map(({ id }) => id), ['db', 'web', 'side', 'b', 'a']);
});

test('a running container is in the networks that it has, though the daemon that started it was killed before it had written that down', async () => {
  let record = exampleRecord({ networks: { mine: { NetworkID: '' } as never, bridge: { NetworkID: '' } as never } });
  const engine = {
    lives: new Lives(),
    containers: { list: () => [record], get: () => record, update: (_id: string, change: Partial<ContainerRecord>) => (record = { ...record, ...change }) },
    supervisor: { list: () => [], state: () => ({ status: 'running', pid: 7, startedAt: 1, endpoints: [{ networkName: 'mine', networkId: 'f00' }, { networkName: 'bridge', networkId: 'b00' }] }) },
    logForwarding: { begin: () => {} },
    log: (_level: string, message: string) => assert.fail(message),
  } as unknown as Parameters<typeof resumeContainers>[0];
  await resumeContainers(engine);
  assert.deepEqual(record.networks, { mine: { NetworkID: 'f00' }, bridge: { NetworkID: '' } });
});
