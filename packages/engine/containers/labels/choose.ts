/**
 * SELinux's labels of a container (`--security-opt label=…`). Two categories of the policy's 1,024 keep it from others of its
 * type (MCS): no two containers have the same pair. Pure.
 */
import { Internal, quote } from '#base';
import type { HostContexts } from './contexts.ts';

/** '' is not labelled. */
export interface ContainerLabels {
  readonly process: string;
  readonly mount: string;
}

interface Context {
  readonly user: string;
  readonly role: string;
  readonly type: string;
  readonly level: string;
}

const categories = 1024;
/** The files of a container that is not labelled: no labelled one may read them. */
const unlabelledLevel = `s0:c${categories - 2},c${categories - 1}`;

const kinds: readonly string[] = ['disable', 'user', 'role', 'level', 'type', 'filetype'];

/** `options` are what stands behind `label=`; `taken` the levels of other containers. Throws Internal in dockerd's words. */
export function chooseLabels(options: readonly string[], host: HostContexts, taken: ReadonlySet<string>, random: () => number = Math.random): ContainerLabels {
  if (host.process === '' || host.file === '') return { process: '', mount: host.file };
  const [process, file] = [parseContext(host.process), parseContext(host.file)];
  const level = process.level === '' ? '' : freeLevel(taken, random);
  let own: Context = { ...process, level };
  let mount: Context = { ...file, level: level || file.level };
  for (const option of options) {
    if (option === 'disable') return { process: '', mount: formatContext({ ...file, level: unlabelledLevel }) };
    const [key, value] = parseOption(option);
    if (key !== 'filetype') own = { ...own, [key]: value };
    if (key === 'filetype') mount = { ...mount, type: value };
    else if (key === 'level' || key === 'user') mount = { ...mount, [key]: value };
  }
  return { process: formatContext(own), mount: formatContext(mount) };
}

function parseOption(option: string): [key: string, value: string] {
  const [, key = '', value = ''] = /^([^:]*):(.*)$/s.exec(option) ?? [];
  if (!option.includes(':')) throw new Internal(`Bad label option ${quote(option)}, valid options 'disable' or \n'user, role, level, type, filetype' followed by ':' and a value`);
  if (!kinds.includes(key)) throw new Internal(`Bad label option ${quote(key)}, valid options 'disable, user, role, level, type, filetype'`);
  return [key, value];
}

function freeLevel(taken: ReadonlySet<string>, random: () => number): string {
  for (;;) {
    const [low = 0, high = 0] = [random(), random()].map((share) => Math.floor(share * categories)).toSorted((a, b) => a - b);
    const level = `s0:c${low},c${high}`;
    if (low !== high && level !== unlabelledLevel && !taken.has(level)) return level;
  }
}

/** The level of a label, '' when it has none; of one that is wrong too, which its own container's start tells. */
export function levelOf(label: string): string {
  return label.split(':').slice(3).join(':');
}

/** The label of files that all containers may share: without categories. */
export function sharedLabelOf(label: string): string {
  return formatContext({ ...parseContext(label), level: 's0' });
}

/** What makes another process the like of this one (`--pid container:…`): options as after `label=`. */
export function optionsOf(label: string): string[] {
  if (label === '') return [];
  const { user, role, type, level } = parseContext(label);
  return [`user:${user}`, `role:${role}`, `type:${type}`, ...(level ? [`level:${level}`] : [])];
}

/** The level has colons of its own. */
function parseContext(label: string): Context {
  const [user = '', role = '', type = '', ...level] = label.split(':');
  if (type === '') throw new Internal('Invalid Label');
  return { user, role, type, level: level.join(':') };
}

function formatContext({ user, role, type, level }: Context): string {
  return [user, role, type, ...(level ? [level] : [])].join(':');
}
