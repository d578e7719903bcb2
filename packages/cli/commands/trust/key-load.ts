import { exactly } from '../../command/arguments.ts';
import { string } from '../../command/flag-types.ts';
import { notHere } from './not-here.ts';

/** `trust key load KEYFILE`. */
export default notHere('key load', '[OPTIONS] KEYFILE', exactly(1), { name: string('Name for the loaded key', { initial: 'signer' }) });
