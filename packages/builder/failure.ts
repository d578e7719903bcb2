import { Internal } from '#base';

/** A command of a build that ended with another code than 0. */
export class CommandFailed extends Internal {
  readonly exitCode: number;

  constructor(args: readonly string[], exitCode: number) {
    super(`The command '${args.join(' ')}' returned a non-zero code: ${exitCode}`);
    this.exitCode = exitCode;
  }
}
