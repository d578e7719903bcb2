/** Carries a plan out, step by step. */
import { Cancelled, InvalidArgument, messageOf } from '#base';
import type { Image } from '#images';
import { expandWord, parsePlatform, type Platform, type Stage } from '#spec';
import { BuildArgs } from './args.ts';
import { baseImage } from './base-image.ts';
import { dispatch } from './dispatch/dispatch.ts';
import type { Plan, Step } from './plan.ts';
import type { Session } from './session.ts';
import { StageState } from './state.ts';
import { runTriggers } from './trigger.ts';

/** Gives the image of the last stage, and the one that it stands on; throws what the failing step says. */
export async function execute(plan: Plan, session: Session): Promise<{ image: Image; base: Image | undefined }> {
  session.output.warnings(plan.warnings);
  const run: Run = { plan, session, args: new BuildArgs(session.request.buildArgs), state: undefined, name: '' };
  for (const step of plan.steps) await takeStep(run, step);
  session.output.unusedArgs(run.args.unused());
  if (run.state?.image === undefined) throw new InvalidArgument('No image was generated. Is your Dockerfile empty?');
  return { image: run.state.image, base: run.state.base };
}

interface Run {
  readonly plan: Plan;
  readonly session: Session;
  readonly args: BuildArgs;
  /** The stage under way. */
  state: StageState | undefined;
  name: string;
}

async function takeStep(run: Run, step: Step): Promise<void> {
  const { session, plan } = run;
  if (step.kind === 'stage-end') return endStage(run);
  if (step.kind === 'stage') session.stages.requireFree(step.stage.name);
  if (step.kind === 'instruction') throwIfCancelled(session);
  session.output.step(step.number, plan.total, step.code);
  if (step.kind === 'global-arg') return declareGlobals(run, step);
  if (step.kind === 'stage') await beginStage(run, step.stage);
  else if (run.state) await dispatch(session, run.state, step.instruction);
  session.output.image(run.state?.image?.id);
}

function declareGlobals({ args, plan }: Run, step: Extract<Step, { kind: 'global-arg' }>): void {
  const expand = (word: string): string => expandWord(word, args.declared(), { escape: plan.escape }).text;
  for (const { key, value } of step.instruction.args) args.declareGlobal(expand(key), value === undefined ? undefined : expand(value));
}

async function beginStage(run: Run, stage: Stage): Promise<void> {
  const { session, args, plan } = run;
  session.cache.reset();
  const expand = (word: string): string => expandWord(word, args.globals(), { escape: plan.escape }).text;
  const platform = stage.platform === '' ? undefined : platformOf(expand(stage.platform));
  const name = expand(stage.base);
  if (name === '') throw new InvalidArgument(`base name (${stage.base}) should not be blank`);
  run.name = stage.name;
  run.state = await stateOn(run, name, platform);
  await runTriggers(session, run.state);
}

/** A stage of this build, `scratch`, or an image. */
async function stateOn({ session, args, plan }: Run, name: string, platform: Platform | undefined): Promise<StageState> {
  const stage = session.stages.byName(name);
  if (stage) return new StageState(stage.image, args.forStage(), plan.escape);
  if (name === 'scratch') return new StageState(undefined, args.forStage(), plan.escape);
  return new StageState(await baseImage(session, name, platform), args.forStage(), plan.escape);
}

function platformOf(text: string): Platform {
  try {
    return parsePlatform(text);
  } catch (error) {
    throw new InvalidArgument(`failed to parse platform ${text}: ${messageOf(error)}`, { cause: error });
  }
}

function endStage({ session, state, name }: Run): void {
  if (state?.image !== undefined) session.output.stageDone(state.image.id);
  session.stages.add(name, { image: state?.image });
}

function throwIfCancelled(session: Session): void {
  if (!session.request.signal.aborted) return;
  session.output.cancelled();
  throw new Cancelled('Build cancelled');
}
