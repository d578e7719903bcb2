/** What a shim tells unasked, kept until somebody wants to know. */
import type { Ending, Failure, ShimEvents } from '#shim';

/** The ends of processes by number, whether asked for before or after they are told. */
export interface TaskEvents {
  readonly handlers: ShimEvents;
  /** undefined when the shim went without a word. */
  ending(process: number): Promise<Ending | undefined>;
  onOom: (() => void) | undefined;
  onWarning: ((failure: Failure) => void) | undefined;
  /** The first process is there, with its namespaces. */
  onCloned: ((pid: number) => void) | undefined;
  /** The launch waits for the host's hooks. */
  onHooks: ((pid: number) => void) | undefined;
}

export function taskEvents(): TaskEvents {
  const endings = new Map<number, PromiseWithResolvers<Ending | undefined>>();
  let closed = false;
  const slot = (process: number) => {
    const known = endings.get(process) ?? Promise.withResolvers<Ending | undefined>();
    endings.set(process, known);
    if (closed) known.resolve(undefined);
    return known;
  };
  const events: TaskEvents = {
    onOom: undefined,
    onWarning: undefined,
    onCloned: undefined,
    onHooks: undefined,
    ending: (process) => slot(process).promise,
    handlers: {
      exited: (process, ending) => slot(process).resolve(ending),
      oom: () => events.onOom?.(),
      cloned: (pid) => events.onCloned?.(pid),
      hooks: (pid) => events.onHooks?.(pid),
      warning: (failure) => events.onWarning?.(failure),
      closed: () => {
        closed = true;
        for (const { resolve } of endings.values()) resolve(undefined);
      },
    },
  };
  return events;
}
