import { exactly } from '../../command/arguments.ts';
import { string } from '../../command/flag-types.ts';
import { notHere } from './not-here.ts';

/** `trust key generate NAME`. */
export default notHere('key generate', 'NAME', exactly(1), { dir: string('Directory to generate key in, defaults to current directory') });
