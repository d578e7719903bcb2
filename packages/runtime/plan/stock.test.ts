import assert from 'node:assert/strict';
import { suite, test, type TestContext } from 'node:test';
import { Stock, type StockKeeper } from './stock.ts';

/** Numbered things, and a clock that the test moves. */
function shop(context: TestContext, size = { least: 2, most: 8 }) {
  context.mock.timers.enable({ apis: ['setTimeout', 'setInterval'] });
  const made: number[] = [];
  const discarded: number[] = [];
  const broken = new Set<number>();
  const state = { time: 0, underWay: 0, room: () => true, takes: 0, failing: false, failures: 0 };
  const keeper: StockKeeper<number> = {
    make: async () => {
      if (state.takes > 0) await new Promise((resolve) => setTimeout(resolve, state.takes));
      if (state.failing) throw new Error('Resource temporarily unavailable');
      made.push(made.length + 1);
      return made.length;
    },
    discard: async (item) => void discarded.push(item),
    isUsable: (item) => !broken.has(item),
    underWay: () => state.underWay,
    hasRoom: () => state.room(),
    failed: () => void state.failures++,
  };
  const stock = new Stock(keeper, size, () => state.time);
  /** Step by step, so that what a timer begins gets as far as the next. */
  const pass = async (milliseconds: number, step = 10): Promise<void> => {
    for (let passed = 0; passed < milliseconds; passed += step) {
      state.time += step;
      context.mock.timers.tick(step);
      for (let turn = 0; turn < 50; turn++) await Promise.resolve();
    }
  };
  /** Takers that are all being served at once, and then no more. */
  const crowd = (takers: number): (number | undefined)[] => {
    const taken = Array.from({ length: takers }, () => {
      state.underWay++;
      stock.busy();
      return stock.take();
    });
    state.underWay = 0;
    stock.busy();
    return taken;
  };
  const kept = (): number => made.length - discarded.length;
  return { stock, state, made, discarded, broken, pass, crowd, kept };
}

suite('stock', () => {
  test('the least is there after a pause, the oldest is taken first, and one that cannot be used is passed over', async (context) => {
    const { stock, made, discarded, broken, pass } = shop(context);
    stock.busy();
    assert.equal(stock.take(), undefined);
    await pass(100);
    assert.deepEqual(made, [1, 2]);
    broken.add(1);
    assert.equal(stock.take(), 2);
    assert.deepEqual(discarded, [1]);
    assert.equal(stock.take(), undefined);
    await stock[Symbol.asyncDispose]();
  });

  test('a crowd that found too few finds as many as it was the next time, up to the most', async (context) => {
    const { stock, made, pass, crowd } = shop(context);
    stock.busy();
    await pass(100);
    assert.deepEqual(crowd(5), [1, 2, undefined, undefined, undefined]);
    await pass(2000);
    assert.deepEqual(crowd(5), [3, 4, 5, 6, 7]);
    crowd(20);
    await pass(2000);
    assert.equal(made.length, 7 + 8);
    await stock[Symbol.asyncDispose]();
  });

  test('who comes alone, however soon after another, makes no crowd', async (context) => {
    const { stock, made, pass, crowd } = shop(context);
    stock.busy();
    await pass(100);
    for (let taker = 0; taker < 20; taker++) {
      crowd(1);
      await pass(2, 1);
    }
    await pass(2000);
    assert.equal(made.length, 4);
    await stock[Symbol.asyncDispose]();
  });

  test('what a crowd took is made when nobody has worked for half a second, the least of it after a pause; not amid work, unless that takes long', async (context) => {
    const { stock, state, made, pass, crowd } = shop(context);
    crowd(6);
    await pass(50);
    assert.equal(made.length, 2);
    for (let work = 0; work < 10; work++) {
      await pass(300);
      stock.busy();
    }
    assert.equal(made.length, 2);
    await pass(1000);
    assert.equal(made.length, 6);
    crowd(5);
    state.underWay = 1;
    await pass(50);
    assert.equal(made.length, 6);
    await pass(500);
    assert.equal(made.length, 7);
    await stock[Symbol.asyncDispose]();
  });

  test('some minutes after the last crowd there are as few as before; a small one does not keep so many', async (context) => {
    const { stock, pass, crowd, kept } = shop(context);
    crowd(8);
    await pass(60_000, 50);
    assert.equal(kept(), 8);
    const [first] = crowd(2);
    assert.equal(first, 1);
    await pass(60_000, 50);
    assert.equal(kept() - 2, 8);
    await pass(120_000, 50);
    assert.equal(kept() - 2, 2);
    await pass(600_000, 1000);
    assert.equal(kept() - 2, 2);
    await stock[Symbol.asyncDispose]();
    assert.equal(kept() - 2, 0);
  });

  test('a machine that has no room keeps the least, when it is asked for more and when it had more already', async (context) => {
    const { stock, state, pass, crowd, kept } = shop(context);
    state.room = () => false;
    crowd(6);
    await pass(5000);
    assert.equal(kept(), 2);
    state.room = () => true;
    crowd(6);
    await pass(5000);
    assert.equal(kept() - 2, 6);
    state.room = () => false;
    await pass(60_000, 50);
    assert.equal(kept() - 2, 2);
    await stock[Symbol.asyncDispose]();
  });

  test('when one cannot be made the many go, who else needs what there was not enough of; it is tried again with the next work', async (context) => {
    const { stock, state, pass, crowd, kept } = shop(context);
    crowd(6);
    await pass(5000);
    assert.equal(kept(), 6);
    crowd(1);
    state.failing = true;
    await pass(5000);
    assert.deepEqual([state.failures, kept() - 1], [1, 2]);
    state.failing = false;
    crowd(8);
    await pass(5000);
    assert.equal(kept() - 3, 8);
    await stock[Symbol.asyncDispose]();
  });

  test('what takes long to make counts while it is made, though others work and pause meanwhile', async (context) => {
    const { stock, state, made, pass } = shop(context);
    state.takes = 400;
    stock.busy();
    for (let work = 0; work < 20; work++) {
      await pass(20);
      stock.busy();
    }
    await pass(3000);
    assert.equal(made.length, 2);
    await stock[Symbol.asyncDispose]();
  });

  test('what was begun for more than there are to be goes as it is there', async (context) => {
    const { stock, state, made, pass, crowd, kept } = shop(context);
    crowd(6);
    await pass(5000);
    assert.equal(kept(), 6);
    crowd(1);
    state.takes = 40_000;
    state.room = () => state.time < 29_000;
    await pass(60_000, 50);
    assert.equal(made.length, 7);
    assert.equal(kept() - 1, 2);
    await stock[Symbol.asyncDispose]();
  });

  test('a keeper that cannot tell whether there is room has none, and is told why', async (context) => {
    const { stock, state, pass, crowd, kept } = shop(context);
    crowd(6);
    await pass(5000);
    assert.equal(kept(), 6);
    state.room = () => {
      throw new Error('too many open files');
    };
    await pass(60_000, 50);
    assert.deepEqual([state.failures, kept()], [1, 2]);
    await stock[Symbol.asyncDispose]();
  });

  test('it ends with all that it has, what is being made then too, and makes no more', async (context) => {
    const { stock, pass, crowd, kept, made } = shop(context);
    crowd(8);
    await pass(560);
    const before = made.length;
    assert.ok(before > 2 && before < 8, String(before));
    await stock[Symbol.asyncDispose]();
    stock.busy();
    stock.take();
    await pass(5000);
    assert.equal(kept(), 0);
  });
});
