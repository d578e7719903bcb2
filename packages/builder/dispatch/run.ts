import { messageOf } from '#base';
import type { ContainerDefaults, RunInstruction } from '#spec';
import { chainOf } from '../base-image.ts';
import { commitStep } from '../commit.ts';
import { shellOf } from '../run-config.ts';
import { runContainer } from '../run/container.ts';
import { runSpec } from '../run/spec.ts';
import { discardVolumes } from '../run/volumes.ts';
import type { Session } from '../session.ts';
import type { StageState } from '../state.ts';
import { fromCache, newContainerId, requiresBuildKit, tellRemoved } from './step.ts';

/** RUN: the command in a container on the image so far; what it changed is the step's layer. */
export async function dispatchRun(session: Session, state: StageState, instruction: RunInstruction): Promise<void> {
  const [flag] = instruction.flags;
  if (flag) requiresBuildKit(`--${flag.name} option`);
  if (instruction.command.heredocs.length > 0) requiresBuildKit('here-document syntax');
  const { args: written, shell } = instruction.command;
  const args = shell ? [...shellOf(state.config), ...written] : [...written];
  const buildEnv = state.args.besides(state.config.Env ?? []);
  const record = recordOf(state, args, buildEnv);
  if (await fromCache(session, state, record)) return;
  await run(session, state, { args, buildEnv, record });
}

/**
 * The command as history and cache know it: with the build arguments it saw in front, as `|2 a=1 b=2 /bin/sh -c …`.
 * The bar cannot begin a command, so that no command is taken for another with arguments.
 */
function recordOf(state: StageState, args: readonly string[], buildEnv: readonly string[]): ContainerDefaults {
  const recorded = buildEnv.filter((entry) => state.args.isRecorded(entry.split('=', 1)[0] ?? '')).toSorted();
  const cmd = buildEnv.length > 0 ? [`|${recorded.length}`, ...recorded, ...args] : [...args];
  return { ...state.config, Cmd: cmd, ArgsEscaped: false, ...(cmd.length > 0 && { Entrypoint: null }) };
}

interface Command {
  readonly args: readonly string[];
  readonly buildEnv: readonly string[];
  readonly record: ContainerDefaults;
}

async function run(session: Session, state: StageState, { args, buildEnv, record }: Command): Promise<void> {
  const { supervisor, snapshots, images, request, output } = session;
  const id = newContainerId();
  const chainId = await chainOf(session, state.image);
  const spec = runSpec({ id, chainId, args, buildEnv, config: state.config }, request, session.defaults);
  await supervisor.create(spec);
  try {
    output.runningIn(id);
    await runContainer(supervisor, spec, output, request.signal);
    discardVolumes(snapshots.upperPath(id), Object.keys(state.config.Volumes ?? {}));
    const layer = await images.commitLayer(id, chainId, { consume: true });
    await commitStep(session, state, { record, layer, container: id });
    tellRemoved(session, id);
  } catch (error) {
    if (request.forceRemove) output.removed(id);
    throw error;
  } finally {
    // The next step need not wait for it; the build's end does.
    session.later.push(supervisor.remove(id, { force: true }).catch((error: unknown) => output.notRemoved(id, messageOf(error))));
  }
}
