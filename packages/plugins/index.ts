export type { PluginDirectories } from './locate.ts';
export { openPlugins, PLUGIN_MAY_COME, type Plugins } from './store.ts';
export type { CallOptions, Plugin } from './plugin.ts';
