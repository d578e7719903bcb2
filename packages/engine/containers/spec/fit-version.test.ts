import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { CreateContainerBody } from '#spec';
import { compareVersions } from '../../version.ts';
import { fitToVersion } from './fit-version.ts';

function fitted(version: string, body: CreateContainerBody): CreateContainerBody {
  return fitToVersion(body, { atLeast: (other) => compareVersions(version, other) >= 0 });
}

test('the newest version takes everything as it is', () => {
  const body: CreateContainerBody = {
    HostConfig: { ConsoleSize: [1, 2], Annotations: { a: 'b' }, Mounts: [{ Type: 'bind', BindOptions: { CreateMountpoint: true } }] },
    NetworkingConfig: { EndpointsConfig: { a: {}, b: {} } },
    Healthcheck: { StartInterval: 5 },
  };
  assert.deepEqual(fitted('1.51', body), body);
});

test('memory could be shared by everyone before 1.40', () => {
  assert.equal(fitted('1.39', {}).HostConfig?.IpcMode, 'shareable');
  assert.equal(fitted('1.39', { HostConfig: { IpcMode: 'host' } }).HostConfig?.IpcMode, 'host');
  assert.equal(fitted('1.40', {}).HostConfig?.IpcMode, undefined);
});

test('what came later says nothing', () => {
  const mount = { Type: 'volume', VolumeOptions: { Subpath: 's', NoCopy: true }, BindOptions: {} } as const;
  assert.deepEqual(fitted('1.41', { HostConfig: { Mounts: [mount] } }).HostConfig?.Mounts, [{ Type: 'volume', VolumeOptions: { NoCopy: true } }]);
  assert.deepEqual(fitted('1.24', { HostConfig: { AutoRemove: true } }).HostConfig?.AutoRemove, false);
  assert.deepEqual(fitted('1.43', { Healthcheck: { StartInterval: 5, Retries: 2 } }).Healthcheck, { Retries: 2 });
});

test('several networks at once came with 1.44', () => {
  const body = { NetworkingConfig: { EndpointsConfig: { a: {}, b: {} } } };
  assert.throws(() => fitted('1.43', body), { name: 'InvalidArgument', message: 'Container cannot be created with multiple network endpoints: a, b' });
});
