export * from './attributes.ts';
export { fileSystemName } from './file-system-name.ts';
export { classicOptions } from './mount-options.ts';
export { rootIsLowest } from './mount-tree.ts';
export * from './mounts.ts';
export * from './view.ts';
export * from './open.ts';
export * from './xattrs.ts';
export * from './id-mapped.ts';
