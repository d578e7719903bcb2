/**
 * Every command by name: its line in the lists of `--help` and the file that is loaded when it is used. A swarm's
 * commands stand here without a file: they are refused by name.
 */
import { type Group, group, leaf, type Node } from '../command/command.ts';

const attach = () => import('./container/attach.ts');
const build = () => import('./image/build.ts');
const commit = () => import('./container/commit.ts');
const containerList = () => import('./container/list.ts');
const cp = () => import('./container/cp.ts');
const create = () => import('./container/create.ts');
const diff = () => import('./container/diff.ts');
const events = () => import('./system/events.ts');
const exec = () => import('./container/exec.ts');
const exportContainer = () => import('./container/export.ts');
const history = () => import('./image/history.ts');
const imageList = () => import('./image/list.ts');
const importImage = () => import('./image/import.ts');
const info = () => import('./system/info.ts');
const kill = () => import('./container/kill.ts');
const load = () => import('./image/load.ts');
const logs = () => import('./container/logs.ts');
const pause = () => import('./container/pause.ts');
const port = () => import('./container/port.ts');
const pull = () => import('./image/pull.ts');
const push = () => import('./image/push.ts');
const removeContainer = () => import('./container/remove.ts');
const removeImage = () => import('./image/remove.ts');
const rename = () => import('./container/rename.ts');
const restart = () => import('./container/restart.ts');
const run = () => import('./container/run.ts');
const save = () => import('./image/save.ts');
const start = () => import('./container/start.ts');
const stats = () => import('./container/stats.ts');
const stop = () => import('./container/stop.ts');
const tag = () => import('./image/tag.ts');
const top = () => import('./container/top.ts');
const unpause = () => import('./container/unpause.ts');
const update = () => import('./container/update.ts');
const wait = () => import('./container/wait.ts');
const why = () => import('./container/why.ts');

const common: readonly Node[] = [
  leaf('run', 'Create and run a new container from an image', run),
  leaf('exec', 'Execute a command in a running container', exec),
  leaf('ps', 'List containers', containerList),
  leaf('build', 'Build an image from a Dockerfile', build),
  leaf('pull', 'Download an image from a registry', pull),
  leaf('push', 'Upload an image to a registry', push),
  leaf('images', 'List images', imageList),
  leaf('login', 'Authenticate to a registry', () => import('./registry/login.ts')),
  leaf('logout', 'Log out from a registry', () => import('./registry/logout.ts'), { local: true }),
  leaf('search', 'Search Docker Hub for images', () => import('./registry/search.ts')),
  leaf('version', 'Show the Docker version information', () => import('./system/version.ts')),
  leaf('info', 'Display system-wide information', info),
];

const container = group('container', 'Manage containers', [
  leaf('attach', 'Attach local standard input, output, and error streams to a running container', attach),
  leaf('commit', "Create a new image from a container's changes", commit),
  leaf('cp', 'Copy files/folders between a container and the local filesystem', cp),
  leaf('create', 'Create a new container', create),
  leaf('diff', "Inspect changes to files or directories on a container's filesystem", diff),
  leaf('exec', 'Execute a command in a running container', exec),
  leaf('export', "Export a container's filesystem as a tar archive", exportContainer),
  leaf('inspect', 'Display detailed information on one or more containers', () => import('./container/inspect.ts')),
  leaf('kill', 'Kill one or more running containers', kill),
  leaf('logs', 'Fetch the logs of a container', logs),
  leaf('ls', 'List containers', containerList, { aliases: ['list', 'ps'] }),
  leaf('pause', 'Pause all processes within one or more containers', pause),
  leaf('port', 'List port mappings or a specific mapping for the container', port),
  leaf('prune', 'Remove all stopped containers', () => import('./container/prune.ts'), { since: '1.25' }),
  leaf('rename', 'Rename a container', rename),
  leaf('restart', 'Restart one or more containers', restart),
  leaf('rm', 'Remove one or more containers', removeContainer, { aliases: ['remove'] }),
  leaf('run', 'Create and run a new container from an image', run),
  leaf('start', 'Start one or more stopped containers', start),
  leaf('stats', 'Display a live stream of container(s) resource usage statistics', stats),
  leaf('stop', 'Stop one or more running containers', stop),
  leaf('top', 'Display the running processes of a container', top),
  leaf('unpause', 'Unpause all processes within one or more containers', unpause),
  leaf('update', 'Update configuration of one or more containers', update),
  leaf('wait', 'Block until one or more containers stop, then print their exit codes', wait),
  leaf('why', 'Explain why a container is in the state it is in', why, { own: true }),
]);

