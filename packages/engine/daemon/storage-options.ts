/** `--storage-opt`: what the overlay2 driver is told. */
import { InvalidArgument, parseBool } from '#base';

/** Throws InvalidArgument for options that overlay2 has not, and for one that cannot be had; gives remarks for what changes nothing. */
export function storageRemarks(options: readonly string[]): string[] {
  return options.flatMap((option) => {
    const [, key = '', value] = /^([^=]*)=(.*)$/.exec(option) ?? [];
    if (value === undefined) throw new InvalidArgument(`unable to parse key/value option: "${option}"`);
    switch (key.trim().toLowerCase()) {
      case 'overlay2.override_kernel_check':
        parseBool(value);
        return ['the overlay2.override_kernel_check option is ignored'];
      case 'overlay2.size':
        throw new InvalidArgument('Storage option overlay2.size is not supported: the size of layers is limited for each container (--storage-opt size=)');
      default:
        throw new InvalidArgument(`overlay2: unknown option ${key.trim()}`);
    }
  });
}
