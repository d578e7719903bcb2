import type { RealtimeShare } from '#kernel';
import type { ShimImage } from '#shim';
import type { SeccompPrograms } from './programs.ts';
import type { Spares } from './spares.ts';

/** What the driver's parts share. */
export interface PlanRoom {
  readonly tasksRoot: string;
  readonly trash: string;
  readonly image: ShimImage;
  readonly cgroupParent: string;
  /** Containers are scopes of systemd's, in slices. */
  readonly systemd: boolean;
  /** Of the cgroups that containers' lie in. */
  readonly realtime: RealtimeShare;
  readonly spares: Spares;
  readonly programs: SeccompPrograms;
  /** Ids of tasks that are being made. */
  readonly making: Set<string>;
  /** Deletions under way. */
  readonly leaving: Set<Promise<void>>;
  warn(id: string, message: string): void;
}
