import { createHash } from 'node:crypto';
import { digestOfHash, TarParser, type Digest } from '#base';
import { cleanPath } from '#kernel';
import { readSource, type ByteSource } from '../trees/source.ts';
import { TreeWriter } from '../trees/writer.ts';
import { LayerPlaces } from './places.ts';
import { applyWhiteout } from './whiteout.ts';

export interface UnpackInput {
  readonly source: ByteSource;
  /** Directory that receives the layer. */
  readonly upper: string;
  /** Directories of the layers below, topmost first. */
  readonly lowers: readonly string[];
  /** `upper` holds earlier layers already, which this one may delete from. */
  readonly merging?: boolean;
}

export interface Unpacked {
  /** Digest of the archive as it was read, uncompressed (OCI image-spec config.md, "DiffID"). */
  readonly diffId: Digest;
  /** Bytes of the archive. */
  readonly tarSize: number;
  /** Bytes of the files in it. */
  readonly size: number;
}

/** Unpacks an uncompressed layer archive on this thread. Throws DataLoss for what is no tar, InvalidArgument for what climbs out. */
export function unpackLayer({ source, upper, lowers, merging = false }: UnpackInput): Unpacked {
  using places = new LayerPlaces(upper, lowers, merging);
  using writer = new TreeWriter({
    places,
    map: (header) => {
      const path = cleanPath(header.name);
      return applyWhiteout(places, path) ? undefined : { path, header };
    },
    target: cleanPath,
  });
  const parser = new TarParser(writer);
  const hash = createHash('sha256');
  let tarSize = 0;
  for (const chunk of readSource(source)) {
    hash.update(chunk);
    parser.write(chunk);
    tarSize += chunk.length;
  }
  parser.end();
  places.finish();
  writer.finish();
  return { diffId: digestOfHash(hash), tarSize, size: writer.size };
}
