export * from './defaults-seccomp.ts';
export * from './defaults.ts';
export type * from './engine-api/index.ts';
export * from './image-documents.ts';
export * from './oci-image.ts';
export * from './oci-runtime.ts';
export * from './platform.ts';
export * from './reference.ts';
export * from './signals.ts';
