export type { PluginDirectories } from './locate.ts';
export { openPlugins, type Plugins } from './store.ts';
export type { CallOptions, Plugin } from './plugin.ts';
