/** One write to a file of a cgroup. */
export interface Setting {
  /** `memory`, `cpu` …; `` is v2's core. */
  readonly controller: string;
  readonly file: string;
  readonly value: string;
  /** Try this when `file` is not there (an older or newer kernel's name for it). */
  readonly otherwise?: string;
  /** The kernel may lack this knob: its absence is passed over. */
  readonly optional?: boolean;
  /** Refused, it is written once more after the others. */
  readonly again?: boolean;
}
