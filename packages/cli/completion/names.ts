/** Names for completion, from the engine and the configuration. */
import { calls } from '#client';
import type { Cli } from '../cli.ts';
import type { Subject } from '../command/command.ts';
import { ContextStore, defaultContext } from '../config/context-store.ts';

const states: Readonly<Partial<Record<Subject, readonly string[]>>> = { running: ['running'], stopped: ['created', 'exited'], paused: ['paused'], removable: ['created', 'dead', 'exited'] };

/** Rejects where no engine answers. */
export async function namesOf(cli: Cli, subject: Exclude<Subject, 'directory' | 'container path' | 'nothing'>): Promise<string[]> {
  const engine = cli.engine();
  switch (subject) {
    case 'image': return (await engine.call(calls.imageList)).flatMap(({ RepoTags }) => (RepoTags ?? []).filter((name) => name !== '<none>:<none>'));
    case 'network': return (await engine.call(calls.networkList)).map(({ Name }) => Name);
    case 'volume': return ((await engine.call(calls.volumeList)).Volumes ?? []).map(({ Name }) => Name);
    case 'plugin': return ((await engine.call(calls.pluginList)) ?? []).map(({ Name }) => Name);
    case 'context': return [defaultContext, ...new ContextStore(cli.globals.config).list().map(({ Name }) => Name)].sort();
    case 'object': return [...new Set((await Promise.all((['container', 'image', 'network', 'volume'] as const).map((kind) => namesOf(cli, kind)))).flat())].sort();
    case 'container': case 'running': case 'stopped': case 'paused': case 'removable': {
      const containers = await engine.call(calls.containerList, { query: { all: subject !== 'running' } });
      const fitting = containers.filter(({ State }) => states[subject]?.includes(State) ?? true);
      return fitting.flatMap(({ Names }) => (Names ?? []).map((name) => name.replace(/^\//, '')).filter((name) => !name.includes('/')));
    }
  }
}
