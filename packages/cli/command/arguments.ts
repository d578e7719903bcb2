/** How many arguments a command takes, and Docker's words for a wrong number. */
import { InvalidArgument } from '#base';

/** Throws InvalidArgument; `path` is the command ("naru run"), `usage` its whole usage line. */
export type ArgumentRule = (count: number, path: string, usage: string) => void;

/** None at all. */
export const noArguments: ArgumentRule = (count, path, usage) => {
  if (count > 0) refuse(path, 'accepts no arguments', usage, 'Run');
};

/** Exactly `wanted`. */
export function exactly(wanted: number): ArgumentRule {
  return (count, path, usage) => {
    if (count !== wanted) refuse(path, `requires ${wanted} ${arguments_(wanted)}`, usage, 'Run');
  };
}

/** `least` or more. */
export function atLeast(least: number): ArgumentRule {
  return (count, path, usage) => {
    if (count < least) refuse(path, `requires at least ${least} ${arguments_(least)}`, usage, 'See');
  };
}

/** `most` or fewer. */
export function atMost(most: number): ArgumentRule {
  return (count, path, usage) => {
    if (count > most) refuse(path, `requires at most ${most} ${arguments_(most)}`, usage, 'Run');
  };
}

/** From `least` to `most`. */
export function between(least: number, most: number): ArgumentRule {
  return (count, path, usage) => {
    if (count < least || count > most) refuse(path, `requires at least ${least} and at most ${most} ${arguments_(most)}`, usage, 'Run');
  };
}

/** Any number. */
export const anyArguments: ArgumentRule = () => {};

function arguments_(count: number): string {
  return count === 1 ? 'argument' : 'arguments';
}

function refuse(path: string, complaint: string, usage: string, verb: 'Run' | 'See'): never {
  const program = path.split(' ', 1)[0] ?? path;
  throw new InvalidArgument(`${program}: '${path}' ${complaint}\n\nUsage:  ${usage}\n\n${verb} '${path} --help' for more information`);
}
