import { InvalidArgument, messageOf } from '#base';
import type { ContainerDefaults, RunInstruction } from '#spec';
import { chainOf } from '../base-image.ts';
import { commitStep } from '../commit.ts';
import { shellOf } from '../run-config.ts';
import { runCommand, type RunCommand } from '../run/command.ts';
import { runContainer } from '../run/container.ts';
import { writeScript } from '../run/script.ts';
import { runSpec } from '../run/spec.ts';
import { discardVolumes, makeVolumeDirectories } from '../run/volumes.ts';
import type { Session } from '../session.ts';
import type { StageState } from '../state.ts';
import { fromCache, newContainerId, removesIntermediate, requiresBuildKit } from './step.ts';

/** RUN: the command in a container on the image so far; what it changed is the step's layer. */
export async function dispatchRun(session: Session, state: StageState, instruction: RunInstruction): Promise<void> {
  const network = networkOf(instruction);
  const { args: written, script } = runCommand(instruction.command);
  const args = instruction.command.shell ? [...shellOf(state.config), ...written] : written;
  const buildEnv = state.args.besides(state.config.Env ?? []);
  const record = recordOf(state, script ? [...args, script.content] : args, buildEnv);
  const key = network === '' ? record : keyedBy(record, network); // what a step found there is no other network's
  if (await fromCache(session, state, key)) return;
  await run(session, state, { args: args.length > 0 ? args : usualCommand(state.config), buildEnv, record, key, network, script });
}

/** `RUN []` runs what the image would. Throws InvalidArgument when that is nothing. */
function usualCommand({ Entrypoint, Cmd }: ContainerDefaults): readonly string[] {
  const args = Entrypoint && Entrypoint.length > 0 ? Entrypoint : (Cmd ?? []);
  if (args.length === 0) throw new InvalidArgument('no command specified');
  return args;
}

/** `--network` is the only flag that takes no BuildKit; '' takes the build's. `--security=sandbox` is how every step runs. */
function networkOf({ flags }: RunInstruction): string {
  let network = '';
  for (const { name, value } of flags) {
    if (name === 'network') network = runNetwork(value);
    else if (name !== 'security' || value !== 'sandbox') requiresBuildKit(`--${name} option`);
  }
  return network;
}

function runNetwork(value: string): string {
  if (value === 'default') return '';
  if (value === 'none' || value === 'host') return value;
  throw new InvalidArgument(`invalid network mode: ${value}`);
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

/** The cache compares whole configurations; the network is in none, and stands with the labels here. */
function keyedBy(record: ContainerDefaults, network: string): ContainerDefaults {
  return { ...record, Labels: { ...record.Labels, 'RUN --network': network } };
}

interface Command {
  readonly args: readonly string[];
  readonly buildEnv: readonly string[];
  readonly record: ContainerDefaults;
  /** What the cache knows it by. */
  readonly key: ContainerDefaults;
  readonly network: string;
  readonly script: RunCommand['script'];
}

/** Docker keeps the container of a command that failed, and with `--rm=false` every one; not of one that was cancelled. */
async function run(session: Session, state: StageState, command: Command): Promise<void> {
  const { supervisor, snapshots, images, request, output } = session;
  request.requireLimits?.();
  const id = newContainerId();
  const chainId = await chainOf(session, state.image);
  await using script = await writeScript(session.scratch, command.script);
  const { args, buildEnv, network, record, key } = command;
  const spec = runSpec({ id, chainId, args, buildEnv, network, script: script?.directory, config: state.config }, request, session.defaults);
  await supervisor.create(spec);
  let keep = !removesIntermediate(request);
  const image = state.image?.id;
  const volumes = Object.keys(state.config.Volumes ?? {});
  const shown = { id, config: { ...state.config, Cmd: [...args], Entrypoint: null } };
  try {
    output.runningIn(id);
    session.made({ ...shown, image });
    await makeVolumeDirectories(supervisor, id, volumes);
    await runContainer(supervisor, spec, output, request.signal);
    discardVolumes(snapshots.upperPath(id), volumes);
    const layer = await images.commitLayer(id, chainId, { consume: !keep });
    await commitStep(session, state, { record, key, layer, container: id });
    if (!keep) output.removed(id);
  } catch (error) {
    keep = !request.forceRemove && !request.signal.aborted;
    if (request.forceRemove) output.removed(id);
    throw error;
  } finally {
    if (keep && image) session.keep({ ...shown, image });
    // The next step need not wait for it; the build's end does.
    else session.later.push(supervisor.remove(id, { force: true }).catch((error: unknown) => output.notRemoved(id, messageOf(error))));
  }
}
