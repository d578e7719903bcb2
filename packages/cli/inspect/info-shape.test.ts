import assert from 'node:assert/strict';
import { test } from 'node:test';
import { execute, parseTemplate } from '../template/index.ts';
import { infoShape } from './info-shape.ts';
import { typed } from './shape.ts';

const shown = (template: string, info: object): string => execute(parseTemplate(template), typed(infoShape, info));

test('fields have Go\'s names, JSON\'s in what is written as JSON', () => {
  assert.equal(shown('{{.CPUCfsQuota}} {{.HTTPProxy}} {{json .Runtimes}}', { CpuCfsQuota: true, HttpProxy: 'http://p', Runtimes: { runc: { path: 'r' } } }), 'true http://p {"runc":{"path":"r"}}');
});

test('what an engine leaves out is there, empty', () => {
  assert.equal(shown('[{{.ProductLicense}}] {{len .Warnings}} {{.Swarm.LocalNodeState}} {{.NCPU}}', { Swarm: { LocalNodeState: 'inactive' } }), '[] 0 inactive 0');
  assert.throws(() => shown('{{.Foo}}', {}), /can't evaluate field Foo/);
});
