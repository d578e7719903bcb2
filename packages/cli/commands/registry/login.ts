import { InvalidArgument } from '#base';
import { calls } from '#client';
import type { Cli } from '../../cli.ts';
import { atMost } from '../../command/arguments.ts';
import { command } from '../../command/command.ts';
import { Exit } from '../../command/exit.ts';
import { bool, string } from '../../command/flag-types.ts';
import { writeConfigFile } from '../../config/config-file.ts';
import type { AuthConfig } from '../../config/auth-config.ts';
import { credentialsFor, hubServer, storeCredentials } from '../../config/credentials.ts';
import { readAll } from '../../terminal/streams.ts';
import { readLine } from '../confirm.ts';
import { readSecret } from '../../terminal/secret.ts';

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
    const kept = flags.username === '' && password === '' ? await credentialsFor(cli.config, address) : {};
    const usable = Boolean(kept.username && (kept.password || kept.identitytoken));
    const auth: AuthConfig = usable ? { ...kept, serveraddress: address } : await askFor(cli, address, flags.username, password);
    const { Status, IdentityToken } = await cli.engine().call(calls.auth, { json: auth });
    const unencrypted = await storeCredentials(cli.config, IdentityToken ? { ...auth, password: '', identitytoken: IdentityToken } : auth);
    writeConfigFile(cli.config);
    if (unencrypted) cli.stderr.write(`\nWARNING! Your credentials are stored unencrypted in '${cli.config.path}'.\nConfigure a credential helper to remove this warning. See\nhttps://docs.docker.com/go/credential-store/\n\n`);
    if (Status) cli.stdout.write(`${Status}\n`);
  },
});

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

async function askFor(cli: Cli, server: string, username: string, password: string): Promise<AuthConfig> {
  const interactive = cli.stdin.isTerminal;
  if ((username === '' || password === '') && !interactive) throw new Exit(1, 'Error: Cannot perform an interactive login from a non TTY device');
  if (username === '' && server === hubServer) cli.stdout.write('Log in with your Docker ID or email address to push and pull images from Docker Hub.\n');
  if (username === '') cli.stdout.write('Username: ');
  const user = username || (await readLine(cli)).trim();
  if (user === '') throw new Exit(1, 'Error: Non-null Username Required');
  const secret = password || (await readSecret(cli, 'Password: '));
  if (secret === '') throw new Exit(1, 'Error: Password Required');
  return { username: user, password: secret, serveraddress: server };
}
