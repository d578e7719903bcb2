import { InvalidArgument, jsonProblem, messageOf, NotFound } from '#base';
import type { Image } from '#images';
import { decode, formatPlatform, object, type Platform, platformFit } from '#spec';

const platformShape = object<Partial<Platform>>('Platform', {
  architecture: 'string', os: 'string', variant: 'string', 'os.version': 'string', 'os.features': { list: 'string' },
});

/** The `platform` parameter of save, load, history, inspect, push and removal: JSON, as API 1.48 has it. Throws InvalidArgument. */
export function decodePlatform(text: string | null): Platform | undefined {
  if (text === null || text === '') return undefined;
  const fields = parse(text);
  if (!fields.os || !fields.architecture) throw new InvalidArgument('both OS and Architecture must be provided');
  return fields;
}

/** Throws NotFound when the image is for another platform than the one asked for. */
export function requirePlatform(image: Image, name: string, wanted: Platform | undefined): void {
  if (!wanted || platformFit(wanted, image.config) > 0) return;
  throw new NotFound(
    `image with reference ${name} was found but its platform (${formatPlatform(image.config)}) does not match the specified platform (${formatPlatform(wanted)})`,
  );
}

function parse(text: string): Platform {
  try {
    return decode(platformShape, JSON.parse(text)) as Platform;
  } catch (error) {
    throw new InvalidArgument(`failed to parse platform: ${error instanceof SyntaxError ? jsonProblem(text) : messageOf(error)}`);
  }
}
