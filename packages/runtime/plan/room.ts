import type { ShimImage } from '#shim';
import type { Spares } from './spares.ts';

/** What the driver's parts share. */
export interface PlanRoom {
  readonly tasksRoot: string;
  readonly trash: string;
  readonly image: ShimImage;
  readonly cgroupParent: string;
  readonly spares: Spares;
  warn(id: string, message: string): void;
}
