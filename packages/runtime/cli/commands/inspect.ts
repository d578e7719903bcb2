import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import type { Task } from '../../port.ts';
import { recallBundle } from '../bundle.ts';
import type { Command, Invocation } from '../command.ts';

/** OCI runtime-spec runtime.md, "State", with runC's additions. */
export const state: Command = {
  usage: 'state <container-id>',
  help: 'output the state of a container',
  flags: [],
  async run(invocation) {
    print(`${JSON.stringify(describe(invocation, await invocation.task()), undefined, 2)}\n`);
    return 0;
  },
};

export const list: Command = {
  usage: 'list [--format table|json] [--quiet]',
  help: 'list containers started with the given --root',
  flags: [{ name: 'format', short: 'f', value: true }, { name: 'quiet', short: 'q' }],
  async run(invocation) {
    const tasks = await Promise.all((await invocation.runtime.list()).map((id) => invocation.runtime.load(id)));
    const states = tasks.filter((task) => task !== undefined).map((task) => describe(invocation, task));
    if (invocation.isSet('quiet')) print(states.map(({ id }) => `${id}\n`).join(''));
    else if (invocation.text('format') === 'json') print(`${JSON.stringify(states)}\n`);
    else print(table([['ID', 'PID', 'STATUS', 'BUNDLE', 'CREATED', 'OWNER'], ...states.map((it) => [it.id, String(it.pid), it.status, it.bundle, it.created, it.owner])]));
    return 0;
  },
};

export const ps: Command = {
  usage: 'ps [--format table|json] <container-id> [ps options]',
  help: 'list the processes of a container',
  flags: [{ name: 'format', short: 'f', value: true }],
  async run(invocation) {
    const pids = await (await invocation.task()).pids();
    if (invocation.text('format') === 'json') {
      print(`${JSON.stringify(pids)}\n`);
      return 0;
    }
    const options = invocation.rest.slice(1);
    const { stdout } = await promisify(execFile)('ps', options.length > 0 ? options : ['-ef']);
    const [header = '', ...rows] = stdout.trimEnd().split('\n');
    const column = header.trim().split(/\s+/).indexOf('PID');
    const own = rows.filter((row) => pids.includes(Number(row.trim().split(/\s+/)[column])));
    print(`${[header, ...own].join('\n')}\n`);
    return 0;
  },
};

function describe(invocation: Invocation, task: Task) {
  const { bundle = '', created = '', annotations = {} } = recallBundle(invocation.root, task.id) ?? {};
  return { ociVersion: '1.3.0', id: task.id, pid: task.status === 'stopped' ? 0 : task.pid, status: task.status, bundle, created, annotations, owner: 'root' };
}

function table(rows: readonly (readonly string[])[]): string {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => (row[column] ?? '').length)) + 3);
  return rows.map((row) => `${row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join('').trimEnd()}\n`).join('');
}

function print(text: string): void {
  process.stdout.write(text);
}
