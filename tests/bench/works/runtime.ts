/** The runtime's command line beside runc's and crun's, on one bundle. */
import { chmod, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ok, root, run } from '../../support/command.ts';
import { busyboxTar } from '../../support/images.ts';
import { measure, timed, type Contenders, type Figure } from '../measure.ts';

export async function* runtimeWorks(): AsyncGenerator<Figure> {
  const bundle = await mkdtemp(join(tmpdir(), 'naru-bench-bundle-'));
  try {
    await makeBundle(bundle);
    const contenders: Contenders = {};
    for (const [name, command] of [['naru', join(root, 'bin/naru-runtime')], ['runc', 'runc'], ['crun', 'crun']] as const) {
      let turn = 0;
      const args = (): string[] => ['--root', join(bundle, `state-${name}`), 'run', '--bundle', bundle, `bench-${name}-${(turn += 1)}`];
      if (await works(command, args())) contenders[name] = () => timed(() => ok(command, args()));
    }
    yield measure('run of a bundle by the runtime\'s command line', 'ms', '<= 1.5 x runc', 11, contenders);
  } finally {
    await rm(bundle, { recursive: true, force: true });
  }
}

/** One that is not installed, or refuses this machine's cgroups (crun does where they are hybrid), is told and left out. */
async function works(command: string, args: readonly string[]): Promise<boolean> {
  const { code, stderr } = await run('sh', ['-c', '"$0" "$@"', command, ...args]);
  if (code !== 0) console.log(`${command} does not run here: ${stderr.trim()}`);
  return code === 0;
}

async function makeBundle(bundle: string): Promise<void> {
  await chmod(bundle, 0o755);
  await mkdir(join(bundle, 'rootfs'));
  await ok('tar', ['-C', join(bundle, 'rootfs'), '-xf', await busyboxTar()]);
  const namespaces = ['pid', 'network', 'ipc', 'uts', 'mount'].map((type) => ({ type }));
  const spec = {
    ociVersion: '1.0.2',
    process: { user: { uid: 0, gid: 0 }, args: ['true'], env: ['PATH=/bin'], cwd: '/', capabilities: {} },
    root: { path: 'rootfs', readonly: true },
    hostname: 'bench',
    mounts: [{ destination: '/proc', type: 'proc', source: 'proc' }],
    linux: { namespaces },
  };
  await writeFile(join(bundle, 'config.json'), JSON.stringify(spec));
}
