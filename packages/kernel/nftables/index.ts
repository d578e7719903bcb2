export * from './fake.ts';
export * from './inspect.ts';
export * from './nftables.ts';
export * from './port-rewrite.ts';
export { addElements, be16, deleteElements, registers, type NftElement, type NftFamily } from './wire.ts';
