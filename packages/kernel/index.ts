export * from './deflate/index.ts';
export * from './files/index.ts';
export * from './inflate/index.ts';
export * from './libc.ts';
export * from './netlink/index.ts';
export * from './netns.ts';
export * from './nftables/index.ts';
export * from './ports.ts';
