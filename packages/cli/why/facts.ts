/** What is known of a container when it is asked why it is as it is: the engine's inspection and the events it kept. */

/** The part of `GET /containers/{id}/json` that tells; of a container that is gone, what its events say. Times are RFC 3339; an unset one is the year 1. */
export interface ContainerFacts {
  readonly Id: string;
  readonly Name: string;
  readonly Created: string;
  readonly RestartCount?: number;
  readonly State: {
    readonly Status: string;
    readonly ExitCode: number;
    readonly Error: string;
    readonly OOMKilled?: boolean;
    readonly StartedAt?: string;
    readonly FinishedAt?: string;
    readonly Health?: { readonly Status: string; readonly FailingStreak: number; readonly Log?: readonly { readonly ExitCode: number; readonly Output: string }[] | null } | null;
  };
  readonly Config?: { readonly Labels?: Readonly<Record<string, string>> | null };
  /** Whose network it has (`--network container:NAME`); without a status where that container is gone. */
  readonly networkOwner?: { readonly name: string; readonly status?: string };
  readonly HostConfig: {
    readonly NetworkMode?: string;
    /** Bytes; 0 for no limit. */
    readonly Memory?: number;
    readonly AutoRemove?: boolean;
    readonly RestartPolicy?: { readonly Name: string; readonly MaximumRetryCount?: number };
  };
}

export interface ContainerEvent {
  readonly Action: string;
  /** Seconds since the epoch. */
  readonly time: number;
  readonly Actor: { readonly ID?: string; readonly Attributes: Readonly<Record<string, string>> | null };
}

/** The name of a signal by its number; the number itself where it has none. */
export function signalName(number: number): string {
  return names[number] ?? `signal ${number}`;
}

const names: Readonly<Record<number, string>> = {
  1: 'SIGHUP', 2: 'SIGINT', 3: 'SIGQUIT', 4: 'SIGILL', 5: 'SIGTRAP', 6: 'SIGABRT', 7: 'SIGBUS', 8: 'SIGFPE', 9: 'SIGKILL', 10: 'SIGUSR1', 11: 'SIGSEGV', 12: 'SIGUSR2', 13: 'SIGPIPE', 14: 'SIGALRM', 15: 'SIGTERM', 24: 'SIGXCPU', 25: 'SIGXFSZ', 31: 'SIGSYS',
};
