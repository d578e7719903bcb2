/** Pulls an image into a data root and says "waiting" once the registry has hung up: to be killed then. Usage: DATAROOT REFERENCE */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { Database } from '#base';
import { openContentStore } from '#content';
import { createImages } from '#images';
import { overlaySnapshotter } from '#snapshots';
import { parseReference } from '#spec';

const [root = '', reference = ''] = process.argv.slice(2);
mkdirSync(root, { recursive: true });
const db = new Database(join(root, 'naru.db'));
const snapshots = overlaySnapshotter({ db, root: join(root, 'snapshots') });
const images = createImages({ db, content: openContentStore(join(root, 'content')), snapshots, registries: {}, userAgent: 'naru/test' });
await images.pull(parseReference(reference), {}, (each) => {
  if (each.kind === 'progress' && each.action.startsWith('Retrying')) console.log('waiting');
});
