import type { Authority } from '../port.ts';

/** Lets everybody do everything: a registry on a trusted network. */
export const anyone: Authority = { authorize: async () => 'granted' };
