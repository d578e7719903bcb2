/** How the guard is looked after, over a recorded host whose two links come and go. */
import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';
import type { NetlinkMessage } from '#kernel';
import { recordHost } from '../kernel.fake.ts';
import { namesOf } from '../names.ts';
import type { NetworkStore } from '../store.ts';
import { Firewall } from './firewall.ts';

const names = namesOf('/run/naru');
const store = { allEndpoints: () => [], networks: () => [], network: () => undefined } as unknown as NetworkStore;

/** RTM_NEWLINK of a link that is up. */
function announced(name: string, index: number): NetlinkMessage {
  const body = Buffer.alloc(16 + 4 + 16);
  body.writeUInt32LE(index, 4);
  body.writeUInt32LE(1, 8);
  body.writeUInt16LE(20, 16);
  body.writeUInt16LE(3, 18); // IFLA_IFNAME
  body.write(name, 20);
  return { type: 16, flags: 0, sequence: 0, body };
}

/** A firewall that has laid its guard and watches; `step` is called in the midst of each laying, between links and tables. */
function watched(t: TestContext) {
  t.mock.timers.enable({ apis: ['setTimeout'] });
  const host = recordHost();
  const links = new Map<string, number>();
  const warnings: string[] = [];
  const world = { links, warnings, watches: 0, disposed: 0, step: (): void => {}, beforeWatch: (): void => {}, changed: (): void => {}, laid: host.nftables.transactions, tick: (ms: number) => t.mock.timers.tick(ms) };
  let index = 10;
  const netlink = {
    ...host.netlink,
    run: (...requests: { about: string }[]) => {
      for (const { about } of requests) {
        const gone = [...links].find(([, its]) => about === `delete link ${its}`);
        if (gone) links.clear(); // a pair goes as one
        if (about !== `add link ${names.guardOut}`) continue;
        assert.equal(links.size, 0, 'a link of that name is there already');
        for (const name of [names.guardIn, names.guardOut]) links.set(name, ++index);
      }
    },
    query: ({ about }: { about: string }) => [...links].filter(([name]) => about === `find link ${name}`).map(([name, its]) => announced(name, its)),
  };
  const nftables = { ...host.nftables, run: (text: string) => (world.step(), host.nftables.run(text)) };
  const watchLinks = (_indexes: readonly number[], changed: () => void): Disposable => {
    world.beforeWatch();
    world.watches++;
    world.changed = changed;
    return { [Symbol.dispose]: () => void world.disposed++ };
  };
  const firewall = new Firewall({ ...host, netlink, nftables, watchLinks }, names, store, { guarded: true, direct: false, accepted: undefined }, (message) => void warnings.push(message));
  firewall.lay();
  firewall.watch();
  t.after(() => firewall[Symbol.dispose]());
  return { ...world, world, firewall };
}

const once = (work: () => void) => {
  let isDone = false;
  return () => {
    if (!isDone) {
      isDone = true;
      work();
    }
  };
};

const isGuarded = (text: string | undefined) => text?.includes(`device "${names.guardOut}"`);

test('links that are removed while they are being laid are laid again, though nobody watched them by then', (t) => {
  const { world, links, tick, laid } = watched(t);
  world.step = once(() => links.clear());
  links.clear();
  world.changed();
  tick(100);
  assert.deepEqual([links.size, laid.length], [0, 2]);
  tick(200);
  assert.deepEqual([links.size, laid.length], [2, 3]);
});

test('a guard that once stood is not given up where laying it fails: it is tried again', (t) => {
  const { world, links, tick, laid, warnings } = watched(t);
  world.step = once(() => assert.fail('no memory'));
  links.clear();
  world.changed();
  tick(100);
  assert.deepEqual(warnings, ['looking after the nftables rules: no memory']);
  tick(200);
  assert.ok(isGuarded(laid.at(-1)));
  assert.equal(laid.length, 2);
});

test('one link without the other, which was renamed or moved away, is replaced by a pair', (t) => {
  const { world, links, tick, laid } = watched(t);
  links.delete(names.guardIn);
  world.changed();
  tick(100);
  assert.deepEqual([links.size, laid.length, isGuarded(laid.at(-1))], [2, 2, true]);
});

test('who removes them again and again is answered more and more seldom', (t) => {
  const { world, links, tick, laid } = watched(t);
  for (let second = 0; second < 20; second++) {
    for (let tenth = 0; tenth < 10; tenth++) {
      if (links.size > 0) {
        links.clear();
        world.changed();
      }
      tick(100);
    }
  }
  assert.equal(laid.length - 1, 8, 'after 0.1, 0.1, 0.2, 0.4, ... seconds');
});

test('a watch that could not be begun anew is closed once', (t) => {
  const { world, links, tick, firewall } = watched(t);
  world.beforeWatch = once(() => assert.fail('too many open files'));
  links.clear();
  world.changed();
  tick(100);
  assert.deepEqual([world.watches, world.disposed], [1, 1]);
  firewall[Symbol.dispose]();
  assert.deepEqual([world.watches, world.disposed], [1, 1]);
});
