/** The `tag` option: a template over the container's names. */
import { hostname } from 'node:os';
import { InvalidArgument, quote } from '#base';
import type { ContainerRecord } from '../../record.ts';

type Names = Pick<ContainerRecord, 'id' | 'name' | 'image' | 'config'>;

const short = (id: string): string => id.slice(0, 12);
const withoutAlgorithm = (digest: string): string => digest.replace(/^sha256:/, '');

const fields: Readonly<Record<string, (names: Names) => string>> = {
  ID: ({ id }) => short(id),
  FullID: ({ id }) => id,
  Name: ({ name }) => name,
  ContainerID: ({ id }) => id,
  ContainerName: ({ name }) => `/${name}`,
  ImageID: ({ image }) => short(withoutAlgorithm(image)),
  ImageFullID: ({ image }) => image,
  ImageName: ({ config }) => config.Image,
  ContainerImageID: ({ image }) => image,
  ContainerImageName: ({ config }) => config.Image,
  Hostname: () => hostname(),
  DaemonName: () => 'docker',
  Command: ({ config }) => [...(config.Entrypoint ?? []), ...(config.Cmd ?? [])].join(' '),
};

const action = /\{\{-?\s*(.*?)\s*-?\}\}/gs;

/** Of Go's template language what tags are written with: text and fields. Throws InvalidArgument for anything else. */
export function parseTag(template: string): (names: Names) => string {
  for (const [, word = ''] of template.matchAll(action)) {
    if (!Object.hasOwn(fields, word.slice(1)) || !word.startsWith('.')) throw new InvalidArgument(`failed to parse log tag: template: log-tag: can't evaluate ${quote(word)}`);
  }
  if (template.replace(action, '').includes('{{')) throw new InvalidArgument('failed to parse log tag: template: log-tag: unclosed action');
  return (names) => template.replace(action, (_, word: string) => fields[word.slice(1)]?.(names) ?? '');
}
