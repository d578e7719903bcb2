import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { Bench } from '../bench.ts';

/** What a COPY or ADD of these context files puts into an empty image that has a directory /dir and a link /link to it. */
async function placed(lines: string, files: Record<string, string>): Promise<Record<string, string>> {
  using bench = new Bench();
  await bench.images.add('base', { 'dir/old': 'o' });
  const found = bench.files(await bench.build({ Dockerfile: `FROM base\n${lines}`, ...files }));
  return Object.fromEntries(Object.entries(found).filter(([name]) => name !== 'dir/' && name !== 'dir/old'));
}

describe('where things go', () => {
  test('a file takes the name it is given, or its own in a directory', async () => {
    assert.deepEqual(await placed('COPY a /b', { a: '1' }), { b: '1' });
    assert.deepEqual(await placed('COPY a /dir', { a: '1' }), { 'dir/a': '1' });
    assert.deepEqual(await placed('COPY a /new/', { a: '1' }), { 'new/': '', 'new/a': '1' });
    assert.deepEqual(await placed('COPY a /x/y', { a: '1' }), { 'x/': '', 'x/y': '1' });
  });

  test('a relative destination starts at WORKDIR', async () => {
    assert.deepEqual(await placed('WORKDIR /dir\nCOPY a .\nCOPY a s/', { a: '1' }), { 'dir/a': '1', 'dir/s/': '', 'dir/s/a': '1' });
    assert.deepEqual(await placed('COPY a b', { a: '1' }), { b: '1' });
  });

  test('of a directory what it holds', async () => {
    assert.deepEqual(await placed('COPY d /dir', { 'd/x': '1', 'd/e/y': '2' }), { 'dir/x': '1', 'dir/e/': '', 'dir/e/y': '2' });
    assert.deepEqual(await placed('COPY . /all/', { 'd/x': '1' }), { 'all/': '', 'all/Dockerfile': 'FROM base\nCOPY . /all/', 'all/d/': '', 'all/d/x': '1' });
  });

  test('wildcards, in order', async () => {
    assert.deepEqual(await placed('COPY d*/[ab].txt /t/', { 'd1/a.txt': '1', 'd2/b.txt': '2', 'd2/c.txt': '3', 'e/a.txt': '4' }), { 't/': '', 't/a.txt': '1', 't/b.txt': '2' });
  });

  test('ADD unpacks archives of the context', async () => {
    const tar = `tar:${JSON.stringify({ 'in/x': '1' })}`;
    assert.deepEqual(await placed('ADD a.tar /u', { 'a.tar': tar }), { 'u/': '', 'u/in/': '', 'u/in/x': '1' });
    assert.deepEqual(await placed('COPY a.tar /u', { 'a.tar': tar }), { u: tar });
    assert.deepEqual(await placed('ADD plain /u', { plain: 'x' }), { u: 'x' });
  });

  test('here-documents are files of their names, with variables filled in unless the name is quoted', async () => {
    assert.deepEqual(await placed("ENV A=1\nCOPY <<one <<'two' /t/\na \"$A\" it's\none\nb $A\ntwo", {}), { 't/': '', 't/one': 'a "1" it\'s\n', 't/two': 'b $A\n' });
    assert.deepEqual(await placed('COPY <<-EOF /named\n\t\ttabs\n\tEOF', {}), { named: 'tabs\n' });
  });

  test('--parents keeps the directories that the word names, or those behind its pivot', async () => {
    const files = { 'a/b/c': '1', 'a/d': '2' };
    assert.deepEqual(await placed('COPY --parents a/b/c a/d /p/', files), { 'p/': '', 'p/a/': '', 'p/a/b/': '', 'p/a/b/c': '1', 'p/a/d': '2' });
    assert.deepEqual(await placed('COPY --parents a/./b/c /p/', files), { 'p/': '', 'p/b/': '', 'p/b/c': '1' });
    assert.deepEqual(await placed('COPY --parents a/b /p/', files), { 'p/': '', 'p/a/': '', 'p/a/b/': '', 'p/a/b/c': '1' });
  });

  test('what --parents changes is not taken from the cache of a step without it', async () => {
    using bench = new Bench();
    await bench.images.add('base', { old: 'o' });
    const copied = async (words: string): Promise<string[]> => Object.keys(bench.files(await bench.build({ Dockerfile: `FROM base\nCOPY ${words} /p/`, 'a/b/c': '1' }))).filter((name) => name !== 'old');
    assert.deepEqual(await copied('a/b/c'), ['p/', 'p/c']);
    assert.deepEqual(await copied('--parents a/b/c'), ['p/', 'p/a/', 'p/a/b/', 'p/a/b/c']);
    assert.deepEqual(await copied('--parents a/./b/c'), ['p/', 'p/b/', 'p/b/c']);
  });

  test('--exclude leaves files out, by their names in what is copied', async () => {
    const files = { 'd/x.txt': '1', 'd/y.md': '2', 'd/e/z.txt': '3' };
    assert.deepEqual(await placed('COPY --exclude=*.txt d /q/', files), { 'q/': '', 'q/y.md': '2', 'q/e/': '', 'q/e/z.txt': '3' });
    assert.deepEqual(await placed('COPY --exclude=**/*.txt --exclude=y* d /q/', files), { 'q/': '', 'q/e/': '' });
    assert.deepEqual(await placed('COPY --exclude=*.md d/* /q/', files), { 'q/': '', 'q/x.txt': '1', 'q/z.txt': '3' });
  });

  test('ADD --unpack=false leaves an archive as it is', async () => {
    const tar = `tar:${JSON.stringify({ 'in/x': '1' })}`;
    assert.deepEqual(await placed('ADD --unpack=false a.tar /u', { 'a.tar': tar }), { u: tar });
  });
});
