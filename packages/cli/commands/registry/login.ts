import { InvalidArgument, isKind, messageOf, Unavailable } from '#base';
import { calls, DaemonError } from '#client';
import type { Cli } from '../../cli.ts';
import { atMost } from '../../command/arguments.ts';
import { command } from '../../command/command.ts';
import { Exit } from '../../command/exit.ts';
import { bool, string } from '../../command/flag-types.ts';
import { writeConfigFile } from '../../config/config-file.ts';
import type { AuthConfig } from '../../config/auth-config.ts';
import { credentialsFor, hubServer, storeCredentials } from '../../config/credentials.ts';
import { readAll } from '../../terminal/streams.ts';
import { printNote } from '../../terminal/note.ts';
import { askLine, askSecret } from '../../terminal/prompt.ts';

/** `login [SERVER]`: credentials are tried at the registry, by the engine, and kept when it takes them. */
export default command({
  usage: '[OPTIONS] [SERVER]',
  long: 'Authenticate to a registry.\nDefaults to Docker Hub if no server is specified.',
  takes: atMost(1),
  completes: 'nothing',
  flags: {
    password: string('Password or Personal Access Token (PAT)', { short: 'p' }),
    'password-stdin': bool('Take the Password or Personal Access Token (PAT) from stdin'),
    username: string('Username', { short: 'u' }),
  },
  async run({ arguments: [server = ''], flags, given }, cli) {
    checkFlags(flags, given);
    const password = await passwordOf(cli, flags.password, flags['password-stdin']);
    const address = serverAddress(server);
    const stored = flags.username === '' && password === '' ? await credentialsFor(cli.config, address) : {};
    const status = (await withStored(cli, { ...stored, serveraddress: address })) ?? (await logIn(cli, await askFor(cli, address, flags.username, password, stored.username ?? '')));
    if (status) cli.stdout.write(`${status}\n`);
  },
});

/** Tries the credentials and keeps them. Gives what the registry says. */
async function logIn(cli: Cli, auth: AuthConfig): Promise<string> {
  const { Status, IdentityToken } = await cli.engine().call(calls.auth, { json: auth, signal: cli.interrupted });
  const where = await keep(cli, IdentityToken ? { ...auth, password: '', identitytoken: IdentityToken } : auth);
  if (where === 'file') cli.stderr.write(`\nWARNING! Your credentials are stored unencrypted in '${cli.config.path}'.\nConfigure a credential helper to remove this warning. See\nhttps://docs.docker.com/go/credential-store/\n\n`);
  return Status ?? '';
}

/** Throws Unavailable in Docker's words. */
async function keep(cli: Cli, auth: AuthConfig): Promise<'helper' | 'file' | 'unchanged'> {
  try {
    const where = await storeCredentials(cli.config, auth);
    if (where !== 'unchanged') writeConfigFile(cli.config);
    return where;
  } catch (error) {
    throw new Unavailable(`Error saving credentials: ${messageOf(error)}`, { cause: error });
  }
}

/** The same with what is stored, where that is enough; undefined where it is not, or no longer: others have to be asked for. */
async function withStored(cli: Cli, stored: AuthConfig): Promise<string | undefined> {
  if (!stored.username || !stored.password) return undefined;
  cli.stderr.write(`Authenticating with existing credentials... [Username: ${stored.username}]\n`);
  printNote(cli.stderr, "To login with a different account, run 'docker logout' followed by 'docker login'");
  cli.stderr.write('\n\n');
  return await logIn(cli, stored).catch((error: unknown) => {
    if (isKind(error, 'Cancelled')) throw error;
    const unauthorized = error instanceof DaemonError && error.status === 401;
    cli.stderr.write(unauthorized ? 'Stored credentials invalid or expired\n' : `Login did not succeed, error: ${messageOf(error)}\n`);
    return undefined;
  });
}

/** Whether they were given counts, not what they say: `--password-stdin=false` is given too. Throws InvalidArgument. */
function checkFlags(flags: { readonly username: string; readonly password: string }, given: (name: 'username' | 'password' | 'password-stdin') => boolean): void {
  if (given('password-stdin') && given('password')) throw new InvalidArgument('conflicting options: cannot specify both --password and --password-stdin');
  if (given('password-stdin') && !given('username')) throw new InvalidArgument('the --password-stdin option requires --username to be set');
  if (given('username') && flags.username === '') throw new InvalidArgument('username is empty');
  if (given('password') && flags.password === '') throw new InvalidArgument('password is empty');
}

async function passwordOf(cli: Cli, password: string, fromStdin: boolean): Promise<string> {
  if (password !== '') cli.stderr.write('WARNING! Using --password via the CLI is insecure. Use --password-stdin.\n');
  return fromStdin ? (await readAll(cli.stdin)).replace(/\r?\n$/, '') : password;
}

function serverAddress(server: string): string {
  if (server === '' || server === 'docker.io' || server === hubServer) return hubServer;
  return server.replace(/^https?:\/\//, '').split('/', 1)[0] ?? server;
}

const hubAdvice = `Log in with your Docker ID or email address to push and pull images from Docker Hub. If you don't have a Docker ID, head over to https://hub.docker.com/ to create one.
You can log in with your password or a Personal Access Token (PAT). Using a limited-scope PAT grants better security and is required for organizations using SSO. Learn more at https://docs.docker.com/go/access-tokens/

`;
const tokenAdvice = 'A Personal Access Token (PAT) can be used instead.\nTo create a PAT, visit \x1b[4mhttps://app.docker.com/settings\x1b[0m\n\n';

async function askFor(cli: Cli, server: string, username: string, password: string, usual: string): Promise<AuthConfig> {
  if ((username === '' || password === '') && !cli.stdin.isTerminal) throw new Exit(1, 'Error: Cannot perform an interactive login from a non TTY device');
  const isHub = server === hubServer;
  if (username === '' && isHub) cli.stdout.write(hubAdvice);
  const user = username || (await askLine(cli, usual === '' ? 'Username: ' : `Username (${usual}): `)) || usual;
  if (user === '') throw new Exit(1, 'Error: Non-null Username Required');
  if (password === '' && isHub) printNote(cli.stderr, tokenAdvice);
  const secret = password || (await askSecret(cli, 'Password: '));
  if (secret === '') throw new Exit(1, 'Error: Password Required');
  return { username: user, password: secret, serveraddress: server };
}
