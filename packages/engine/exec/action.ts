/** `exec_create: sh -c true`: the command, a space and its arguments, also where there are none. */
export function execAction(verb: 'exec_create' | 'exec_start', [command = '', ...args]: readonly string[]): string {
  return `${verb}: ${command} ${args.join(' ')}`;
}
