/** `features` of the configuration file: switches of dockerd that come and go between its versions. */
import { InvalidArgument, messageOf, parseBool, quote } from '#base';

/** What is off here, whoever asks for it. */
const absent: Readonly<Record<string, string>> = {
  buildkit: 'images are built by the classic builder',
  'containerd-snapshotter': 'there is no containerd',
  'windows-dns-proxy': "feature option 'windows-dns-proxy' is only available on Windows",
};

/** Names that nobody knows are kept, as dockerd keeps them. Throws InvalidArgument for what cannot be switched on. */
export function parseFeatures(words: readonly string[]): Readonly<Record<string, boolean>> {
  return Object.fromEntries(
    words.map((word) => {
      const [name = '', value = 'true'] = word.split('=', 2);
      const on = parse(word, value);
      const why = on ? absent[name] : undefined;
      if (why !== undefined) throw new InvalidArgument(`feature ${name} is not supported: ${why}`);
      return [name, on] as const;
    }),
  );
}

function parse(word: string, value: string): boolean {
  try {
    return parseBool(value);
  } catch (error) {
    throw new InvalidArgument(`invalid value ${quote(value)} for feature ${word.split('=', 1)[0]}: ${messageOf(error)}`, { cause: error });
  }
}
