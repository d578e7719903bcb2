import { copyTree, hashTree, makeDirectories } from '#kernel';
import { extractTar, isTar } from '#snapshots';
import type { Trees } from './trees.ts';

/** Trees on the real disk. */
export const diskTrees: Trees = {
  checksum: hashTree,
  copy: copyTree,
  makeDirectories,
  async unpack(archive, destination) {
    if (!(await isTar(archive))) return false;
    await makeDirectories(destination, undefined);
    await extractTar(archive, destination);
    return true;
  },
};
