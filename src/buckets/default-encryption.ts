/** How a bucket encrypts what is written to it without a word (oss-semantics.md 8). */
import type { ObjectEncryption, ObjectExtras } from '../stores/index.ts';
import type { EncryptionDocument } from './configurations.ts';

/** Of KMS where none is named: the service shows the id of its own key then. */
const ownKeyId = '00000000-0000-0000-0000-000000000000';

export function encryptionOfKms(
  keyId: string | undefined,
  dataAlgorithm: string | undefined,
): ObjectEncryption {
  const named = { algorithm: 'KMS', keyId: keyId ?? ownKeyId };
  return dataAlgorithm === undefined ? named : { ...named, dataAlgorithm };
}

/** As a part of the extras of the object to be. */
export function defaultEncryption(
  document: EncryptionDocument | undefined,
): Pick<ObjectExtras, 'encryption'> {
  if (document === undefined) return {};
  const { algorithm, keyId, dataAlgorithm } = document;
  return {
    encryption: algorithm === 'KMS' ? encryptionOfKms(keyId, dataAlgorithm) : { algorithm },
  };
}
