import type { TestEvent } from 'node:test/reporters';

/** A reporter of Node's test runner: the path of the test file of each test that failed, one a line. */
export default async function* failedFiles(events: AsyncIterable<TestEvent>): AsyncGenerator<string> {
  for await (const { type, data } of events) {
    if (type !== 'test:fail' || isTodo(data)) continue;
    const { entryFile, file } = data as { entryFile?: string; file?: string };
    yield `${entryFile ?? file ?? ''}\n`;
  }
}

function isTodo(data: { todo?: string | boolean }): boolean {
  return data.todo !== undefined && data.todo !== false;
}
