import { atLeast } from '../../command/arguments.ts';
import { bool } from '../../command/flag-types.ts';
import { notHere } from './not-here.ts';

/** `trust signer remove NAME REPOSITORY…`. */
export default notHere('signer remove', '[OPTIONS] NAME REPOSITORY [REPOSITORY...]', atLeast(2), { force: bool('Do not prompt for confirmation before removing the most recent signer', { short: 'f' }) });
