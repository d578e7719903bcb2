import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';
import { Pace } from './pace.ts';

/** Lets promises and immediates have their turn. */
const settle = (): Promise<void> => new Promise((resolve) => setImmediate(() => setImmediate(() => setImmediate(resolve))));

/** Time that goes on by `pass` alone. */
function holdTime(t: TestContext): { pass(milliseconds: number): Promise<void> } {
  let now = 0;
  t.mock.method(performance, 'now', () => now);
  t.mock.timers.enable({ apis: ['setTimeout'] });
  return {
    async pass(milliseconds) {
      now += milliseconds;
      t.mock.timers.tick(milliseconds);
      await settle();
    },
  };
}

test('who comes within the same tenth of a second is woken together, whole intervals after that', async (t) => {
  const time = holdTime(t);
  const pace = new Pace(1000);
  const woken: string[] = [];
  const follow = async (name: string): Promise<void> => {
    for (let round = 0; round < 2; round++) {
      await pace.next();
      woken.push(`${name} ${performance.now()}`);
    }
  };
  await time.pass(120);
  void follow('a');
  await time.pass(60);
  void follow('b');
  await time.pass(120);
  void follow('c');
  for (let step = 0; step < 220; step++) await time.pass(10);
  assert.deepEqual(woken, ['a 1100', 'b 1100', 'c 1300', 'a 2100', 'b 2100', 'c 2300']);
});

test('many are woken a few at a time, all of them', async (t) => {
  const time = holdTime(t);
  const pace = new Pace(1000);
  let woken = 0;
  const turns: number[] = [];
  for (let each = 0; each < 20; each++) void pace.next().then(() => void woken++);
  setTimeout(() => {
    const look = (): void => {
      turns.push(woken);
      if (woken < 20) setImmediate(look);
    };
    look();
  }, 1000);
  await time.pass(1000);
  assert.deepEqual([woken, turns.at(-1)], [20, 20]);
  assert.ok(turns.some((seen) => seen > 0 && seen < 20), String(turns));
});