const context = group('context', 'Manage contexts', [
  leaf('create', 'Create a context', () => import('./context/create.ts'), { local: true }),
  leaf('export', 'Export a context to a tar archive FILE or a tar stream on STDOUT.', () => import('./context/export.ts'), { local: true }),
  leaf('import', 'Import a context from a tar or zip file', () => import('./context/import.ts'), { local: true }),
  leaf('inspect', 'Display detailed information on one or more contexts', () => import('./context/inspect.ts'), { local: true }),
  leaf('ls', 'List contexts', () => import('./context/list.ts'), { aliases: ['list'], local: true }),
  leaf('rm', 'Remove one or more contexts', () => import('./context/remove.ts'), { aliases: ['remove'], local: true }),
  leaf('show', 'Print the name of the current context', () => import('./context/show.ts'), { local: true }),
  leaf('update', 'Update a context', () => import('./context/update.ts'), { local: true }),
  leaf('use', 'Set the current docker context', () => import('./context/use.ts'), { local: true }),
]);

const image = group('image', 'Manage images', [
  leaf('build', 'Build an image from a Dockerfile', build),
  leaf('history', 'Show the history of an image', history),
  leaf('import', 'Import the contents from a tarball to create a filesystem image', importImage),
  leaf('inspect', 'Display detailed information on one or more images', () => import('./image/inspect.ts')),
  leaf('load', 'Load an image from a tar archive or STDIN', load),
  leaf('ls', 'List images', imageList, { aliases: ['list'] }),
  leaf('prune', 'Remove unused images', () => import('./image/prune.ts'), { since: '1.25' }),
  leaf('pull', 'Download an image from a registry', pull),
  leaf('push', 'Upload an image to a registry', push),
  leaf('rm', 'Remove one or more images', removeImage, { aliases: ['remove'] }),
  leaf('save', 'Save one or more images to a tar archive (streamed to STDOUT by default)', save),
  leaf('tag', 'Create a tag TARGET_IMAGE that refers to SOURCE_IMAGE', tag),
]);

const network = group('network', 'Manage networks', [
  leaf('connect', 'Connect a container to a network', () => import('./network/connect.ts')),
  leaf('create', 'Create a network', () => import('./network/create.ts')),
  leaf('disconnect', 'Disconnect a container from a network', () => import('./network/disconnect.ts')),
  leaf('inspect', 'Display detailed information on one or more networks', () => import('./network/inspect.ts')),
  leaf('ls', 'List networks', () => import('./network/list.ts'), { aliases: ['list'] }),
  leaf('prune', 'Remove all unused networks', () => import('./network/prune.ts'), { since: '1.25' }),
  leaf('rm', 'Remove one or more networks', () => import('./network/remove.ts'), { aliases: ['remove'] }),
]);

const system = group('system', 'Manage Docker', [
  leaf('df', 'Show docker disk usage', () => import('./system/df.ts'), { since: '1.25' }),
  leaf('dial-stdio', "Proxy the stdio stream to the daemon connection. Should not be invoked manually.", () => import('./system/dial-stdio.ts'), { hidden: true }),
  leaf('events', 'Get real time events from the server', events),
  leaf('info', 'Display system-wide information', info),
  leaf('prune', 'Remove unused data', () => import('./system/prune.ts'), { since: '1.25' }),
]);

