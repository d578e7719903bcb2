import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseInvocation } from './options.ts';

const nothing = (): string => {
  throw Object.assign(new Error('ENOENT: no such file'), { code: 'ENOENT' });
};
const config = (words: string[], file?: Record<string, unknown>) => {
  const invocation = parseInvocation(words, file ? () => JSON.stringify(file) : nothing);
  assert.ok(invocation.kind === 'daemon');
  return invocation.config;
};

test('without flags: paths of its own', () => {
  const { hosts, dataRoot, execRoot, cgroupParent, logLevel } = config([]);
  assert.deepEqual({ hosts, dataRoot, execRoot, cgroupParent, logLevel }, {
    hosts: ['unix:///run/naru/naru.sock'],
    dataRoot: '/var/lib/naru',
    execRoot: '/run/naru',
    cgroupParent: '/naru',
    logLevel: 'info',
  });
});

test('daemons with other run directories have other cgroups', () => {
  const [one, two] = ['/run/a', '/run/b'].map((root) => config(['--exec-root', root]).cgroupParent);
  assert.match(one ?? '', /^\/naru-[0-9a-f]{8}$/);
  assert.notEqual(one, two);
});

test('lists repeat, and come from the file by their plural', () => {
  assert.deepEqual(config(['-H', 'unix:///a', '--host=unix:///b']).hosts, ['unix:///a', 'unix:///b']);
  assert.deepEqual(config([], { 'registry-mirrors': ['http://m'] }).registryMirrors, ['http://m']);
});

test('what is wrong is said in one sentence', () => {
  assert.throws(() => parseInvocation(['--nope'], nothing), /Unknown option '--nope'\nSee 'narud --help'\.$/);
  assert.throws(() => config(['--log-level', 'loud']), /^InvalidArgument: invalid logging level: loud$/);
  assert.throws(() => config([], { nope: 1 }), /directives don't match any configuration option: nope/);
  assert.throws(() => config(['--label', 'a=b'], { labels: ['c=d'] }), /specified both as a flag and in the configuration file: label/);
  assert.throws(() => config(['--config-file', '/nope']), /unable to configure the daemon with file \/nope/);
});
