import assert from 'node:assert/strict';
import { test } from 'node:test';
import { chooseLabels, optionsOf, sharedLabelOf } from './choose.ts';
import { parseContexts } from './contexts.ts';

const host = { process: 'system_u:system_r:container_t:s0', file: 'system_u:object_r:container_file_t:s0' };
/** Categories 512 and 1, then 3 and 2. */
const numbers = (...given: number[]) => () => (given.shift() ?? assert.fail('no more')) / 1024;
const chosen = (...options: string[]) => chooseLabels(options, host, new Set(), numbers(512, 1));

test('a container is of the policy\'s types, with two categories that no other has', () => {
  assert.deepEqual(chosen(), { process: 'system_u:system_r:container_t:s0:c1,c512', mount: 'system_u:object_r:container_file_t:s0:c1,c512' });
  const other = chooseLabels([], host, new Set(['s0:c1,c512']), numbers(512, 1, 7, 7, 1022, 1023, 3, 2));
  assert.equal(other.process, 'system_u:system_r:container_t:s0:c2,c3', 'not a taken pair, nor one twice, nor that of the unlabelled');
});

test('options change a part; user and level that of its files too, the type only as filetype', () => {
  assert.deepEqual(chosen('type:spc_t', 'user:staff_u', 'role:r', 'level:s0:c5,c6'), { process: 'staff_u:r:spc_t:s0:c5,c6', mount: 'staff_u:object_r:container_file_t:s0:c5,c6' });
  assert.equal(chosen('filetype:other_t').mount, 'system_u:object_r:other_t:s0:c1,c512');
  assert.deepEqual(chosen('disable'), { process: '', mount: 'system_u:object_r:container_file_t:s0:c1022,c1023' });
  assert.throws(() => chosen('nonsense'), /Bad label option "nonsense", valid options 'disable' or \n'user, role, level, type, filetype' followed by ':' and a value/);
  assert.throws(() => chosen('colour:red'), /Bad label option "colour", valid options 'disable, user, role, level, type, filetype'/);
});

test('a policy without levels, or without containers', () => {
  assert.deepEqual(chooseLabels([], { process: 'u:r:t', file: 'u:o:f' }, new Set()), { process: 'u:r:t', mount: 'u:o:f' });
  assert.deepEqual(chooseLabels([], { process: '', file: '' }, new Set()), { process: '', mount: '' });
  assert.deepEqual(parseContexts('# of containers\n process = "u:r:t:s0" \nfile="u:o:f:s0"\n;x=y\nnothing\n'), { process: 'u:r:t:s0', file: 'u:o:f:s0' });
});

test('files that all may share have no categories; who joins another is as that one', () => {
  assert.equal(sharedLabelOf('u:o:f:s0:c1,c2'), 'u:o:f:s0');
  assert.deepEqual(optionsOf('u:r:t:s0:c1,c2'), ['user:u', 'role:r', 'type:t', 'level:s0:c1,c2']);
  assert.deepEqual(optionsOf(''), []);
});
