/**
 * Instructions that change nothing but the image's configuration. Each `apply` changes the stage and gives the text by
 * which the step is known in the history.
 */
import { posix } from 'node:path';
import { InvalidArgument, quote } from '#base';
import {
  parseSignal,
  type ArgInstruction,
  type CommandInstruction,
  type CopyInstruction,
  type EnvInstruction,
  type Healthcheck,
  type Instruction,
  type LabelInstruction,
  type ListInstruction,
  type RunInstruction,
  type TextInstruction,
} from '#spec';
import { shellOf } from '../run-config.ts';
import type { StageState } from '../state.ts';
import { exposedPorts } from './expose.ts';
import { quotedHealthcheck } from './healthcheck.ts';

export type MetadataInstruction = Exclude<Instruction, RunInstruction | CopyInstruction>;

/** Applies one instruction, already expanded. `tell` hears of a health check that is replaced. */
export function applyMetadata(state: StageState, instruction: MetadataInstruction, tell: (replaced: readonly string[]) => void): string {
  switch (instruction.kind) {
    case 'arg':
      return applyArg(state, instruction);
    case 'env':
      return applyEnv(state, instruction);
    case 'label':
      return applyLabel(state, instruction);
    case 'cmd':
      return applyCmd(state, instruction);
    case 'entrypoint':
      return applyEntrypoint(state, instruction);
    case 'expose':
      return applyExpose(state, instruction);
    case 'volume':
      return applyVolume(state, instruction);
    case 'healthcheck':
      return applyHealthcheck(state, instruction.healthcheck, tell);
    case 'shell':
      state.config = { ...state.config, Shell: [...instruction.shell] };
      return `SHELL [${instruction.shell.join(' ')}]`;
    case 'onbuild':
      state.config = { ...state.config, OnBuild: [...(state.config.OnBuild ?? []), instruction.trigger] };
      return `ONBUILD ${instruction.trigger}`;
    default:
      return applyText(state, instruction);
  }
}

function applyText(state: StageState, { kind, value }: TextInstruction): string {
  switch (kind) {
    case 'maintainer':
      state.author = value;
      return `MAINTAINER ${value}`;
    case 'user':
      state.config = { ...state.config, User: value };
      return `USER ${value}`;
    case 'stopsignal':
      parseSignal(value);
      state.config = { ...state.config, StopSignal: value };
      return `STOPSIGNAL ${value}`;
    case 'workdir':
      if (value === '') throw new InvalidArgument('cannot normalize nothing');
      state.config = { ...state.config, WorkingDir: posix.resolve('/', state.config.WorkingDir ?? '', value) };
      return `WORKDIR ${state.config.WorkingDir}`;
  }
}

function applyArg(state: StageState, { args }: ArgInstruction): string {
  for (const { key, value } of args) state.args.declare(key, value);
  return `ARG ${args.map(({ key, value }) => (value === undefined ? key : `${key}=${value}`)).join(' ')}`;
}

function applyEnv(state: StageState, { pairs }: EnvInstruction): string {
  const env = [...(state.config.Env ?? [])];
  for (const { key, value } of pairs) {
    const at = env.findIndex((entry) => entry.split('=', 1)[0] === key);
    env.splice(at < 0 ? env.length : at, 1, `${key}=${value}`);
  }
  state.config = { ...state.config, Env: env };
  return `ENV${pairs.map(({ key, value }) => ` ${key}=${value}`).join('')}`;
}

function applyLabel(state: StageState, { pairs }: LabelInstruction): string {
  const added = Object.fromEntries(pairs.map(({ key, value }) => [key, value]));
  state.config = { ...state.config, Labels: { ...state.config.Labels, ...added } };
  return `LABEL${pairs.map(({ key, value }) => ` ${key}=${value}`).join('')}`;
}

function applyCmd(state: StageState, instruction: CommandInstruction): string {
  const { args, shell } = instruction.command;
  const cmd = shell ? [...shellOf(state.config), ...args] : [...args];
  state.config = { ...state.config, Cmd: cmd };
  if (args.length > 0) state.cmdSet = true;
  return `CMD [${cmd.map(quote).join(' ')}]`;
}

/** An ENTRYPOINT makes the CMD of the base image meaningless, so that goes unless this stage set one. */
function applyEntrypoint(state: StageState, instruction: CommandInstruction): string {
  const { args, shell } = instruction.command;
  const entrypoint = shell && args.length > 0 ? [...shellOf(state.config), ...args] : [...args];
  state.config = { ...state.config, Entrypoint: entrypoint.length > 0 ? entrypoint : null, ...(!state.cmdSet && { Cmd: null }) };
  return `ENTRYPOINT [${entrypoint.map(quote).join(' ')}]`;
}

function applyExpose(state: StageState, { values }: ListInstruction): string {
  const words = values.flatMap((value) => state.expandToWords(value));
  const ports = Object.fromEntries(words.flatMap(exposedPorts).map((port) => [port, {}]));
  state.config = { ...state.config, ExposedPorts: { ...state.config.ExposedPorts, ...ports } };
  return `EXPOSE ${words.join(' ')}`;
}

function applyVolume(state: StageState, { values }: ListInstruction): string {
  if (values.includes('')) throw new InvalidArgument('VOLUME specified can not be an empty string');
  const added = Object.fromEntries(values.map((path) => [path, {}]));
  state.config = { ...state.config, Volumes: { ...state.config.Volumes, ...added } };
  return `VOLUME [${values.join(' ')}]`;
}

/** What a check leaves open is as it was, as dockerd has it: of another instruction as of the base image. */
function overPrevious(healthcheck: Healthcheck, previous: Healthcheck | null | undefined): Healthcheck {
  const given = Object.entries(healthcheck).filter(([, value]) => value !== 0);
  return { ...previous, ...Object.fromEntries(given) };
}

function applyHealthcheck(state: StageState, healthcheck: Healthcheck, tell: (replaced: readonly string[]) => void): string {
  const previous = state.config.Healthcheck?.Test ?? [];
  if (previous.length > 0 && previous[0] !== 'NONE') tell(previous);
  state.config = { ...state.config, Healthcheck: overPrevious(healthcheck, state.config.Healthcheck) };
  return `HEALTHCHECK ${quotedHealthcheck(healthcheck)}`;
}
