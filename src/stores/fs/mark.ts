/** The mark of a folder of objects: a file that is made whole, once, and never changed. */
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { World } from '../../world/index.ts';
import { markBytesMax, markName, type PlaceMark, readMark, renderMark } from '../place-mark.ts';
import { isMissing } from './failures.ts';
import type { Layout } from './layout.ts';

type Parts = { readonly layout: Layout; readonly world: Pick<World, 'disk' | 'random'> };

export function markPath({ root }: Layout): string {
  return join(root, markName);
}

export async function findMark({ layout, world: { disk } }: Parts): Promise<PlaceMark | undefined> {
  try {
    const file = await disk.open(markPath(layout));
    try {
      const bytes = Buffer.alloc(markBytesMax);
      const count = await file.read(bytes, 0);
      return readMark(bytes.subarray(0, count).toString('utf8'));
    } finally {
      await file.close();
    }
  } catch (error) {
    if (isMissing(error)) return undefined;
    throw error;
  }
}

/**
 * The folder bears a mark, durably, and this returns it: of those who make one at once the first
 * wins. Half a mark is never seen: it gets its name when it is whole.
 */
export async function ensureMark(parts: Parts, installation: string): Promise<PlaceMark> {
  const { layout, world } = parts;
  const { disk, random } = world;
  const place = `${pathToFileURL(layout.root).href}#${random.bytes(8).toString('hex')}`;
  const path = layout.unfinishedPath(layout.newUnfinishedName());
  const file = await disk.create(path);
  try {
    await file.write(Buffer.from(renderMark({ installation, place })));
    await file.sync();
  } finally {
    await file.close();
  }
  try {
    await disk.link(path, markPath(layout));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  } finally {
    await disk.remove(path);
  }
  await disk.syncFolder(layout.root);
  const mark = await findMark(parts);
  if (mark === undefined) throw new Error(`The mark of ${layout.root} is gone again.`);
  return mark;
}
