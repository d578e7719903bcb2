import { InvalidArgument, newId, quote } from '#base';

const shape = /^[a-zA-Z0-9][a-zA-Z0-9_.-]+$/;

/** Throws InvalidArgument, in Docker's words, for a name that is no volume's. It becomes a directory's name. */
export function checkVolumeName(name: string): void {
  if (name.length === 1) throw new InvalidArgument(`create ${name}: volume name is too short, names should be at least two alphanumeric characters`);
  if (!isVolumeName(name)) {
    throw new InvalidArgument(`create ${name}: ${quote(name)} includes invalid characters for a local volume name, only "[a-zA-Z0-9][a-zA-Z0-9_.-]" are allowed. If you intended to pass a host directory, use absolute path`);
  }
}

export function isVolumeName(name: string): boolean {
  return shape.test(name) && name.length <= 255;
}

/** The name of a volume that nobody named. */
export function anonymousName(): string {
  return newId();
}
