import type { Room } from '../room.ts';

const SYSCTLS = { 4: 'net/ipv4/ip_forward', 6: 'net/ipv6/conf/all/forwarding' } as const;

/** Lets the host forward packets of a family, remembering what it did before. */
export function enableForwarding({ host, store }: Room, family: 4 | 6): void {
  const name = SYSCTLS[family];
  const before = host.readSysctl(name);
  if (before !== '0') return;
  store.setValue(`sysctl/${name}`, before);
  host.writeSysctl(name, '1');
}

/** Puts back what `enableForwarding` found, unless another daemon's bridges still need it. */
export function restoreForwarding({ host, store }: Room, othersRemain: boolean): void {
  for (const name of Object.values(SYSCTLS)) {
    const before = store.value(`sysctl/${name}`);
    if (before === undefined) continue;
    if (!othersRemain) host.writeSysctl(name, before);
    store.setValue(`sysctl/${name}`, undefined);
  }
}
