/** The commands of `trust`: read as Docker reads them, and refused by name, since there is no Notary here. */
import { NotImplemented } from '#base';
import type { ArgumentRule } from '../../command/arguments.ts';
import { type Command, command } from '../../command/command.ts';
import type { Flags } from '../../command/flag.ts';

/** A command that only says that it cannot be had; `name` is what follows `trust`. */
export function notHere(name: string, usage: string, takes: ArgumentRule, flags: Flags): Command {
  return command({
    usage,
    takes,
    flags,
    run: (_invocation, cli) => Promise.reject(new NotImplemented(`${cli.program} trust ${name}: content trust (Notary) is not supported`)),
  });
}
