export { dnsNamesOf } from './endpoints/dns-names.ts';
export { hostOnlyNetworks } from './host-only.ts';
export * from './open.ts';
export type * from './port.ts';
export { refuseLinkLocalClash } from './ipam/validate.ts';
export { defaultExecRoot } from './names.ts';
export type { DefaultNetworkOptions } from './room.ts';
