import { InvalidArgument } from '#base';
import type { EscapeCharacter } from './expand.ts';

export type DirectiveName = 'syntax' | 'escape' | 'check';

const shape = /^#\s*([a-zA-Z][a-zA-Z0-9]*)\s*=\s*(.+?)\s*$/;

/**
 * Parser directives: comments of the form `# key=value` at the very top. The first line of any other kind ends them
 * (Dockerfile reference, "Parser directives").
 */
export class Directives {
  readonly values = new Map<DirectiveName, string>();
  #done = false;

  get escape(): EscapeCharacter {
    return this.values.get('escape') === '`' ? '`' : '\\';
  }

  /** Looks at one line without its ending; true when it was a directive. Throws InvalidArgument for one given twice or a bad escape. */
  read(line: string): boolean {
    if (this.#done) return false;
    const [, key = '', value = ''] = shape.exec(line) ?? [];
    const name = key.toLowerCase();
    if (!isDirective(name)) {
      this.#done = true;
      return false;
    }
    if (this.values.has(name)) throw new InvalidArgument(`only one ${name} parser directive can be used`);
    if (name === 'escape' && value !== '`' && value !== '\\') {
      throw new InvalidArgument(`invalid escape token '${value}' does not match \` or \\`);
    }
    this.values.set(name, value);
    return true;
  }
}

function isDirective(name: string): name is DirectiveName {
  return name === 'syntax' || name === 'escape' || name === 'check';
}
