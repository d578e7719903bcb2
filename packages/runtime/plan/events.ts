/** What a shim tells unasked, kept until somebody wants to know. */
import type { Ending, Failure, ShimEvents } from '#shim';

/** The ends of processes by number, whether asked for before or after they are told. */
export interface TaskEvents {
  readonly handlers: ShimEvents;
  /** undefined when the shim went without a word. That of the first process (0) may be asked for again and again; an exec's once, then it is forgotten. */
  ending(process: number): Promise<Ending | undefined>;
  onOom: (() => void) | undefined;
  onWarning: ((failure: Failure) => void) | undefined;
  /** The first process is there, with its namespaces. */
  onCloned: ((pid: number) => void) | undefined;
  /** The launch waits for the host's hooks. */
  onHooks: ((pid: number) => void) | undefined;
}

export function taskEvents(): TaskEvents {
  const endings = endingsByProcess();
  const events: TaskEvents = {
    onOom: undefined,
    onWarning: undefined,
    onCloned: undefined,
    onHooks: undefined,
    ending: endings.ask,
    handlers: {
      exited: endings.tell,
      oom: () => events.onOom?.(),
      cloned: (pid) => events.onCloned?.(pid),
      hooks: (pid) => events.onHooks?.(pid),
      warning: (failure) => events.onWarning?.(failure),
      closed: endings.close,
    },
  };
  return events;
}

function endingsByProcess() {
  const waited = new Map<number, PromiseWithResolvers<Ending | undefined>>();
  const told = new Map<number, Ending | undefined>();
  let closed = false;
  return {
    ask(process: number): Promise<Ending | undefined> {
      if (told.has(process) || closed) {
        const ending = told.get(process);
        if (process !== 0) told.delete(process);
        return Promise.resolve(ending);
      }
      const slot = waited.get(process) ?? Promise.withResolvers<Ending | undefined>();
      waited.set(process, slot);
      return slot.promise;
    },
    tell(process: number, ending: Ending | undefined): void {
      const slot = waited.get(process);
      waited.delete(process);
      if (process === 0 || !slot) told.set(process, ending);
      slot?.resolve(ending);
    },
    close(): void {
      closed = true;
      for (const { resolve } of waited.values()) resolve(undefined);
      waited.clear();
    },
  };
}
