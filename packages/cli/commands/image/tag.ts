import { InvalidArgument, messageOf, quote } from '#base';
import { calls } from '#client';
import { type ImageRef, parseReference, repositoryOf, withDefaultTag } from '#spec';
import { exactly } from '../../command/arguments.ts';
import { command } from '../../command/command.ts';
import { idOf } from '../each.ts';

/** `tag SOURCE TARGET`. */
export default command({
  usage: 'SOURCE_IMAGE[:TAG] TARGET_IMAGE[:TAG]',
  takes: exactly(2),
  completes: ['image', 'image'],
  interspersed: false,
  flags: {},
  async run({ arguments: [source = '', target = ''] }, cli) {
    if (!/^[a-f0-9]{64}$/.test(source)) parseNamed(source);
    const ref = parseNamed(target);
    if (ref.digest !== undefined) throw new InvalidArgument('refusing to create a tag with a digest reference');
    const tagged = withDefaultTag(ref);
    await cli.engine().call(calls.imageTag, { path: { name: idOf('image', source) }, query: { repo: repositoryOf(tagged), tag: tagged.tag } });
  },
});

function parseNamed(target: string): ImageRef {
  try {
    return parseReference(target);
  } catch (error) {
    throw new InvalidArgument(`Error parsing reference: ${quote(target)} is not a valid repository/tag: ${messageOf(error)}`, { cause: error });
  }
}
