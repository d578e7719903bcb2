import { noArguments } from '../../command/arguments.ts';
import { command } from '../../command/command.ts';

/** `system dial-stdio`: this command's standard streams, joined with a connection to the engine. ssh hosts are reached by it. */
export default command({
  usage: '',
  takes: noArguments,
  flags: {},
  async run(_invocation, cli) {
    const connection = await cli.engine().dial();
    const sending = (async () => {
      for await (const chunk of cli.stdin.bytes()) connection.stream.write(chunk);
      connection.stream.end();
    })();
    sending.catch((error: Error) => connection.close(error));
    for await (const chunk of connection.reader) cli.stdout.write(chunk);
  },
});
