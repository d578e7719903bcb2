/** What the host does while a launch waits: the container's namespaces are there, its program is not. */
import type { OciSpec } from '#spec';
import { runLaunchHooks } from './host-hooks.ts';
import { moveNetDevices } from './net-devices.ts';

/** `pid` is the container's first process. Hooks find its network as the spec wants it. Throws Internal. */
export async function actOnHost(spec: OciSpec, process: { readonly id: string; readonly pid: number; readonly bundle: string }): Promise<void> {
  moveNetDevices(spec, process.pid);
  await runLaunchHooks(spec, process);
}
