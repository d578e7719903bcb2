/** `Deleted Volumes:` and a name a line, or nothing where nothing went. */
export function deletedNames(what: string, names: readonly string[] | null): string {
  return names && names.length > 0 ? `Deleted ${what}:\n${names.map((name) => `${name}\n`).join('')}\n` : '';
}
