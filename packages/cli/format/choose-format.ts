/** The format of a list: `--format`, or the configured one unless only names are wanted, or the table. */
export function chooseFormat(flags: { readonly format: string; readonly quiet: boolean }, configured: string | undefined): string {
  return flags.format || (flags.quiet ? undefined : configured) || 'table';
}
