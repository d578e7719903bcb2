/**
 * What the kernel room's seccomp knows by name, in a file of its own so that `features` can load it when it is asked. The
 * room's face itself must not be loaded so: a bundle would then run all that lies in its files, the worker threads' too.
 */
export { actionNames, architectureNames, filterFlagNames, operatorNames } from '#kernel';
