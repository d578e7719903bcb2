import type { BuildEvents } from '#builder';
import type { Digest } from '#base';
import type { ProgressMessage } from '#spec';
import { machine } from '../containers/machine.ts';
import { completeHostConfig } from '../containers/spec/complete.ts';
import { validateResources } from '../containers/spec/validate-resources.ts';
import { withGateway } from '../containers/spec/network-seat.ts';
import type { Engine } from '../context.ts';
import { publishImage } from '../images/publish.ts';
import type { ProgressOutput } from '../progress/output.ts';
import { reportTo } from '../progress/report.ts';
import { adoptContainer, limitsOf } from './adopt.ts';
import { fetchContext, type ContextSource } from './context.ts';
import type { BuildContexts } from './contexts.ts';
import type { BuildOptions } from './options.ts';
import { followSteps, type Steps } from './steps.ts';

type Room = Pick<Engine, 'builder' | 'images' | 'events' | 'supervisor' | 'containers' | 'networks' | 'clock' | 'config'>;

/**
 * Fetches the context, builds, tags, and tells of it. What the builder throws before its first line is an HTTP error
 * of the caller's; the context is gone in any case.
 */
export async function buildImage(
  engine: Room,
  contexts: BuildContexts,
  source: Omit<ContextSource, 'dockerfile' | 'signal'>,
  options: BuildOptions,
  output: ProgressOutput,
): Promise<Digest> {
  await using directory = await contexts.open();
  const { context, dockerfile } = await fetchContext({ ...source, dockerfile: options.dockerfile, signal: options.signal }, directory.path);
  const extraHosts = options.extraHosts.flatMap((entry) => withGateway(entry, { networks: engine.networks, hostGatewayIps: engine.config.hostGatewayIps }));
  using steps = followSteps(engine);
  const id = await engine.builder.build({ ...options, extraHosts, context, dockerfile, requireLimits: () => requireLimits(options) }, eventsTo(engine, steps, options, output));
  const image = engine.images.lookup(id);
  if (image) for (const tag of options.tags) publishImage(engine, 'tag', image, tag);
  return id;
}

function requireLimits(options: BuildOptions): void {
  validateResources(completeHostConfig(limitsOf(options), machine().cgroupVersion), machine());
}

/**
 * `docker build -q`: what was told is kept back until something fails, and then sent before the error; a good end says
 * the image's id alone.
 */
export async function quietly(output: ProgressOutput, build: (output: ProgressOutput) => Promise<Digest>): Promise<void> {
  const kept: ProgressMessage[] = [];
  try {
    const id = await build({ write: (message) => void kept.push(message) });
    output.write({ stream: `${id}\n` });
  } catch (error) {
    for (const message of kept) output.write(message);
    throw error;
  }
}

function eventsTo(engine: Room, steps: Steps, options: BuildOptions, output: ProgressOutput): BuildEvents {
  return {
    stream: (text) => output.write({ stream: text }),
    aux: (value, id) => output.write({ ...(id !== undefined && { id }), aux: value }),
    progress: reportTo(output),
    made: (container) => steps.made(container),
    gone: (id) => steps.gone(id),
    keep: (container) => adoptContainer(engine, container, { name: steps.release(container.id), options }),
  };
}
