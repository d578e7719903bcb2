/** One way a registry offers to be convinced (RFC 9110, 11.3). Parameter names in lower case. */
export interface Challenge {
  readonly scheme: 'basic' | 'bearer';
  readonly parameters: Readonly<Record<string, string>>;
}

/**
 * Parses WWW-Authenticate, several challenges and header lines included; schemes that nobody here speaks are left out.
 * Example: `Bearer realm="https://auth.docker.io/token",service="registry.docker.io"`.
 */
export function parseChallenges(header: string): Challenge[] {
  const challenges: Challenge[] = [];
  let current: { scheme: string; parameters: Record<string, string> } | undefined;
  for (const [, scheme, name, quoted, plain] of header.matchAll(/([A-Za-z][\w-]*)(?=\s+[A-Za-z])|([A-Za-z][\w-]*)\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^\s,"]+))/g)) {
    if (scheme !== undefined) {
      current = { scheme: scheme.toLowerCase(), parameters: {} };
      if (current.scheme === 'basic' || current.scheme === 'bearer') challenges.push(current as Challenge);
    } else if (name !== undefined && current) {
      current.parameters[name.toLowerCase()] = plain ?? (quoted ?? '').replaceAll(/\\(.)/g, '$1');
    }
  }
  return challenges;
}
