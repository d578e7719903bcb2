/** The protocol of credential helpers: a verb as the argument, one request on standard input, one answer on standard output. */
import { once } from 'node:events';
import { accessSync, constants, statSync } from 'node:fs';
import { isAbsolute, join } from 'node:path';
import { jsonProblem, messageOf, Unavailable } from '#base';
import type { AuthConfig } from './auth-config.ts';

const tokenUser = '<token>';
const absent = 'credentials not found in native keychain';

/** The stored credentials, or undefined. Throws Unavailable when the helper fails. */
export async function helperGet(helper: string, server: string): Promise<AuthConfig | undefined> {
  const answer = await ask(helper, 'get', server).catch((error: unknown) => {
    if (error instanceof Unavailable && error.message.includes(absent)) return undefined;
    throw error;
  });
  if (answer === undefined) return undefined;
  const { Username, Secret } = parsed(answer) as { Username: string; Secret: string };
  if (Username === tokenUser) return { identitytoken: Secret, serveraddress: server };
  return { username: Username, password: Secret, serveraddress: server };
}

/** Stores credentials; an identity token stands in the place of the password. */
export async function helperStore(helper: string, auth: AuthConfig): Promise<void> {
  const [Username, Secret] = auth.identitytoken ? [tokenUser, auth.identitytoken] : [auth.username ?? '', auth.password ?? ''];
  await ask(helper, 'store', JSON.stringify({ ServerURL: auth.serveraddress ?? '', Username, Secret }));
}

export async function helperErase(helper: string, server: string): Promise<void> {
  await ask(helper, 'erase', server);
}

/** The servers that the helper knows. */
export async function helperList(helper: string): Promise<string[]> {
  return Object.keys(parsed(await ask(helper, 'list', 'unused')) as Record<string, string>);
}

/** Throws Unavailable for what is no JSON. */
function parsed(answer: string): unknown {
  try {
    return JSON.parse(answer);
  } catch (error) {
    throw new Unavailable(jsonProblem(answer), { cause: error });
  }
}

const doings: Readonly<Record<string, string>> = { get: 'getting', store: 'storing', erase: 'erasing', list: 'listing' };

/**
 * Runs the helper (`$0`) with the verb (`$1`) between real pipes: Node's are sockets, which a shell script cannot open again
 * as /dev/stdin or /dev/stdout. Ends with the helper's code.
 */
const betweenPipes = 'through() { PATH=$PATH:/usr/bin:/bin cat; }; exec 4>&1; exit $({ { through | "$0" "$1" 3>&- 4>&-; echo $? >&3; } | through >&4; } 3>&1)';

async function ask(helper: string, verb: string, input: string): Promise<string> {
  const { spawn } = process.getBuiltinModule('node:child_process'); // few commands need it, and loading it takes a millisecond
  const name = `docker-credential-${helper}`;
  const failure = `error ${doings[verb] ?? verb} credentials - err:`;
  const program = inPath(name, (what) => new Unavailable(`${failure} exec: "${name}": ${what}, out: \`\``));
  const child = spawn('/bin/sh', ['-c', betweenPipes, program, verb], { stdio: ['pipe', 'pipe', 'inherit'] });
  const failed = once(child, 'error').then(([error]) => Promise.reject(new Unavailable(`${failure} ${messageOf(error)}, out: \`\``, { cause: error })));
  child.stdin.on('error', () => {}); // a helper that reads nothing: its exit code tells
  child.stdin.end(input);
  const ended = new Promise<number | null>((resolve) => void child.once('close', resolve)); // not events.once: it would tell of the error too, in Node's words
  const whole = Promise.all([child.stdout.toArray(), ended]);
  const [chunks, code] = await Promise.race([whole, failed]);
  const answer = Buffer.concat(chunks).toString();
  if (code !== 0) throw new Unavailable(`${failure} exit status ${String(code)}, out: \`${answer.trim()}\``);
  return answer;
}

/** The first file of that name in `PATH` that may be run, which is not to depend on where the command was typed. Throws what `complaint` makes of Go's words. */
function inPath(name: string, complaint: (what: string) => Unavailable): string {
  const paths = (process.env['PATH'] ?? '').split(':').map((directory) => join(directory || '.', name));
  const program = paths.find(mayRun);
  if (program === undefined) throw complaint('executable file not found in $PATH');
  if (!isAbsolute(program)) throw complaint('cannot run executable found relative to current directory');
  return program;
}

function mayRun(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return statSync(path).isFile();
  } catch {
    return false; // that it may not is what was asked
  }
}
