import assert from 'node:assert/strict';
import { mock, test } from 'node:test';
import { stderrLog } from './log.ts';

type Written = Parameters<typeof stderrLog>[0];

/** What two messages look like under a configuration. */
function written(config: Partial<Written>, isTerminal: boolean): string {
  let text = '';
  const write = mock.method(process.stderr, 'write', (chunk: string) => Boolean((text += chunk)));
  try {
    const log = stderrLog({ logLevel: 'info', logFormat: 'text', rawLogs: false, ...config }, isTerminal);
    log('debug', 'deep down');
    log('warn', 'a "word"');
  } finally {
    write.mock.restore();
  }
  return text.replace(/\d{4}-[^"\]]+Z/g, 'NOW');
}

test('the log has pairs, JSON, or colours on a terminal that is not to be raw', () => {
  assert.equal(written({}, false), 'time="NOW" level=warn msg="a \\"word\\""\n');
  assert.equal(written({ logFormat: 'json' }, true), '{"level":"warn","msg":"a \\"word\\"","time":"NOW"}\n');
  assert.equal(written({}, true), '\x1b[33mWARN\x1b[0m[NOW] a "word"\n');
  assert.equal(written({ rawLogs: true }, true), written({}, false));
});

test('a threshold lets through what is at least as grave, and fatal nothing that is spoken', () => {
  assert.equal(written({ logLevel: 'fatal' }, false), '');
  assert.equal(written({ logLevel: 'debug' }, false).split('\n').length, 3);
});
