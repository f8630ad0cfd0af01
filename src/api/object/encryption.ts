/**
 * Encryption of an object as headers say it (oss-object-api.md PutObject, oss-semantics.md 8). All
 * algorithms are one here: AES-256 under a key of the object's own (docs/divergences.md); what was
 * asked for is what is shown.
 */
import {
  defaultEncryption,
  encryptionOfKms,
  isHeaderValue,
  type ObjectExtras,
  type StoredObject,
} from '../../buckets/index.ts';
import { OssError } from '../../errors/index.ts';
import { bucketOf } from '../context.ts';
import { invalidArgument } from '../document.ts';
import type { OperationContext } from '../types.ts';

const algorithmHeader = 'x-oss-server-side-encryption';
const keyIdHeader = 'x-oss-server-side-encryption-key-id';
const dataAlgorithmHeader = 'x-oss-server-side-data-encryption';

export const encryptionHeaderNames = [algorithmHeader, keyIdHeader, dataAlgorithmHeader] as const;

const algorithms: readonly string[] = ['AES256', 'KMS', 'SM4'];

const keyIdBytesMax = 256;

type Encryption = NonNullable<ObjectExtras['encryption']>;

/**
 * What the request asks for, or else what the bucket has by default; as a part of the extras of the
 * object to be.
 * @throws OssError InvalidEncryptionAlgorithmError, InvalidArgument.
 */
export async function readEncryption(
  context: OperationContext,
): Promise<Pick<ObjectExtras, 'encryption'>> {
  const encryption = readHeaders(context);
  if (encryption !== undefined) return { encryption };
  const { documents } = context.services;
  return defaultEncryption(await documents.find(bucketOf(context), 'encryption'));
}

function readHeaders({ request }: OperationContext): Encryption | undefined {
  const { headers } = request;
  const algorithm = headers[algorithmHeader];
  const keyId = headers[keyIdHeader];
  const dataAlgorithm = headers[dataAlgorithmHeader];
  if (algorithm === undefined) {
    const alone = keyId === undefined ? dataAlgorithmHeader : keyIdHeader;
    const value = keyId ?? dataAlgorithm;
    if (value === undefined) return undefined;
    throw invalidArgument(alone, value, `The header ${alone} needs ${algorithmHeader} beside it.`);
  }
  if (!algorithms.includes(algorithm)) throw new OssError('InvalidEncryptionAlgorithmError');
  if (algorithm !== 'KMS') {
    if (keyId === undefined) return { algorithm };
    throw invalidArgument(keyIdHeader, keyId, `The header ${keyIdHeader} goes with KMS only.`);
  }
  if (keyId !== undefined && (keyId.length > keyIdBytesMax || !isHeaderValue(keyId))) {
    throw invalidArgument(keyIdHeader, keyId.slice(0, 100), 'This is no id of a key.');
  }
  if (dataAlgorithm !== undefined && dataAlgorithm !== 'SM4') {
    throw new OssError('InvalidEncryptionAlgorithmError');
  }
  return encryptionOfKms(keyId, dataAlgorithm);
}

/** What answers about the object say of it. */
export function encryptionHeaders({
  extras,
}: Pick<StoredObject, 'extras'>): Record<string, string> {
  const { encryption } = extras;
  if (encryption === undefined) return {};
  const { algorithm, keyId, dataAlgorithm } = encryption;
  return {
    [algorithmHeader]: algorithm,
    ...(keyId === undefined ? {} : { [keyIdHeader]: keyId }),
    ...(dataAlgorithm === undefined ? {} : { [dataAlgorithmHeader]: dataAlgorithm }),
  };
}
