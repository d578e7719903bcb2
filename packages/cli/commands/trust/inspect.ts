import { atLeast } from '../../command/arguments.ts';
import { bool } from '../../command/flag-types.ts';
import { notHere } from './not-here.ts';

/** `trust inspect IMAGE…`. */
export default notHere('inspect', 'IMAGE[:TAG] [IMAGE[:TAG]...]', atLeast(1), { pretty: bool('Print the information in a human friendly format') });
