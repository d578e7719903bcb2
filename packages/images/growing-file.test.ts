import assert from 'node:assert/strict';
import { appendFile, mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { GrowingFile, Restarted } from './growing-file.ts';

const home = await mkdtemp(join(tmpdir(), 'naru-growing-'));
after(() => rm(home, { recursive: true, force: true }));

const textOf = async (file: GrowingFile, from = 0): Promise<string> => Buffer.concat(await Array.fromAsync(file.read(from))).toString();

test('a reader gets what is there, waits for the rest, and survives the rename at the end', async () => {
  const [path, final] = [join(home, 'a'), join(home, 'b')];
  const file = new GrowingFile();
  const reading = textOf(file);
  await writeFile(path, 'hello ');
  file.grow(path, 6);
  const second = textOf(file, 3);
  await new Promise((resolve) => setTimeout(resolve, 20));
  await appendFile(path, 'world');
  await rename(path, final);
  file.finish(final, 11);
  assert.equal(await reading, 'hello world');
  assert.equal(await second, 'lo world');
  assert.equal(await textOf(file), 'hello world');
});

test('a failure reaches readers, also those that come before the first byte', async () => {
  const file = new GrowingFile();
  const reading = textOf(file);
  file.fail(new Error('hung up'));
  await assert.rejects(reading, { message: 'hung up' });
});

test('a restart throws readers out', async () => {
  const path = join(home, 'c');
  await writeFile(path, 'wrong');
  const file = new GrowingFile();
  file.grow(path, 5);
  const reading = textOf(file);
  await new Promise((resolve) => setTimeout(resolve, 20));
  file.restart();
  await assert.rejects(reading, Restarted);
});
