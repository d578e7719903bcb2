import { exactly } from '../../command/arguments.ts';
import { bool } from '../../command/flag-types.ts';
import { notHere } from './not-here.ts';

/** `trust revoke IMAGE`. */
export default notHere('revoke', '[OPTIONS] IMAGE[:TAG]', exactly(1), { yes: bool('Do not prompt for confirmation', { short: 'y' }) });
