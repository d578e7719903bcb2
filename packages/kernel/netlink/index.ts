export * from './address.ts';
export * from './conntrack.ts';
export * from './fake.ts';
export * from './link.ts';
export type { NetlinkMessage, NetlinkRequest } from './message.ts';
export * from './rule.ts';
export * from './socket.ts';
export * from './watch-links.ts';
export * from './watch-losses.ts';
