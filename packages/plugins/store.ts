/**
 * Docker's plugins outside the daemon (API "v1"): programs of their own that listen on a socket and say, when asked,
 * what they implement.
 *
 *   <sockets>/NAME.sock, <sockets>/NAME/NAME.sock     a unix socket
 *   <specs>/NAME.spec                                 an address in a line: unix:///… or tcp://…
 *   <specs>/NAME.json                                 {"Name", "Addr", "TLSConfig"}
 *
 * The handshake is `POST /Plugin.Activate`, answered with `{"Implements": ["VolumeDriver", "authz" …]}`.
 */
import { readdirSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { Internal, InvalidArgument, isKind, NotFound, quote, tolerating } from '#base';
import { locate, type Place, type PluginDirectories } from './locate.ts';
import { Plugin, type CallOptions } from './plugin.ts';

/** Milliseconds for a plugin that a user's request names and that is not there: it may be starting. dockerd waits fifteen seconds, a name that is mistyped as long as one that is late. */
export const PLUGIN_MAY_COME = 5000;
/** Milliseconds between two looks for one. */
const lookAgain = 100;

export interface Plugins {
  /** The plugin of that name, activated. Throws NotFound (`plugin "x" not found`), or Internal for one that does not implement `capability`. */
  get(name: string, capability: string, options?: CallOptions): Promise<Plugin>;
  /** Names of the plugins that were activated and implement `capability`. */
  active(capability: string): string[];
  /** Names of every plugin that can be found, activated or not. */
  names(): string[];
}

/** The plugins of those directories, each activated when it is first needed. */
export function openPlugins(directories: PluginDirectories): Plugins {
  const known = new Map<string, Plugin>();
  return {
    async get(name, capability, options) {
      const plugin = known.get(name) ?? new Plugin(name, await place(directories, name, options));
      await plugin.activate(options);
      known.set(name, plugin);
      if (!plugin.implements.includes(capability)) throw new Internal(`plugin ${quote(name)} does not implement the requested driver: ${capability}`);
      return plugin;
    },
    active: (capability) => [...known.values()].filter((plugin) => plugin.implements.includes(capability)).map(({ name }) => name),
    names: () => namesIn(directories),
  };
}

/** Throws as `locate` does when the plugin does not come in the time it is given. */
async function place(directories: PluginDirectories, name: string, { awaited = 0, signal }: CallOptions = {}): Promise<Place> {
  for (const end = performance.now() + awaited; ; await sleep(lookAgain, undefined, { ...(signal && { signal }) })) {
    try {
      return locate(directories, name);
    } catch (error) {
      if (!isKind(error, 'NotFound') || performance.now() >= end) throw error;
    }
  }
}

function namesIn({ sockets, specs }: PluginDirectories): string[] {
  const inSockets = entriesOf(sockets).map((entry) => entry.replace(/\.sock$/, ''));
  const inSpecs = specs.flatMap((directory) => entriesOf(directory)).flatMap((entry) => /^(.+)\.(?:spec|json)$/.exec(entry)?.[1] ?? []);
  return [...new Set([...inSockets, ...inSpecs])].filter((name) => isThere({ sockets, specs }, name)).toSorted();
}

/** A file that is no plugin's must not keep the others from being found; who asks for it by name is told what is wrong with it. */
function isThere(directories: PluginDirectories, name: string): boolean {
  try {
    locate(directories, name);
    return true;
  } catch (error) {
    if (error instanceof NotFound || error instanceof InvalidArgument) return false;
    throw error;
  }
}

function entriesOf(directory: string): string[] {
  return tolerating(['ENOENT'], [], () => readdirSync(directory));
}
