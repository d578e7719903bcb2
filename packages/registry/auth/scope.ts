import type { Access, Action } from '../port.ts';

/** Accesses as a token carries them: `[{ type, name, actions }]` (distribution, "Token Authentication Implementation"). */
export interface AccessClaim {
  readonly type: string;
  readonly name: string;
  readonly actions: readonly string[];
}

/** `repository:library/x:pull,push`: one scope for each name. */
export function formatScopes(accesses: readonly Access[]): string[] {
  return claimsOf(accesses).map(({ type, name, actions }) => `${type}:${name}:${actions.join(',')}`);
}

/** Parses scopes; what is none is left out, as the specification asks. */
export function parseScopes(scopes: readonly string[]): Access[] {
  return scopes.flatMap((each) => each.split(' ')).flatMap((scope): Access[] => {
    const found = /^(repository|registry):(.+):([a-z*,]+)$/.exec(scope);
    if (!found) return [];
    const [, type, name = '', actions = ''] = found;
    return actions.split(',').filter(isAction).map((action) => ({ type: type as Access['type'], name, action }));
  });
}

/** Accesses gathered by name. */
export function claimsOf(accesses: readonly Access[]): AccessClaim[] {
  const byName = Map.groupBy(accesses, ({ type, name }) => `${type}:${name}`);
  return [...byName.values()].map((group) => ({ type: group[0]?.type ?? '', name: group[0]?.name ?? '', actions: [...new Set(group.map(({ action }) => action))] }));
}

/** True when the claims allow every access. */
export function allows(claims: readonly AccessClaim[], accesses: readonly Access[]): boolean {
  const covers = ({ type, name, actions }: AccessClaim, access: Access): boolean =>
    type === access.type && name === access.name && (actions.includes(access.action) || actions.includes('*'));
  return accesses.every((access) => claims.some((claim) => covers(claim, access)));
}

function isAction(text: string): text is Action {
  return text === 'pull' || text === 'push' || text === 'delete' || text === '*';
}
