/** A failure of run or create as Docker shows it: whose it is, and where help is. */
export function withHelp(program: string, command: string, message: string): string {
  return `${program}: ${message}\n\nRun '${program} ${command} --help' for more information`;
}
