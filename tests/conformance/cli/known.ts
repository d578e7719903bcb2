/** Where the command differs from docker's on purpose, or a replay cannot be had. Each with its reason. */

const recordedElsewhere = 'needs the build context of the recording';

/** Steps of the recorded flows, by file and number. */
export const steps: Readonly<Record<string, string>> = {
  '08-inspect.json 5': 'inspect asks no /info: there are no swarm kinds to look for',
  '10-stats.json 4': 'stats --no-stream has no use for the events',
  '17-networks.json 5': 'json of a part of the answer makes up no field that an older engine has not',
  '19-events.json 1': 'the time bounds are in seconds of the recording and the body is not whole in it',
  '19-events.json 2': 'the time bounds are in seconds of the recording and the body is not whole in it',
  '22-build-classic.json 0': recordedElsewhere,
  '22-build-classic.json 1': recordedElsewhere,
  '22-build-classic.json 2': recordedElsewhere,
  '22-build-classic.json 3': recordedElsewhere,
  '25-push-pull.json 17': 'the warning names the directory of the configuration',
  '33-misc.json 1': 'the table is as wide as the address of the engine',
};

/** Mistakes, by id. */
export const mistakes: Readonly<Record<string, string>> = {
  'cli-14': 'the list of commands is that of Naru',
  'cli-24': 'the client is Naru',
  'conn-02': 'the client is Naru',
  'conn-03': 'the client is Naru',
  'run-63': 'a shell says it, not docker',
  'run-97': 'the warning is in the answer of the engine, which the ledger left out',
  'container-60': "docker's log lines about its tar writer are left out",
  'container-61': "docker's log lines about its tar writer are left out",
};

/** Flows that are no part of the command. */
export const flows = /^(23-build-buildkit|31-swarm|32-compose|34-|35-)/;

/** Pages that the buildx of the measured machine added. */
export const pages = /^builder (?!build$|prune$)/;

/** Commands that Naru does not have, or that speak of the client itself. */
export const commands = /^(plugin|trust|manifest|checkpoint|version|info|swarm|service|node|stack|secret|config|compose|buildx|build|bake)$/;

/** Commands that only Naru has, or that docker does not list. */
export const ownCommands: readonly string[] = ['why', 'container why', 'completion', 'system dial-stdio', 'config', 'node', 'secret', 'service', 'stack', 'swarm', 'builder prune'];

/** Flags that only Naru has, by the command's last word. */
export const ownFlags: Readonly<Record<string, readonly string[]>> = { run: ['timings'], pull: ['timings'], build: ['timings'] };

/** Rows that docker and naru answer differently on purpose. */
export const sides: Readonly<Record<string, string>> = {
  'images --tree': 'docker colours the heading even in a pipe',
  'images --tree nosuch': 'docker colours the heading even in a pipe',
  'image ls --tree busybox': 'docker colours the heading even in a pipe',
  '-H ssh://nosuch.invalid:99999 ps': 'ssh is not started a second time when the ping could not be sent: its failure is told at once',
  '__complete run --network=h': 'docker leaves it to the shell to drop what does not begin so',
};
