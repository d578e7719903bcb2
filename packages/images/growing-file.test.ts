import assert from 'node:assert/strict';
import { appendFile, mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { GrowingFile, Restarted } from './growing-file.ts';

const home = await mkdtemp(join(tmpdir(), 'naru-growing-'));
after(() => rm(home, { recursive: true, force: true }));

const textOf = async (file: GrowingFile): Promise<string> => Buffer.concat(await Array.fromAsync(file.read())).toString();
const pause = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 20));

test('a reader gets what is there, waits for the rest, and survives the rename at the end', async () => {
  const [path, final] = [join(home, 'a'), join(home, 'b')];
  const file = new GrowingFile();
  const reading = textOf(file);
  await writeFile(path, 'hello ');
  file.grow(path, 6);
  const second = textOf(file);
  await pause();
  await appendFile(path, 'world');
  await rename(path, final);
  file.finish(final, 11);
  assert.equal(await reading, 'hello world');
  assert.equal(await second, 'hello world');
  assert.equal(await textOf(file), 'hello world');
});

test('a reader that comes between the rename and its telling waits for it', async () => {
  const [path, final] = [join(home, 'early'), join(home, 'late')];
  const file = new GrowingFile();
  await writeFile(path, 'hello');
  file.grow(path, 5);
  await rename(path, final);
  const reading = textOf(file);
  await pause();
  file.finish(final, 5);
  assert.equal(await reading, 'hello');
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
  await pause();
  file.restart();
  await assert.rejects(reading, Restarted);
});

test('who is there from the beginning follows live, and holds the writer back', async () => {
  const path = join(home, 'd');
  await writeFile(path, 'resumed ');
  const file = new GrowingFile();
  const reader = file.read();
  const first = reader.next();
  file.grow(path, 8);
  await file.append(path, Buffer.from('live '), 8, 8);
  assert.equal(String((await first).value), 'resumed ');
  assert.equal(String((await reader.next()).value), 'live ');
  let through = false;
  const large = file.append(path, Buffer.alloc(3 << 20), 13, 8).then(() => (through = true));
  await pause();
  assert.equal(through, false);
  assert.equal((await reader.next()).value?.length, 3 << 20);
  await large;
  const left = file.append(path, Buffer.alloc(3 << 20), 13 + (3 << 20), 8);
  await reader.return(undefined);
  await left;
});

test('who comes late reads the file, and holds nobody back', async () => {
  const path = join(home, 'e');
  await writeFile(path, 'late');
  const file = new GrowingFile();
  await file.append(path, Buffer.alloc(4 << 20), 0, 4);
  const reading = textOf(file);
  file.finish(path, 4);
  assert.equal(await reading, 'late');
});
