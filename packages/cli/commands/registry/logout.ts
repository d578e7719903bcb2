import { messageOf } from '#base';
import { atMost } from '../../command/arguments.ts';
import { command } from '../../command/command.ts';
import { writeConfigFile } from '../../config/config-file.ts';
import { eraseCredentials, hubServer } from '../../config/credentials.ts';

/** `logout [SERVER]`. */
export default command({
  usage: '[SERVER]',
  long: 'Log out from a registry.\nIf no server is specified, the default is defined by the daemon.',
  takes: atMost(1),
  flags: {},
  async run({ arguments: [server = ''] }, cli) {
    const isHub = server === '' || server === 'docker.io' || server === hubServer;
    const host = server.replace(/^https?:\/\//, '').split('/', 1)[0] ?? server;
    const keys = isHub ? [hubServer] : [server, host, `http://${host}`, `https://${host}`];
    cli.stdout.write(`Removing login credentials for ${isHub ? hubServer : host}\n`);
    const failures = new Map<string, string>();
    for (const key of keys) await eraseCredentials(cli.config, key).catch((error: unknown) => void failures.set(key, messageOf(error)));
    if (failures.size === keys.length) cli.stderr.write(`WARNING: could not erase credentials:\n${Array.from(failures, ([key, failure]) => `${key}: ${failure}\n`).join('')}`);
    if (cli.config.values.auths) writeConfigFile(cli.config);
  },
});
