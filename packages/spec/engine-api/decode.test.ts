import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createContainerBody } from './container-shapes.ts';
import { decode, NumberLiteral, object, whole } from './decode.ts';
import { createNetworkBody } from './network-shapes.ts';

interface Example {
  Name?: string;
  Size?: number;
  On?: boolean;
  Cmd?: string[] | null;
  Labels?: Record<string, string> | null;
  Inner?: Example | null;
}

const inner = object<Omit<Example, 'Inner'>>('Inner', { Name: 'string', Size: 'integer', On: 'boolean', Cmd: 'words', Labels: { map: 'string' } });
const example = object<Example>('Example', { ...inner.fields, Inner: inner } as never);

test('known fields come out, in any case; null is unset', () => {
  const value = { name: 'x', Size: 5, On: null, other: 1, Inner: { Cmd: 'ls', Labels: { a: null } } };
  assert.deepEqual(decode(example, value), { Name: 'x', Size: 5, Inner: { Cmd: ['ls'], Labels: { a: '' } } });
  assert.deepEqual(decode(example, { Cmd: null, Labels: null }), { Cmd: null, Labels: null });
  assert.deepEqual(decode(example, { name: 'x', Name: 'y', NAME: null }), { Name: 'y' });
});

test('other types are refused in Go\'s words', () => {
  const refused: [unknown, string][] = [
    [{ Name: 5 }, 'number into Go struct field Example.Name of type string'],
    [{ Size: 1.5 }, 'number 1.5 into Go struct field Example.Size of type int64'],
    [{ Size: 1e300 }, 'number 1e+300 into Go struct field Example.Size of type int64'],
    [{ Inner: { On: 'yes' } }, 'string into Go struct field Example.Inner.On of type bool'],
    [{ Labels: ['a'] }, 'array into Go struct field Example.Labels of type map[string]string'],
    [{ Cmd: { a: 1 } }, 'object into Go struct field Example.Cmd of type string'],
    [{ Cmd: [1] }, 'array into Go struct field Example.Cmd of type string'],
    [{ Size: new NumberLiteral('1e3') }, 'number 1e3 into Go struct field Example.Size of type int64'],
    [{ Size: new NumberLiteral('9223372036854775808') }, 'number 9223372036854775808 into Go struct field Example.Size of type int64'],
    [{ Name: new NumberLiteral('1.0') }, 'number into Go struct field Example.Name of type string'],
    [new NumberLiteral('1.0'), 'number into Go value of type Example'],
    [[], 'array into Go value of type Example'],
    ['x', 'string into Go value of type Example'],
  ];
  for (const [value, message] of refused) {
    assert.throws(() => decode(example, value), { name: 'InvalidArgument', message: `invalid JSON: json: cannot unmarshal ${message}` });
  }
});

test('numbers have Go\'s ranges', () => {
  assert.deepEqual(decode(example, { Size: new NumberLiteral('9223372036854775807') }), { Size: 2 ** 63 });
  assert.deepEqual(decode(example, { Size: -0 }), { Size: 0 });
  const range = object<{ Small: number; Sizes: number[] }>('Range', { Small: 'uint16', Sizes: { list: 'uint' } });
  assert.deepEqual(decode(range, { Small: 65_535, Sizes: [0, 7] }), { Small: 65_535, Sizes: [0, 7] });
  assert.throws(() => decode(range, { Small: 65_536 }), { message: 'invalid JSON: json: cannot unmarshal number 65536 into Go struct field Range.Small of type uint16' });
  assert.throws(() => decode(range, { Sizes: [-1] }), { message: 'invalid JSON: json: cannot unmarshal number -1 into Go struct field Range.Sizes of type uint' });
});

test('a set\'s member may be null', () => {
  assert.deepEqual(decode(createContainerBody, { Volumes: { '/v': null }, ExposedPorts: null }), { Volumes: { '/v': {} }, ExposedPorts: null });
});

test('a whole object has every field', () => {
  const shape = whole<{ Name: string; Size: number; List: string[] | null }>('Whole', { Name: 'string', Size: 'integer', List: { list: 'string' } });
  assert.deepEqual(decode(shape, { Size: null }), { Name: '', Size: 0, List: null });
  assert.deepEqual(decode(object<{ All: unknown[] }>('Many', { All: { list: shape } }), { All: [null] }), { All: [{ Name: '', Size: 0, List: null }] });
});

test('no string holds a NUL byte', () => {
  assert.throws(() => decode(example, { Inner: { Name: 'a\0b' } }), { message: 'invalid JSON: Example.Inner.Name contains a NUL byte' });
  assert.throws(() => decode(example, { Labels: { '\0': '' } }), { message: 'invalid JSON: Example.Labels contains a NUL byte' });
});

test('what clients send passes through unchanged', () => {
  const body = {
    Image: 'bb', Cmd: ['sh'], Env: null, Tty: false, Labels: {}, Volumes: { '/v': {} }, ExposedPorts: { '80/tcp': {} },
    HostConfig: {
      Binds: ['a:/b'], PortBindings: { '80/tcp': [{ HostIp: '', HostPort: '8080' }] }, RestartPolicy: { Name: 'no', MaximumRetryCount: 0 },
      ConsoleSize: [24, 80], MemorySwappiness: -1, Ulimits: [{ Name: 'nofile', Soft: 1, Hard: 2 }], LogConfig: { Type: '', Config: {} },
      Mounts: [{ Type: 'bind', Source: '/a', Target: '/b', BindOptions: { Propagation: 'rprivate' } }],
    },
    NetworkingConfig: { EndpointsConfig: { default: { IPAMConfig: null, Links: null, Aliases: ['x'], GwPriority: 0 } } },
  };
  const { Tty: _, ...rest } = body;
  assert.deepEqual(decode(createContainerBody, body), { ...rest, Tty: false });
  const network = { Name: 'n', IPAM: { Driver: 'default', Options: {}, Config: [{ Subnet: '10.0.0.0/24' }] }, ConfigFrom: null, EnableIPv6: false };
  assert.deepEqual(decode(createNetworkBody, network), network);
});
