import { exactly } from '../../command/arguments.ts';
import { bool } from '../../command/flag-types.ts';
import { notHere } from './not-here.ts';

/** `trust sign IMAGE:TAG`. */
export default notHere('sign', 'IMAGE:TAG', exactly(1), { local: bool('Sign a locally tagged image') });
