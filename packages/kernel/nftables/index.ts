export * from './fake.ts';
export { countElements, getGeneration, listElements, listRules, parseGeneration, parseRuleName } from './inspect.ts';
export * from './monitor.ts';
export * from './nftables.ts';
export * from './port-rewrite.ts';
export { addElements, be16, deleteElements, registers, type NftElement, type NftFamily } from './wire.ts';
