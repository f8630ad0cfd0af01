import type { World } from '../world/index.ts';
import {
  decrypt,
  encrypt,
  keyBytes,
  nonceLength,
  parseEnvelope,
  renderEnvelope,
  textContext,
  wrappingContext,
} from './envelope.ts';
import {
  appendMasterKey,
  checkPermissions,
  type MasterKey,
  readMasterKeys,
} from './master-key-file.ts';
import { SealingError } from './problem.ts';

export { createMasterKeyFile } from './master-key-file.ts';
export { SealingError } from './problem.ts';

/**
 * Seals texts under the newest master key and unseals what any key of the file sealed. `aad` is the
 * place the text belongs to (`access-key-secret/<id>`): it is not stored, and unsealing in another
 * place fails.
 */
export interface Sealer {
  /** Version of the master key that `seal` uses; the one `rewrap` brings texts to. */
  readonly currentVersion: string;
  seal(plain: Uint8Array, aad: string): string;
  /** The caller may overwrite the buffer when done. Throws SealingError. */
  unseal(sealed: string, aad: string): Buffer;
  /**
   * The same text under the current master key: only its data key is wrapped anew. Answers the very
   * same string when it is under the current key already. Throws SealingError.
   */
  rewrap(sealed: string, aad: string): string;
  /** Adds a master key to the file and seals under it from now on; durable when this resolves. */
  rotate(): Promise<void>;
  /** A text for the settings store that only the right master key can unseal. */
  createCheckValue(): string;
  /** Throws SealingError unless this master key file is the one `checkValue` was sealed under. */
  verify(checkValue: string): void;
}

export const checkContext = 'master-key-check';
const checkText = 'cnamed master key check';
/** An unknown version re-reads the file at most this often: damaged data must not cost reads. */
const rereadIntervalMs = 1000;

class FileSealer implements Sealer {
  readonly #path: string;
  readonly #world: World;
  #keys = new Map<string, MasterKey>();
  #current: MasterKey;
  #rereadAt = Number.NEGATIVE_INFINITY;

  constructor(path: string, world: World, keys: readonly MasterKey[]) {
    this.#path = path;
    this.#world = world;
    this.#current = this.#adopt(keys);
  }

  get currentVersion(): string {
    return this.#current.version;
  }

  seal(plain: Uint8Array, aad: string): string {
    const dataKey = Buffer.from(this.#world.random.bytes(keyBytes));
    try {
      const text = encrypt(dataKey, this.#nonce(), textContext(aad), plain);
      return this.#wrap(dataKey, text, aad);
    } finally {
      dataKey.fill(0);
    }
  }

  unseal(sealed: string, aad: string): Buffer {
    const envelope = parseEnvelope(sealed);
    const dataKey = this.#unwrap(envelope.version, envelope.wrapped, aad);
    try {
      const plain = decrypt(dataKey, textContext(aad), envelope.text);
      if (!plain) throw this.#unopened(envelope.version);
      return plain;
    } finally {
      dataKey.fill(0);
    }
  }

  rewrap(sealed: string, aad: string): string {
    const envelope = parseEnvelope(sealed);
    if (envelope.version === this.#current.version) return sealed;
    const dataKey = this.#unwrap(envelope.version, envelope.wrapped, aad);
    try {
      return this.#wrap(dataKey, envelope.text, aad);
    } finally {
      dataKey.fill(0);
    }
  }

  async rotate(): Promise<void> {
    this.#current = this.#adopt(await appendMasterKey(this.#path, this.#world));
  }

  createCheckValue(): string {
    return this.seal(Buffer.from(checkText), checkContext);
  }

  verify(checkValue: string): void {
    if (this.unseal(checkValue, checkContext).toString() !== checkText) {
      throw new SealingError('The check value of the master key is damaged.');
    }
  }

  /** Keeps keys it knew: data sealed a moment ago must open even if the file lost a line. */
  #adopt(keys: readonly MasterKey[]): MasterKey {
    for (const key of keys) this.#keys.set(key.version, key);
    const newest = keys.at(-1);
    if (!newest) throw new SealingError(`The master key file ${this.#path} holds no key.`);
    return newest;
  }

  #nonce(): Buffer {
    return Buffer.from(this.#world.random.bytes(nonceLength));
  }

  #wrap(dataKey: Buffer, text: Buffer, aad: string): string {
    const { version, key } = this.#current;
    const wrapped = encrypt(key, this.#nonce(), wrappingContext(version, aad), dataKey);
    return renderEnvelope({ version, wrapped, text });
  }

  #unwrap(version: string, wrapped: Buffer, aad: string): Buffer {
    const master = this.#keys.get(version) ?? this.#reread(version);
    const dataKey = decrypt(master.key, wrappingContext(version, aad), wrapped);
    if (!dataKey) throw this.#unopened(version);
    return dataKey;
  }

  /** Another process may have rotated since the file was read. */
  #reread(version: string): MasterKey {
    const now = this.#world.clock.monotonicMs();
    if (now - this.#rereadAt >= rereadIntervalMs) {
      this.#rereadAt = now;
      this.#current = this.#adopt(readMasterKeys(this.#path, this.#world));
    }
    const found = this.#keys.get(version);
    if (found) return found;
    throw new SealingError(
      `The data was sealed under master key ${version}, which ${this.#path} does not hold. ` +
        'Restore the master key file that belongs to this data, or point CNAMED_MASTER_KEY_FILE ' +
        'to it. Without it the sealed private keys and secrets cannot be read.',
    );
  }

  #unopened(version: string): SealingError {
    return new SealingError(
      `A sealed text does not open under master key ${version} of ${this.#path}: the text was ` +
        'changed or moved, or that line of the file was.',
    );
  }
}

/** Reads the master key file at `path`. Throws SealingError with what to do. */
export async function openSealer(options: { path: string; world: World }): Promise<Sealer> {
  const { path, world } = options;
  await checkPermissions(path, world);
  return new FileSealer(path, world, readMasterKeys(path, world));
}
