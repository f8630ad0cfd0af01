/** The reads of serving on the embedded engine: rows kept as long as nobody commits. */
import type { Database as SqliteConnection } from 'better-sqlite3';
import type { BucketDocumentName } from '../ports/buckets.ts';
import type { StoredObject } from '../ports/objects.ts';
import type { SeenReads, ServingReads } from '../ports/serving.ts';
import { credentialByAccessKeyId, toKnownCredential } from '../sql/accounts.ts';
import { bucketByName, documentByName, isDocumentAnywhere, toBucket } from '../sql/buckets.ts';
import { certificateByNumber, toStoredCertificate } from '../sql/certificates.ts';
import { mappedDomainByName, toMappedDomain } from '../sql/cnames.ts';
import { keyBytes, type ObjectRow, toStoredObject } from '../sql/object-rows.ts';
import { objectByKey } from '../sql/objects.ts';
import type { HotRead } from '../sql/prepared.ts';
import { type RowSource, SeenRows } from './seen-rows.ts';

/** Mappings with their buckets, rows of objects, documents, certificates. */
const keptBytesMax = 64 * 1024 * 1024;

/** Executes a compiled read at once. */
export type PrepareNow = <Input, Row>(
  read: HotRead<Input, Row>,
) => (input: Input) => Row | undefined;

interface ObjectPlace {
  readonly bucketId: number;
  readonly text: string;
  readonly key: Buffer;
}

interface DocumentPlace {
  readonly bucketId: number;
  readonly name: BucketDocumentName;
}

export interface SeenServing {
  readonly seen: SeenReads;
  /** To be called when this process has committed, before anybody is told. */
  noteCommit(): void;
  readonly serving: Pick<
    ServingReads,
    | 'findDomain'
    | 'findBucket'
    | 'findBucketDocument'
    | 'mayHaveDocument'
    | 'findCredential'
    | 'findCertificate'
    | 'findObject'
  >;
}

/** `refusal` makes of what the engine throws what the port says. */
export function createSeenReads(
  connection: SqliteConnection,
  prepareNow: PrepareNow,
  refusal: (error: unknown) => Error,
): SeenServing {
  const rows = new SeenRows(connection, keptBytesMax);
  const domains = {
    keyOf: (of: { domain: string }) => `domain/${of.domain}`,
    execute: prepareNow(mappedDomainByName),
    toValue: toMappedDomain,
  };
  const buckets = {
    keyOf: (of: { name: string }) => `bucket/${of.name}`,
    execute: prepareNow(bucketByName),
    toValue: toBucket,
  };
  const credentials = {
    keyOf: (of: { accessKeyId: string }) => `credential/${of.accessKeyId}`,
    execute: prepareNow(credentialByAccessKeyId),
    toValue: toKnownCredential,
  };
  const certificates = {
    keyOf: (of: { number: number }) => `certificate/${of.number}`,
    execute: prepareNow(certificateByNumber),
    toValue: toStoredCertificate,
  };
  const objects: RowSource<ObjectPlace, ObjectRow, StoredObject> = {
    keyOf: (of: ObjectPlace) => `object/${of.bucketId}/${of.text}`,
    execute: prepareNow(objectByKey),
    toValue: toStoredObject,
  };
  const documents: RowSource<DocumentPlace, { text: string }, string> = {
    keyOf: (of: DocumentPlace) => `document/${of.bucketId}/${of.name}`,
    execute: prepareNow(documentByName),
    toValue: ({ text }) => text,
  };
  const documentsAnywhere = {
    keyOf: (of: { name: BucketDocumentName }) => `documents/${of.name}`,
    execute: prepareNow(isDocumentAnywhere),
    toValue: ({ found }: { found: unknown }) => Boolean(found),
  };

  function read<Input, Row extends object, Value>(
    source: RowSource<Input, Row, Value>,
    input: Input,
  ) {
    try {
      return rows.read(source, input);
    } catch (error) {
      throw refusal(error);
    }
  }
  const seen: SeenReads = {
    domain: (domain) => read(domains, { domain }),
    certificate: (number) => read(certificates, { number }),
    object(bucketId, text) {
      const key = keyBytes(text);
      return key === undefined ? undefined : read(objects, { bucketId, text, key });
    },
    document: (bucketId, name) => read(documents, { bucketId, name }),
    moment() {
      try {
        return rows.look();
      } catch (error) {
        throw refusal(error);
      }
    },
    stand: (each) => rows.stand(each),
  };
  return {
    seen,
    noteCommit: () => rows.forgetLook(),
    serving: {
      findDomain: async (domain) => seen.domain(domain)?.value,
      findBucket: async (name) => read(buckets, { name })?.value,
      findBucketDocument: async (bucketId, name) => seen.document(bucketId, name)?.value,
      mayHaveDocument(name) {
        try {
          return read(documentsAnywhere, { name })?.value ?? true;
        } catch {
          return true;
        }
      },
      findCredential: async (accessKeyId) => read(credentials, { accessKeyId })?.value,
      findCertificate: async (number) => seen.certificate(number)?.value,
      findObject: async (bucketId, key) => seen.object(bucketId, key)?.value,
    },
  };
}