const volume = group('volume', 'Manage volumes', [
  leaf('create', 'Create a volume', () => import('./volume/create.ts')),
  leaf('inspect', 'Display detailed information on one or more volumes', () => import('./volume/inspect.ts')),
  leaf('ls', 'List volumes', () => import('./volume/list.ts'), { aliases: ['list'] }),
  leaf('prune', 'Remove unused local volumes', () => import('./volume/prune.ts'), { since: '1.25' }),
  leaf('rm', 'Remove one or more volumes', () => import('./volume/remove.ts'), { aliases: ['remove'] }),
  leaf('update', 'Update a volume (cluster volumes only)', () => import('./volume/update.ts'), { since: '1.42' }),
], { usage: 'COMMAND' });

const manifestHelp = `The **docker manifest** command has subcommands for managing image manifests and
manifest lists. A manifest list allows you to use one name to refer to the same image
built for multiple architectures.

To see help for a subcommand, use:

    docker manifest CMD --help

For full details on using docker manifest lists, see the registry v2 specification.`;

const management: readonly Node[] = [
  group('builder', 'Manage builds', [
    leaf('build', 'Build an image from a Dockerfile', build),
    leaf('prune', 'Remove build cache', () => import('./builder/prune.ts'), { since: '1.39' }),
  ], { since: '1.31' }),
  group('checkpoint', 'Manage checkpoints', [
    leaf('create', 'Create a checkpoint from a running container', () => import('./checkpoint/create.ts')),
    leaf('ls', 'List checkpoints for a container', () => import('./checkpoint/list.ts'), { aliases: ['list'] }),
    leaf('rm', 'Remove a checkpoint', () => import('./checkpoint/remove.ts'), { aliases: ['remove'] }),
  ], { since: '1.25', experimental: true }),
  container,
  context,
  image,
  group('manifest', 'Manage Docker image manifests and manifest lists', [
    leaf('annotate', 'Add additional information to a local image manifest', () => import('./manifest/annotate.ts'), { local: true }),
    leaf('create', 'Create a local manifest list for annotating and pushing to a registry', () => import('./manifest/create.ts'), { local: true }),
    leaf('inspect', 'Display an image manifest, or manifest list', () => import('./manifest/inspect.ts'), { local: true }),
    leaf('push', 'Push a manifest list to a repository', () => import('./manifest/push.ts'), { local: true }),
    leaf('rm', 'Delete one or more manifest lists from local storage', () => import('./manifest/remove.ts'), { local: true }),
  ], { usage: 'COMMAND', experimentalCli: true, long: manifestHelp }),
  network,
  group('plugin', 'Manage plugins', [
    leaf('create', 'Create a plugin from a rootfs and configuration. Plugin data directory must contain config.json and rootfs directory.', () => import('./plugin/create.ts')),
    leaf('disable', 'Disable a plugin', () => import('./plugin/disable.ts')),
    leaf('enable', 'Enable a plugin', () => import('./plugin/enable.ts')),
    leaf('inspect', 'Display detailed information on one or more plugins', () => import('./plugin/inspect.ts')),
    leaf('install', 'Install a plugin', () => import('./plugin/install.ts')),
    leaf('ls', 'List plugins', () => import('./plugin/list.ts'), { aliases: ['list'] }),
    leaf('push', 'Push a plugin to a registry', () => import('./plugin/push.ts')),
    leaf('rm', 'Remove one or more plugins', () => import('./plugin/remove.ts'), { aliases: ['remove'] }),
    leaf('set', 'Change settings for a plugin', () => import('./plugin/set.ts')),
    leaf('upgrade', 'Upgrade an existing plugin', () => import('./plugin/upgrade.ts')),
  ], { since: '1.25' }),
  system,
  group('trust', 'Manage trust on Docker images', [
    group('key', 'Manage keys for signing Docker images', [
      leaf('generate', 'Generate and load a signing key-pair', () => import('./trust/key-generate.ts'), { local: true }),
      leaf('load', 'Load a private key file for signing', () => import('./trust/key-load.ts'), { local: true }),
    ]),
    group('signer', 'Manage entities who can sign Docker images', [
      leaf('add', 'Add a signer', () => import('./trust/signer-add.ts'), { local: true }),
      leaf('remove', 'Remove a signer', () => import('./trust/signer-remove.ts'), { local: true }),
    ]),
    leaf('inspect', 'Return low-level information about keys and signatures', () => import('./trust/inspect.ts'), { local: true }),
    leaf('revoke', 'Remove trust for an image', () => import('./trust/revoke.ts'), { local: true }),
    leaf('sign', 'Sign an image', () => import('./trust/sign.ts'), { local: true }),
  ]),
  volume,
];

