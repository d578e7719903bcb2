/** Engine API, `EventMessage`: one line of `GET /events`. */
export interface EventMessage {
  /** The first three repeat the action and actor for clients older than 1.22; containers and images only. */
  status?: string;
  id?: string;
  from?: string;
  Type: EventType;
  Action: string;
  Actor: { ID: string; Attributes: Record<string, string> };
  scope: 'local' | 'swarm';
  /** Seconds since the epoch. */
  time: number;
  /** Nanoseconds since the epoch: more digits than a double holds. */
  timeNano: bigint;
}

export type EventType =
  | 'builder' | 'config' | 'container' | 'daemon' | 'image' | 'network'
  | 'node' | 'plugin' | 'secret' | 'service' | 'volume';
