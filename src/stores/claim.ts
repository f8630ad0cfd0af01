/**
 * Before a node reads or writes objects: this is the place where the database says they are. A node
 * with a folder of its own beside others, a bucket that was never filled and one of another
 * installation would all answer 404 for what was acknowledged, or sweep what is not theirs.
 */
import type { Random } from '../world/index.ts';
import { type PlaceMark, placeForPeople, renderMark } from './place-mark.ts';
import type { BlobStore } from './ports/blobs.ts';
import type { SettingStore } from './ports/engine.ts';
import type { ObjectIndex } from './ports/objects.ts';

/** Not the place of this installation's objects. The message says what to do. */
export class WrongPlace extends Error {
  override readonly name = 'WrongPlace';
}

export const installationSetting = 'object-store-installation';
export const placeSetting = 'object-store-place';

export interface Claim {
  readonly settings: SettingStore;
  readonly objects: Pick<ObjectIndex, 'listBlobs' | 'knownBlobs'>;
  readonly blobs: BlobStore;
  readonly random: Random;
  /** No other process can serve this database: one that holds no object yet may move. */
  readonly isAlone: boolean;
}

/** So many objects of a database without a place are looked for; one that is there is enough. */
const lookedForMax = 100;

/**
 * The place bears the mark of this installation, and the database names the place. Nodes that start
 * at once agree on one place or are refused; a start that is cut off begins again.
 * @throws WrongPlace when it is another's, or not where the objects are.
 */
export async function claimPlace(claim: Claim): Promise<void> {
  const { settings, blobs, random } = claim;
  const fresh = random.bytes(16).toString('hex');
  const installation = await settings.ensureSetting(installationSetting, fresh);
  const known = await settings.findSetting(placeSetting);
  let mark = await blobs.findMark();
  if (mark === undefined) {
    if (known !== undefined && !(await mayMove(claim))) {
      throw elsewhere(blobs, { installation, place: known }, 'does not bear their mark');
    }
    await expectObjects(claim);
    mark = await blobs.ensureMark(installation);
  }
  if (mark.installation !== installation) throw foreign(blobs, mark, installation);
  // The mark first: cut off in between, the next start finds it and goes on here.
  const standing = await settings.ensureSetting(placeSetting, mark.place);
  if (standing === mark.place) return;
  if (!(await mayMove(claim))) {
    throw elsewhere(blobs, { installation, place: standing }, 'bears the mark of another place');
  }
  await settings.setSetting(placeSetting, mark.place);
}

/** Whether the place says whose it is, or the database where its objects are. */
export async function isMarked(
  blobs: Pick<BlobStore, 'findMark'>,
  { settings }: { readonly settings: SettingStore },
): Promise<boolean> {
  if ((await settings.findSetting(placeSetting)) !== undefined) return true;
  return (await blobs.findMark()) !== undefined;
}

async function mayMove({ isAlone, objects }: Claim): Promise<boolean> {
  return isAlone && (await objects.listBlobs('', 1)).length === 0;
}

/**
 * A place that says nothing is new, or of a release that marked no folders: its objects are those
 * of the database, all or none.
 * @throws WrongPlace when the database has objects and none of them is here, or has none and some
 * are here: its sweeps would remove them.
 */
async function expectObjects({ objects, blobs }: Pick<Claim, 'objects' | 'blobs'>): Promise<void> {
  const blobIds = await objects.listBlobs('', lookedForMax);
  for (const blobId of blobIds) {
    const reader = await blobs.open(blobId, { start: 0, length: 0 });
    if (reader === undefined) continue;
    await reader.close();
    return;
  }
  if (blobIds.length === 0) return await expectNone({ objects, blobs });
  throw new WrongPlace(
    `The database knows objects, and ${blobs.place.name} holds none of them. ${wayOut}`,
  );
}

async function expectNone({ objects, blobs }: Pick<Claim, 'objects' | 'blobs'>): Promise<void> {
  for await (const batch of blobs.list()) {
    if (batch.length === 0) continue;
    const blobIds = batch.map(({ blobId }) => blobId);
    const known = await objects.knownBlobs(blobIds);
    // What other nodes of a new installation are uploading is announced, and so known.
    if (blobIds.every((blobId) => known.has(blobId))) return;
    throw new WrongPlace(
      `The database knows no object, and ${blobs.place.name} holds some: they are another ` +
        'installation’s, or the database is not the one that was meant. Name the right pair ' +
        '(CNAMED_DATABASE_URL, CNAMED_OBJECT_STORE, CNAMED_DATA_DIR), or give a new database a ' +
        'place of its own.',
    );
  }
}

const wayOut =
  'Name the place where the objects are (CNAMED_OBJECT_STORE; without it they are in the data ' +
  'folder, CNAMED_DATA_DIR). To move them elsewhere use "cnamed copy". Several nodes need one ' +
  'place for all: CNAMED_OBJECT_STORE=s3://bucket?endpoint=..., or file:///folder of a volume ' +
  'that they share.';

function elsewhere(blobs: BlobStore, expected: PlaceMark, found: string): WrongPlace {
  const { name, markAt } = blobs.place;
  const line = renderMark(expected).trim();
  return new WrongPlace(
    `The database says that the objects are in ${placeForPeople(expected.place)}; ${name} ` +
      `${found}. ${wayOut} If all of them were brought here by other means, bring the mark, too: ` +
      `the line "${line}" in ${markAt}.`,
  );
}

function foreign(blobs: BlobStore, mark: PlaceMark, installation: string): WrongPlace {
  const { name, markAt } = blobs.place;
  return new WrongPlace(
    `${name.charAt(0).toUpperCase()}${name.slice(1)} holds the objects of another installation (${mark.installation}; this one is ` +
      `${installation}). Give this one a place of its own; if the database was made anew on ` +
      `purpose, remove ${markAt}.`,
  );
}
