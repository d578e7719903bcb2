/** `docker run` to its end, by the real command line. */
import { ok } from '../../support/command.ts';
import { each } from '../api.ts';
import { measure, timed, type Figure } from '../measure.ts';
import type { Engine } from '../peers.ts';

const isolated = (): Promise<number> => timed(() => ok('unshare', ['--fork', '--pid', '--mount', '--net', '--uts', '--ipc', 'true']));

/** The command line's own start: what it takes to print its version. */
export const cliAlone = (): Promise<number> => timed(() => ok('docker', ['--version']));
const limit = async (): Promise<number> => (await cliAlone()) + (await isolated());

export async function* runWorks(engines: readonly Engine[]): AsyncGenerator<Figure> {
  const oneShot = (...flags: string[]) => each(engines, (engine) => timed(() => engine.docker('run', '--rm', ...flags, 'busybox', 'true')), { limit });
  yield measure('docker run --rm busybox true', 'ms', '<= 1/9 of dockerd', 15, oneShot());
  yield measure('docker run --rm -p 18080:80', 'ms', '<= 1/9 of dockerd', 9, oneShot('-p', '18080:80'));
  yield measure('docker run --rm --network none', 'ms', '<= 27/190 of dockerd', 9, oneShot('--network', 'none'));
  yield measure('docker run --rm --network host', 'ms', '<= 26/128 of dockerd', 9, oneShot('--network', 'host'));
}
