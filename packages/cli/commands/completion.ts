/** `completion SHELL`: a script that asks this command (`__complete`, completion/complete.ts) what could follow. */
import { InvalidArgument } from '#base';
import { exactly } from '../command/arguments.ts';
import { command } from '../command/command.ts';
import { bashScript } from '../completion/scripts/bash.ts';
import { fishScript } from '../completion/scripts/fish.ts';
import { powershellScript } from '../completion/scripts/powershell.ts';
import { zshScript } from '../completion/scripts/zsh.ts';

export default command({
  usage: '[bash|zsh|fish|powershell]',
  long: 'Output shell completion code for the specified shell (bash, zsh, fish, powershell)',
  takes: exactly(1),
  flags: {},
  async run({ arguments: [shell = ''] }, cli) {
    const script = scripts[shell];
    if (!script) throw new InvalidArgument(`unsupported shell ${JSON.stringify(shell)}: must be one of bash, zsh, fish, powershell`);
    cli.stdout.write(script(cli.program));
  },
});

const scripts: Readonly<Record<string, (program: string) => string>> = { bash: bashScript, zsh: zshScript, fish: fishScript, powershell: powershellScript };
