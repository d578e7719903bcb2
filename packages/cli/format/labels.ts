/** `a=b,c=d`, by name. */
export function joinLabels(labels: Readonly<Record<string, string>> | null | undefined): string {
  return Object.entries(labels ?? {}).sort(([a], [b]) => (a < b ? -1 : 1)).map(([key, value]) => `${key}=${value}`).join(',');
}

/** The `.Label "name"` of list templates: the value, or nothing. */
export function labelOf(labels: Readonly<Record<string, string>> | null | undefined): (name: string) => string {
  return (name) => labels?.[name] ?? '';
}
