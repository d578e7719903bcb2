/** The `naru` command; called `docker` (by a link of that name) it calls itself so. */
import { plainStandardError } from '#base';
import { inputOf, main, outputOf, Signals } from '#cli';

const { argv, env } = process;
const standardError = plainStandardError();
const signals = new Signals();
/** What a shell shows for a command that ended by SIGPIPE. */
const brokenPipe = 141;

const code = main(argv.slice(2), {
  program: /(?:^|\/)docker$/.test(argv[1] ?? '') ? 'docker' : 'naru',
  env,
  stdin: inputOf(() => process.stdin),
  stdout: outputOf(1, () => process.stdout, () => process.exit(brokenPipe)),
  stderr: outputOf(2, standardError, () => process.exit(brokenPipe)),
  now: () => Date.now(),
  interrupted: signals.interrupted,
  takeSignals: (handler, which) => signals.take(handler, which),
});
void code.then((own) => process.exit(signals.exitCode ?? own));
