/** A row of the source as it shall stand in the target, and whether it stands there. */
import { createHash, type Hash } from 'node:crypto';
import { moveSecret } from '../accounts/index.ts';
import { movePrivateKey } from '../certificates/index.ts';
import { type SealerPair, SealingError } from '../sealing/index.ts';
import type { Row, RowTableName, RowValue } from '../stores/index.ts';
import { moveKeyInside, withoutKey } from './content-keys.ts';
import type { Damages } from './damages.ts';

/** Sealed anew on the way, so that the text differs where what it seals does not. */
const sealedColumns: Readonly<Partial<Record<RowTableName, string>>> = {
  credentials: 'secret_sealed',
  certificates: 'key_sealed',
};

export class Translation {
  readonly #sealers: SealerPair;
  readonly #damages: Damages;

  constructor(sealers: SealerPair, damages: Damages) {
    this.#sealers = sealers;
    this.#damages = damages;
  }

  /** `standing` is what the target has under the key: what it seals already is kept as it is. */
  translate(table: RowTableName, row: Row, standing: Row | undefined): Row {
    if (table === 'buckets' || table === 'bucket_counters') {
      return this.#damages.withoutLosses(row);
    }
    const column = sealedColumns[table];
    if (column === undefined) return this.#translateInside(table, row, standing);
    const before = standing === undefined ? undefined : textOf(standing, column);
    try {
      return { ...row, [column]: this.#reseal(table, row, before) };
    } catch (error) {
      if (!(error instanceof SealingError)) throw error;
      // As good here as there: the row comes along, and whoever reads the report knows.
      this.#damages.addSecret(nameOf(table, row));
      return row;
    }
  }

  #translateInside(table: RowTableName, row: Row, standing: Row | undefined): Row {
    try {
      return moveKeyInside(this.#sealers, table, row, standing);
    } catch (error) {
      if (!(error instanceof SealingError)) throw error;
      // A content whose key does not open is damaged: that is told where it is carried.
      return row;
    }
  }

  #reseal(table: RowTableName, row: Row, standing: string | undefined): string {
    const accountId = textOf(row, 'account_id');
    if (table === 'credentials') {
      const accessKeyId = textOf(row, 'access_key_id');
      const place = { accountId, accessKeyId, secretSealed: textOf(row, 'secret_sealed') };
      return moveSecret(this.#sealers, place, standing);
    }
    const owner = { accountId, fingerprint256: textOf(row, 'fingerprint256') };
    const keySealed = textOf(row, 'key_sealed');
    return movePrivateKey(this.#sealers, { ...owner, keySealed }, standing);
  }
}

export function isSameRow(left: Row, right: Row): boolean {
  const columns = Object.keys(left);
  if (columns.length !== Object.keys(right).length) return false;
  return columns.every((column) => isSame(left[column], right[column]));
}

/** A digest over rows that tells nothing of what is sealed in them. */
export class RowDigest {
  readonly #hash: Hash = createHash('sha256');
  readonly #table: RowTableName;
  readonly #sealed: string | undefined;
  constructor(table: RowTableName) {
    this.#table = table;
    this.#sealed = sealedColumns[table];
  }
  add(added: Row): void {
    const row = withoutKey(this.#table, added);
    for (const column of Object.keys(row).sort()) {
      if (column === this.#sealed) continue;
      const value = row[column];
      const isBytes = value instanceof Uint8Array;
      const text = isBytes ? Buffer.from(value).toString('hex') : JSON.stringify(value);
      this.#hash.update(`${column}=${text}\n`);
    }
  }
  digest(): string {
    return this.#hash.digest('hex');
  }
}

function nameOf(table: RowTableName, row: Row): string {
  return table === 'credentials'
    ? `the secret of access key ${textOf(row, 'access_key_id')}`
    : `the private key of certificate ${row.number}`;
}

function textOf(row: Row, column: string): string {
  return String(row[column] ?? '');
}

function isSame(left: RowValue | undefined, right: RowValue | undefined): boolean {
  if (left === right) return true;
  if (!(left instanceof Uint8Array) || !(right instanceof Uint8Array)) return false;
  return Buffer.compare(left, right) === 0;
}
