import type { Images } from '#images';
import type { Snapshotter } from '#snapshots';
import type { Supervisor } from '#supervisor';

/** What a build asks of the other rooms. */
export type BuildImages = Pick<Images, 'find' | 'lookup' | 'register' | 'commitLayer' | 'unpack' | 'tag' | 'pull' | 'squash'>;
export type BuildSnapshots = Pick<Snapshotter, 'prepare' | 'view' | 'upperPath' | 'list' | 'remove'>;
export type BuildSupervisor = Pick<Supervisor, 'create' | 'attach' | 'start' | 'wait' | 'kill' | 'list' | 'remove' | 'withRoot'>;
