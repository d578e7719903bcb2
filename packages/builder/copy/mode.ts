import { InvalidArgument } from '#base';

/** `--chmod=755` as permission bits; undefined for ''. Throws InvalidArgument for anything but an octal number up to 7777. */
export function modeOf(chmod: string): number | undefined {
  if (chmod === '') return undefined;
  if (!/^[0-7]{1,5}$/.test(chmod) || parseInt(chmod, 8) > 0o7777) {
    throw new InvalidArgument(`invalid chmod parameter: '${chmod}'. it should be octal string and between 0 and 07777`);
  }
  return parseInt(chmod, 8);
}
