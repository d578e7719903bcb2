import type { PortSummary } from '#client';

/**
 * `0.0.0.0:80-82->80-82/tcp, 443/tcp`: ports that follow one another are told as a range where they have the same
 * number on the host; others are told one by one, at the end.
 */
export function displayPorts(ports: readonly PortSummary[]): string {
  const groups = new Map<string, { first: number; last: number }>();
  const ranges: string[] = [];
  const mappings: string[] = [];
  for (const { IP = '', PrivatePort: port, PublicPort = 0, Type } of ports.toSorted(compare)) {
    if (IP !== '' && PublicPort !== port) {
      mappings.push(`${joined(IP, String(PublicPort))}->${port}/${Type}`);
      continue;
    }
    const key = IP === '' ? Type : `${IP}/${Type}`;
    const group = groups.get(key);
    if (group && port === group.last + 1) group.last = port;
    else {
      if (group) ranges.push(rangeOf(key, group));
      groups.set(key, { first: port, last: port });
    }
  }
  return [...ranges, ...[...groups].map(([key, group]) => rangeOf(key, group)), ...mappings].join(', ');
}

function rangeOf(key: string, { first, last }: { first: number; last: number }): string {
  const slash = key.lastIndexOf('/');
  const numbers = first === last ? String(first) : `${first}-${last}`;
  return slash < 0 ? `${numbers}/${key}` : `${joined(key.slice(0, slash), numbers)}->${numbers}/${key.slice(slash + 1)}`;
}

function joined(ip: string, port: string): string {
  return `${ip.includes(':') ? `[${ip}]` : ip}:${port}`;
}

function compare(a: PortSummary, b: PortSummary): number {
  return a.PrivatePort - b.PrivatePort || order(a.IP ?? '', b.IP ?? '') || (a.PublicPort ?? 0) - (b.PublicPort ?? 0) || order(a.Type, b.Type);
}

function order(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
