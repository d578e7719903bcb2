/** The flags that concern containers which say nothing themselves. */
import { findCommand, InvalidArgument, messageOf } from '#base';
import { validateLogOptions } from '../containers/logs/forward/options.ts';
import type { EngineConfig } from '../context.ts';
import { parseFeatures } from './features.ts';
import type { Values } from './flag-values.ts';
import { readSeccompProfile } from './seccomp-profile.ts';
import { executableFault, parseMap, parsePath, parseRuntimes, parseSize, parseUlimit } from './values.ts';

type ContainerDefaults = Pick<
  EngineConfig,
  | 'logging' | 'defaultUlimits' | 'defaultShmSize' | 'defaultIpcMode' | 'defaultCgroupnsMode' | 'init' | 'initPath' | 'noNewPrivileges' | 'seccomp' | 'cdiSpecDirs' | 'usernsRemap' | 'runtimes' | 'defaultRuntime'
>;

/** Throws InvalidArgument in dockerd's words. */
export function containersOf(values: Values): ContainerDefaults {
  const runtimes = parseRuntimes(values.list('add-runtime'));
  const defaultRuntime = values.text('default-runtime');
  if (defaultRuntime !== 'runc' && !Object.hasOwn(runtimes, defaultRuntime)) throw new InvalidArgument(`specified default runtime '${defaultRuntime}' does not exist`);
  return {
    logging: loggingOf(values),
    defaultUlimits: values.list('default-ulimit').map(parseUlimit),
    defaultShmSize: parseSize(values.text('default-shm-size')),
    defaultIpcMode: wordOf(values, 'default-ipc-mode', ['private', 'shareable'], 'IPC'),
    defaultCgroupnsMode: wordOf(values, 'default-cgroupns-mode', ['', 'private', 'host'], 'cgroup namespace'),
    init: values.on('init'),
    initPath: initPathOf(values.text('init-path')),
    noNewPrivileges: values.on('no-new-privileges'),
    seccomp: readSeccompProfile(values.text('seccomp-profile')),
    cdiSpecDirs: cdiSpecDirsOf(values),
    usernsRemap: values.text('userns-remap'),
    runtimes,
    defaultRuntime,
  };
}

/** Throws InvalidArgument for what no container could be given. */
function loggingOf(values: Values): { driver: string; options: Record<string, string> } {
  const logging = { driver: values.text('log-driver'), options: { ...parseMap(values.list('log-opt')) } };
  try {
    validateLogOptions(logging.driver, logging.options);
  } catch (error) {
    throw new InvalidArgument(`failed to set log opts: ${messageOf(error)}`, { cause: error });
  }
  return logging;
}

function wordOf(values: Values, name: string, words: readonly string[], what: string): string {
  const word = values.text(name);
  if (!words.includes(word)) throw new InvalidArgument(`default ${what} mode (${word}) is invalid, use "${words.filter(Boolean).join('" or "')}"`);
  return word;
}

/** An empty list, or one empty name, or the feature off, is no directory at all: then no devices are had by name. */
function cdiSpecDirsOf(values: Values): string[] {
  if (parseFeatures(values.list('feature'))['cdi'] === false) return [];
  const given = values.has('cdi-spec-dir') ? values.list('cdi-spec-dir') : ['/etc/cdi', '/var/run/cdi'];
  return given.filter((directory) => directory !== '').map(parsePath);
}

/** Absolute; '' is the built-in init. */
function initPathOf(text: string): string {
  if (text === '') return '';
  const path = text.includes('/') ? parsePath(text) : findCommand(text);
  if (!path) throw new InvalidArgument(`exec: "${text}": executable file not found in $PATH`);
  const fault = executableFault(path);
  if (fault !== undefined) throw new InvalidArgument(fault);
  return path;
}
