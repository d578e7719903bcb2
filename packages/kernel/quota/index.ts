export { directoryQuotas, type DirectoryQuotas } from './directory-quotas.ts';
export { projectOf } from './project.ts';
