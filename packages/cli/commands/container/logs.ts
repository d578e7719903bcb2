import { InvalidArgument, messageOf } from '#base';
import { calls, demultiplex } from '#client';
import { exactly } from '../../command/arguments.ts';
import { command } from '../../command/command.ts';
import { bool, string } from '../../command/flag-types.ts';
import { parseTime } from '../../format/time.ts';
import { idOf } from '../each.ts';

/** `logs CONTAINER`. */
export default command({
  usage: '[OPTIONS] CONTAINER',
  takes: exactly(1),
  completes: ['container'],
  flags: {
    details: bool('Show extra details provided to logs'),
    follow: bool('Follow log output', { short: 'f' }),
    since: string('Show logs since timestamp (e.g. "2013-01-02T13:23:37Z") or relative (e.g. "42m" for 42 minutes)'),
    tail: string('Number of lines to show from the end of the logs', { short: 'n', initial: 'all' }),
    timestamps: bool('Show timestamps', { short: 't' }),
    until: string('Show logs before a timestamp (e.g. "2013-01-02T13:23:37Z") or relative (e.g. "42m" for 42 minutes)', { since: '1.35' }),
  },
  async run({ arguments: [name = ''], flags }, cli) {
    const { Id: id, Config } = await cli.engine().call(calls.containerInspect, { path: { id: idOf('container', name) } });
    const query = {
      stdout: true, stderr: true, follow: flags.follow, timestamps: flags.timestamps, details: flags.details, tail: flags.tail,
      since: timeOf('since', flags.since, cli.now()), until: timeOf('until', flags.until, cli.now()),
    };
    const { body } = await cli.engine().open(calls.containerLogs, { path: { id }, query, signal: cli.interrupted });
    if (Config.Tty) {
      for await (const chunk of body) cli.stdout.write(chunk);
      return;
    }
    for await (const { stream, bytes } of demultiplex(body as AsyncIterable<Buffer>)) (stream === 'stderr' ? cli.stderr : cli.stdout).write(bytes);
  },
});

function timeOf(flag: string, text: string, now: number): string | undefined {
  if (text === '') return undefined;
  try {
    return parseTime(text, now);
  } catch (error) {
    throw new InvalidArgument(`invalid value for "${flag}": ${messageOf(error)}`, { cause: error });
  }
}
