import { NaruError } from '#base';

/** Ends the command with an exit code of its own; the message, when there is one, is printed as it is. */
export class Exit extends NaruError {
  readonly code: number;

  constructor(code: number, message = '', options?: ErrorOptions) {
    super('Internal', message, options);
    this.code = code;
  }
}
