import { InvalidArgument } from '#base';

/** Throws InvalidArgument in Docker's words for a `--pull` that is none. */
export function checkPullPolicy(pull: string): void {
  if (pull === 'always' || pull === 'missing' || pull === 'never' || pull === '') return;
  throw new InvalidArgument(`invalid pull option: '${pull}': must be one of "always", "missing" or "never"`);
}
