/** The VolumeDriver protocol of Docker's plugins, typed. Every call throws Internal (`VolumeDriver.X: …`) with the plugin's own words. */
import type { Plugin } from '#plugins';

export interface PluginVolume {
  readonly Name: string;
  readonly Mountpoint?: string;
  readonly CreatedAt?: string;
  readonly Status?: Readonly<Record<string, unknown>>;
}

export class PluginDriver {
  readonly #plugin: Plugin;

  constructor(plugin: Plugin) {
    this.#plugin = plugin;
  }

  async create(name: string, options: Readonly<Record<string, string>>): Promise<void> {
    await this.#plugin.call('VolumeDriver.Create', { Name: name, Opts: options });
  }

  async remove(name: string): Promise<void> {
    await this.#plugin.call('VolumeDriver.Remove', { Name: name });
  }

  /** Where the files are; `id` names who needs them until the `unmount` with the same id. */
  async mount(name: string, id: string): Promise<string> {
    const { Mountpoint = '' } = await this.#plugin.call<{ Mountpoint?: string }>('VolumeDriver.Mount', { Name: name, ID: id });
    return Mountpoint;
  }

  async unmount(name: string, id: string): Promise<void> {
    await this.#plugin.call('VolumeDriver.Unmount', { Name: name, ID: id });
  }

  /** Where the files would be; '' while they are nowhere. */
  async path(name: string): Promise<string> {
    const { Mountpoint = '' } = await this.#plugin.call<{ Mountpoint?: string }>('VolumeDriver.Path', { Name: name });
    return Mountpoint;
  }

  async get(name: string): Promise<PluginVolume | undefined> {
    return (await this.#plugin.call<{ Volume?: PluginVolume | null }>('VolumeDriver.Get', { Name: name })).Volume ?? undefined;
  }

  async list(): Promise<readonly PluginVolume[]> {
    return (await this.#plugin.call<{ Volumes?: PluginVolume[] | null }>('VolumeDriver.List', {})).Volumes ?? [];
  }

  /** `global` for volumes that every host sees. A plugin that does not know the call is local. */
  async scope(): Promise<'local' | 'global'> {
    try {
      const { Capabilities } = await this.#plugin.call<{ Capabilities?: { Scope?: string } }>('VolumeDriver.Capabilities', {});
      return Capabilities?.Scope === 'global' ? 'global' : 'local';
    } catch {
      return 'local';
    }
  }
}
