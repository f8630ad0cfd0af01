/** Keys of encrypted contents, which lie sealed inside the JSON of rows. */
import { type ContentKeys, moveContentKey } from '../buckets/index.ts';
import { type SealerPair, SealingError } from '../sealing/index.ts';
import type { Row, RowStore, RowTableName } from '../stores/index.ts';
import type { ContentTable } from './damages.ts';

interface Extras {
  readonly encryption?: { readonly dataKeySealed?: string };
}

/** Columns of JSON with the extras of an object, or with what an object will be. */
const columns: Readonly<Partial<Record<RowTableName, string>>> = {
  objects: 'extras',
  object_versions: 'extras',
  uploads: 'facts',
};

/** The row as the target keeps it. @throws SealingError when the source cannot open the key. */
export function moveKeyInside(
  sealers: SealerPair,
  table: RowTableName,
  row: Row,
  standing: Row | undefined,
): Row {
  const column = columns[table];
  const sealed = sealedKeyIn(table, row);
  if (column === undefined || sealed === undefined) return row;
  const before = standing === undefined ? undefined : sealedKeyIn(table, standing);
  const moved = moveContentKey(sealers, Number(row.bucket_id), sealed, before);
  return { ...row, [column]: withKey(table, String(row[column]), moved) };
}

/** The row without what differs between places that keep the same. */
export function withoutKey(table: RowTableName, row: Row): Row {
  const column = columns[table];
  if (column === undefined || sealedKeyIn(table, row) === undefined) return row;
  return { ...row, [column]: withKey(table, String(row[column]), '') };
}

/**
 * The key of a row's content, as the installation with these keys and rows has sealed it.
 * `unopened`: it does not open there.
 */
export async function keyOf(
  { keys, rows }: { keys: ContentKeys; rows: RowStore },
  table: ContentTable,
  row: Row,
): Promise<Buffer | 'unopened' | undefined> {
  const isPart = table === 'upload_parts';
  const holder = isPart ? await rows.findRow('uploads', [row.upload_id ?? null]) : row;
  const sealed = holder && sealedKeyIn(isPart ? 'uploads' : table, holder);
  if (holder === undefined || sealed === undefined) return undefined;
  try {
    return keys.open(Number(holder.bucket_id), sealed).key;
  } catch (error) {
    if (error instanceof SealingError) return 'unopened';
    throw error;
  }
}

function sealedKeyIn(table: RowTableName, row: Row): string | undefined {
  const text = row[columns[table] ?? ''];
  // Most rows have none, and those of objects are many.
  if (typeof text !== 'string' || !text.includes('dataKeySealed')) return undefined;
  return extrasIn(table, text)?.encryption?.dataKeySealed;
}

function extrasIn(table: RowTableName, text: string): Extras | undefined {
  try {
    const value = JSON.parse(text) as Extras & { readonly extras?: Extras };
    return table === 'uploads' ? value.extras : value;
  } catch {
    // What nobody can read moves as it is.
    return undefined;
  }
}

function withKey(table: RowTableName, text: string, dataKeySealed: string): string {
  const value = JSON.parse(text) as Extras & { readonly extras?: Extras };
  const replaced = (extras: Extras) => {
    return { ...extras, encryption: { ...extras.encryption, dataKeySealed } };
  };
  const isInside = table === 'uploads' && value.extras !== undefined;
  return JSON.stringify(isInside ? { ...value, extras: replaced(value.extras) } : replaced(value));
}
