/** The face that the test sees of a program which is written against dockerode's own types. */
export interface Docker {
  ping(): Promise<unknown>;
}
export function connect(socketPath: string): Docker;
export const checks: Readonly<Record<string, (docker: Docker, registry: string) => Promise<void>>>;
