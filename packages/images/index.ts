export * from './chain-id.ts';
export type { TransferLimits } from './context.ts';
export * from './create.ts';
export { httpGet } from './distribution/get.ts';
export { parseMirror } from './distribution/endpoints.ts';
export type { RegistryPolicy } from './distribution/endpoints.ts';
export type * from './layer-codec.ts';
export type * from './port.ts';
