import { isKind, TarParser } from '#base';
import { readSource, type ByteSource } from './source.ts';

/** True when the uncompressed bytes begin with a member's header; the rest is not read. */
export function beginsWithMember(source: ByteSource): boolean {
  let found = false;
  const parser = new TarParser({ member: () => { found = true; }, data() {}, done() {} });
  try {
    for (const chunk of readSource(source)) {
      parser.write(chunk);
      if (found) return true;
    }
  } catch (error) {
    // Damaged behind the first header it is still an archive, and unpacking it says what is wrong.
    if (!isKind(error, 'DataLoss') && !isKind(error, 'InvalidArgument')) throw error;
  }
  return found;
}
