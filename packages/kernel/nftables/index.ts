export * from './fake.ts';
export * from './nftables.ts';
