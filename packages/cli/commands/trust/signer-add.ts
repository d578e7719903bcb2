import { atLeast } from '../../command/arguments.ts';
import { list } from '../../command/flag-types.ts';
import { notHere } from './not-here.ts';

/** `trust signer add NAME REPOSITORY…`. */
export default notHere('signer add', 'OPTIONS NAME REPOSITORY [REPOSITORY...] ', atLeast(2), { key: list("Path to the signer's public key file") });
