import assert from 'node:assert/strict';
import { test } from 'node:test';
import { execute, parseTemplate } from '../template/index.ts';
import { listOf, mapOf, number, pointer, struct, text, typed } from './shape.ts';

const inner = struct('Inner', { One: text, Labels: mapOf(text) });
const shape = struct('Outer', { 'ID/Id': text, Inner: pointer(inner), All: listOf(inner), Count: number });
const value = { Count: 1, Other: 'kept', Inner: { Labels: { z: '1', a: '2' }, One: 'x' }, Id: 'i', All: [{ Labels: { b: '1', a: '2' } }] };
const shown = (template: string): string => execute(parseTemplate(template), typed(shape, value));

test('maps are written with their keys sorted', () => {
  assert.equal(shown('{{json .Inner.Labels}}'), '{"a":"2","z":"1"}');
});

test('a struct is written in the order of its fields, what they do not know last', () => {
  assert.equal(shown('{{json .}}'), '{"Id":"i","Inner":{"One":"x","Labels":{"a":"2","z":"1"}},"All":[{"Labels":{"a":"2","b":"1"}}],"Count":1,"Other":"kept"}');
});
