/** Values of `--filter`: the keys of each command, and for some keys what may follow. */
import type { Cli } from '../cli.ts';
import { namesOf } from './names.ts';

const ofContainers = 'ancestor= before= exited= expose= health= id= is-task= label= name= network= publish= since= status= volume=';
const ofImages = 'before= dangling= label= reference= since= until=';

/** By the command's group and name; `prune` of every group has the last. */
const keys: Readonly<Record<string, string>> = {
  'ps': ofContainers, 'container ps': ofContainers, 'container ls': ofContainers, 'container list': ofContainers,
  'images': ofImages, 'image ls': ofImages, 'image list': ofImages,
  'network ls': 'dangling= driver= id= label= name= scope= type=', 'volume ls': 'dangling= driver= label= name=', 'plugin ls': 'capability= enabled=',
  'search': 'is-official= stars=', 'builder prune': 'id= inuse= parent= private= shared= type= unused-for= until=', 'volume prune': 'all= label=',
  'events': 'container= daemon= event= image= label= network= plugin= scope= type= volume=', 'prune': 'label= until=',
};

const truth: readonly string[] = ['false', 'true'];

/** Undefined for a command without known filters. */
export async function filterValues(path: readonly string[], typed: string, cli: Cli): Promise<readonly string[] | undefined> {
  const name = path.join(' ').replace(/^system events$/, 'events').replace(/ list$/, ' ls');
  const known = (keys[name] ?? keys[path.at(-1) ?? ''])?.split(' ');
  const key = known?.find((each) => typed.startsWith(each));
  if (key === undefined) return known;
  const values = await valuesOfKey(name, key.slice(0, -1), cli).catch(() => []); // no engine, no names
  return values.map((value) => `${key}${value}`);
}

async function valuesOfKey(command: string, key: string, cli: Cli): Promise<readonly string[]> {
  switch (key) {
    case 'container': return await namesOf(cli, 'container');
    case 'before': case 'since': return await namesOf(cli, command.startsWith('image') ? 'image' : 'container');
    case 'ancestor': case 'image': return await namesOf(cli, 'image');
    case 'network': return await namesOf(cli, 'network');
    case 'volume': return await namesOf(cli, 'volume');
    case 'name': return await namesOf(cli, command === 'network ls' ? 'network' : command === 'volume ls' ? 'volume' : 'container');
    case 'status': return ['created', 'dead', 'exited', 'paused', 'removing', 'restarting', 'running'];
    case 'health': return ['healthy', 'none', 'starting', 'unhealthy'];
    case 'scope': return command === 'network ls' ? ['global', 'local', 'swarm'] : ['local', 'swarm'];
    case 'type': return command === 'network ls' ? ['builtin', 'custom'] : ['builder', 'config', 'container', 'daemon', 'image', 'network', 'node', 'plugin', 'secret', 'service', 'volume'];
    case 'event': return events;
    case 'dangling': case 'is-task': case 'is-official': case 'enabled': case 'all': case 'inuse': case 'private': case 'shared': return truth;
    default: return [];
  }
}

const events = `archive-path attach checkpoint commit connect copy create delete destroy detach die disable disconnect enable exec_create exec_detach exec_die exec_start export extract-to-dir
  health_status import kill load mount oom pause prune pull push reload remove rename resize restart save start stop tag top unmount unpause untag update`.split(/\s+/);
