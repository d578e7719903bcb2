import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseCidr } from '#base';
import type { Pool } from '../port.ts';
import { defaultGateway, macOf, nextAddress, reservedOf } from './addresses.ts';
import { nextPool } from './pools.ts';
import { validatePools, validateReservations } from './validate.ts';

const pool = (subnet: string, rest: Partial<Pool> = {}): Pool => ({ subnet, ipRange: '', gateway: '', auxiliary: {}, ...rest });
const blocks = (...texts: string[]) => texts.flatMap((text) => parseCidr(text) ?? assert.fail(text));

test('default pools are given in order and skip what overlaps', () => {
  assert.equal(nextPool(4, [], 'x'), '172.17.0.0/16');
  assert.equal(nextPool(4, blocks('172.17.0.0/16', '172.18.5.0/24'), 'x'), '172.19.0.0/16');
  assert.equal(nextPool(4, blocks('172.16.0.0/12'), 'x'), '192.168.0.0/20');
  assert.equal(nextPool(4, blocks('172.16.0.0/12', '192.168.0.0/19'), 'x'), '192.168.32.0/20');
  assert.throws(() => nextPool(4, blocks('172.16.0.0/12', '192.168.0.0/16'), 'x'), /^NotFound: could not find an available, non-overlapping IPv4 address pool among the defaults to assign to the network$/);
});

test('IPv6 pools are /64s of one unique local prefix per seed', () => {
  const first = nextPool(6, [], 'seed');
  assert.match(first, /^fd[0-9a-f]{2}:[0-9a-f:]+::\/64$/);
  assert.equal(nextPool(6, [], 'seed'), first);
  assert.notEqual(nextPool(6, [], 'other'), first);
  assert.notEqual(nextPool(6, blocks(first), 'seed'), first);
});

test('a small subnet is found at once behind large ones that are taken', () => {
  const first = nextPool(6, [], 'seed');
  assert.equal(nextPool(6, blocks(first), 'seed', [], 112), first.replace('::/64', ':1::/112'));
  assert.equal(nextPool(4, blocks('172.17.0.0/16', '172.18.0.0/30', '172.18.0.4/31'), 'x', [], 30), '172.18.0.8/30');
  assert.throws(() => nextPool(6, blocks('fc00::/7'), 'seed', [], 128), /^NotFound: /);
});

test('addresses go round, so that a freed one is not given again at once', () => {
  const net = pool('10.0.0.0/29', { gateway: '10.0.0.1' });
  assert.equal(nextAddress(net, new Set(), undefined), '10.0.0.2');
  assert.equal(nextAddress(net, new Set(), '10.0.0.2'), '10.0.0.3');
  assert.equal(nextAddress(net, new Set(), '10.0.0.6'), '10.0.0.2', 'the last wraps; network, gateway and broadcast are never given');
  assert.equal(nextAddress(net, new Set(['10.0.0.2', '10.0.0.4', '10.0.0.5', '10.0.0.6']), '10.0.0.6'), '10.0.0.3');
  assert.equal(nextAddress(net, new Set(['10.0.0.2', '10.0.0.3', '10.0.0.4', '10.0.0.5', '10.0.0.6']), undefined), undefined);
});

test('an ip-range bounds the choice, auxiliary addresses are kept back', () => {
  const net = pool('10.77.0.0/24', { ipRange: '10.77.0.128/30', gateway: '10.77.0.1', auxiliary: { router: '10.77.0.129' } });
  const given = new Set<string>();
  for (let last: string | undefined; (last = nextAddress(net, given, last)) !== undefined; ) given.add(last);
  assert.deepEqual([...given], ['10.77.0.128', '10.77.0.130', '10.77.0.131']);
  assert.deepEqual(reservedOf(net), ['10.77.0.1', '10.77.0.129']);
});

test('a huge IPv6 pool costs no more than its leases', () => {
  const net = pool('fd00::/64', { gateway: 'fd00::1' });
  assert.equal(nextAddress(net, new Set(['fd00::2']), undefined), 'fd00::3');
  assert.equal(nextAddress(pool('fd00::/64', { gateway: 'fd00::1', auxiliary: { a: 'FD00::0002' } }), new Set(), undefined), 'fd00::3', 'in any spelling');
});

test('the gateway is the first address of the range', () => {
  assert.equal(defaultGateway(pool('172.17.0.0/16')), '172.17.0.1');
  assert.equal(defaultGateway(pool('10.0.0.0/24', { ipRange: '10.0.0.64/26' })), '10.0.0.64');
  assert.equal(defaultGateway(pool('10.0.0.0/24', { auxiliary: { x: '10.0.0.1' } })), '10.0.0.2');
});

test('a mac is made of the address', () => {
  assert.equal(macOf('172.17.0.2'), '02:42:ac:11:00:02');
});

test('every fault of a configuration is told at once, in Docker words', () => {
  const faults = (...pools: Partial<Pool>[]): string => {
    try {
      validatePools(pools);
      return '';
    } catch (error) {
      return error instanceof Error ? error.message : '';
    }
  };
  assert.equal(faults({ subnet: '10.0.0.0/8' }), '');
  assert.equal(faults({}), 'invalid network config:\ninvalid subnet : invalid CIDR block notation');
  assert.equal(faults({ subnet: 'foo' }), 'invalid network config:\ninvalid subnet foo: invalid CIDR block notation');
  assert.equal(faults({ subnet: '10.1.0.0/8' }), 'invalid network config:\ninvalid subnet 10.1.0.0/8: it should be 10.0.0.0/8');
  assert.equal(
    faults({ subnet: '10.0.0.0/24', ipRange: '10.1.0.0/25', gateway: 'x', auxiliary: { a: 'fd00::1', b: '10.9.0.1' } }, { subnet: '10.0.0.0/24', ipRange: '10.0.0.0/16' }),
    ['invalid network config:', "invalid ip-range 10.1.0.0/25: parent subnet 10.0.0.0/24 doesn't contain ip-range", 'invalid gateway x: invalid address', 'invalid auxiliary address fd00::1: parent subnet is an IPv4 block', "invalid auxiliary address 10.9.0.1: parent subnet 10.0.0.0/24 doesn't contain this address", 'invalid ip-range 10.0.0.0/16: CIDR block is bigger than its parent subnet 10.0.0.0/24'].join('\n'),
  );
});

test('a gateway and auxiliary addresses must be addresses of their own', () => {
  const pool = (rest: Partial<Pool>): Pool[] => [{ subnet: '10.1.0.0/24', ipRange: '', gateway: '10.1.0.1', auxiliary: {}, ...rest }];
  validateReservations(pool({ auxiliary: { a: '10.1.0.9', b: '10.1.0.10' } }));
  validateReservations(pool({ subnet: '10.1.0.4/31', gateway: '10.1.0.4' }));
  for (const [rest, words] of [
    [{ gateway: '10.1.0.0' }, 'failed to allocate gateway (10.1.0.0): Address already in use'],
    [{ gateway: '10.1.0.255' }, 'failed to allocate gateway (10.1.0.255): Address already in use'],
    [{ gateway: '' }, 'failed to allocate gateway (): no available addresses on this pool'],
    [{ auxiliary: { a: '10.1.0.1' } }, 'failed to allocate secondary ip address (a:10.1.0.1): Address already in use'],
    [{ auxiliary: { a: '10.1.0.9', b: '10.1.0.9' } }, 'failed to allocate secondary ip address (b:10.1.0.9): Address already in use'],
  ] as const) assert.throws(() => validateReservations(pool(rest)), { kind: 'Internal', message: words });
});
