/** A link as a container's record keeps it: `id:alias`. */
export function parseLink(link: string): { readonly id: string; readonly alias: string } {
  const colon = link.indexOf(':');
  return { id: link.slice(0, colon), alias: link.slice(colon + 1) };
}
