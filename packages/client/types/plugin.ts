/** A plugin as the engine tells of it (Engine API, Plugin). */
export interface PluginSummary {
  readonly Id?: string;
  readonly Name: string;
  readonly Enabled: boolean;
  readonly PluginReference?: string;
  readonly Config?: { readonly Description?: string };
}

/** What a plugin wants before it is installed. */
export interface PluginPrivilege {
  readonly Name: string;
  readonly Description?: string;
  readonly Value: readonly string[] | null;
}
