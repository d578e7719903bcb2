import { InvalidArgument } from '#base';
import { calls } from '#client';
import { noArguments } from '../../command/arguments.ts';
import type { Cli } from '../../cli.ts';
import { command } from '../../command/command.ts';
import { bool, string } from '../../command/flag-types.ts';
import { showProgress } from '../../terminal/progress.ts';
import { openInput } from '../input-file.ts';
import { platformJson } from './platform-json.ts';

/** `load`: images from a tar archive, from a file or standard input. */
export default command({
  usage: '[OPTIONS]',
  takes: noArguments,
  flags: {
    input: string('Read from tar archive file, instead of STDIN', { short: 'i' }),
    platform: string('Load only the given platform variant. Formatted as "os[/arch[/variant]]" (e.g., "linux/amd64")', { since: '1.48' }),
    quiet: bool('Suppress the load output', { short: 'q' }),
  },
  async run({ flags }, cli) {
    const input = flags.input === '' ? stdinOf(cli) : openInput(flags.input);
    const quiet = flags.quiet || !cli.stdout.isTerminal;
    const query = { quiet, platform: platformJson(flags.platform, 'invalid platform: ') };
    const answer = await cli.engine().open(calls.imageLoad, { query, body: input, contentType: 'application/x-tar', signal: cli.interrupted });
    if (answer.head.headers['content-type']?.startsWith('application/json')) return showProgress(answer.body, cli.stdout);
    for await (const chunk of answer.body) cli.stdout.write(chunk);
  },
});

function stdinOf(cli: Cli): AsyncIterable<Uint8Array> {
  if (cli.stdin.isTerminal) throw new InvalidArgument('requested load from stdin, but stdin is empty');
  return cli.stdin.bytes();
}