const swarm: readonly Node[] = [
  leaf('config', 'Manage Swarm configs', undefined, { swarmManager: true }),
  leaf('node', 'Manage Swarm nodes', undefined, { swarmManager: true }),
  leaf('secret', 'Manage Swarm secrets', undefined, { swarmManager: true }),
  leaf('service', 'Manage Swarm services', undefined, { swarmManager: true }),
  leaf('stack', 'Manage Swarm stacks', undefined, { swarmManager: true }),
  leaf('swarm', 'Manage Swarm'),
];

const plain: readonly Node[] = [
  leaf('attach', 'Attach local standard input, output, and error streams to a running container', attach),
  leaf('commit', "Create a new image from a container's changes", commit),
  leaf('cp', 'Copy files/folders between a container and the local filesystem', cp),
  leaf('create', 'Create a new container', create),
  leaf('diff', "Inspect changes to files or directories on a container's filesystem", diff),
  leaf('events', 'Get real time events from the server', events),
  leaf('export', "Export a container's filesystem as a tar archive", exportContainer),
  leaf('history', 'Show the history of an image', history),
  leaf('import', 'Import the contents from a tarball to create a filesystem image', importImage),
  leaf('inspect', 'Return low-level information on Docker objects', () => import('./inspect.ts')),
  leaf('kill', 'Kill one or more running containers', kill),
  leaf('load', 'Load an image from a tar archive or STDIN', load),
  leaf('logs', 'Fetch the logs of a container', logs),
  leaf('pause', 'Pause all processes within one or more containers', pause),
  leaf('port', 'List port mappings or a specific mapping for the container', port),
  leaf('rename', 'Rename a container', rename),
  leaf('restart', 'Restart one or more containers', restart),
  leaf('rm', 'Remove one or more containers', removeContainer),
  leaf('rmi', 'Remove one or more images', removeImage),
  leaf('save', 'Save one or more images to a tar archive (streamed to STDOUT by default)', save),
  leaf('start', 'Start one or more stopped containers', start),
  leaf('stats', 'Display a live stream of container(s) resource usage statistics', stats),
  leaf('stop', 'Stop one or more running containers', stop),
  leaf('tag', 'Create a tag TARGET_IMAGE that refers to SOURCE_IMAGE', tag),
  leaf('top', 'Display the running processes of a container', top),
  leaf('unpause', 'Unpause all processes within one or more containers', unpause),
  leaf('update', 'Update configuration of one or more containers', update),
  leaf('wait', 'Block until one or more containers stop, then print their exit codes', wait),
  leaf('why', 'Explain why a container is in the state it is in', why, { own: true }),
  leaf('completion', 'Generate the autocompletion script for the specified shell', () => import('./completion.ts'), { hidden: true, local: true }),
];

/** The first page's sections, in order. */
const sections: readonly (readonly [title: string, nodes: readonly Node[]])[] = [
  ['Common Commands', common],
  ['Management Commands', management],
  ['Swarm Commands', swarm],
  ['Commands', plain],
];

/** The root of all. */
export const tree: Group = group('', '', sections.flatMap(([, nodes]) => nodes));

/** The sections without the commands that have a place in a group, where `DOCKER_HIDE_LEGACY_COMMANDS` says so. They are no less there. */
export function sectionsShown(env: Readonly<Record<string, string | undefined>>): typeof sections {
  return env['DOCKER_HIDE_LEGACY_COMMANDS'] ? sections.filter(([title]) => title !== 'Commands') : sections;
}
