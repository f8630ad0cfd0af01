import { createHash } from 'node:crypto';
import type { S3Client } from '@aws-sdk/client-s3';
import { StoreUnavailable } from '../ports/engine.ts';
import type { S3Location } from './location.ts';

export type Sdk = typeof import('@aws-sdk/client-s3');

/** `undefined` leaves the search to the SDK: the AWS environment variables, then its own places. */
export interface S3Credentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken?: string | undefined;
}

/** The SDK is big and most installations need none: it is loaded here, and only here. */
export async function loadSdk(): Promise<Sdk> {
  try {
    return await import('@aws-sdk/client-s3');
  } catch (cause) {
    throw new StoreUnavailable(
      'failed',
      'An S3 object store needs the package @aws-sdk/client-s3, which is not installed. ' +
        'Install cnamed with its optional dependencies.',
      { cause },
    );
  }
}

const connectMs = 5_000;

export function createClient(
  sdk: Sdk,
  location: S3Location,
  credentials: S3Credentials | undefined,
): S3Client {
  // Connections are held by clients that read slowly: the bound is the server's own admission.
  const agent = { keepAlive: true, maxSockets: Number.POSITIVE_INFINITY, maxFreeSockets: 256 };
  return new sdk.S3Client({
    region: location.region,
    ...(location.endpoint === undefined ? {} : { endpoint: location.endpoint }),
    ...(credentials === undefined ? {} : { credentials: withoutUndefined(credentials) }),
    forcePathStyle: location.isPathStyle,
    followRegionRedirects: location.endpoint === undefined,
    // Retries are ours: their sum is bounded for the process, and their pauses the world's.
    maxAttempts: 1,
    // Servers other than AWS refuse or ignore the newer checksum headers; Content-MD5 all know.
    requestChecksumCalculation: 'WHEN_REQUIRED',
    responseChecksumValidation: 'WHEN_REQUIRED',
    // A server that does not answer it would cost each part a second.
    expectContinueHeader: false,
    requestHandler: { connectionTimeout: connectMs, httpAgent: agent, httpsAgent: agent },
  });
}

function withoutUndefined({ sessionToken, ...pair }: S3Credentials) {
  return sessionToken === undefined ? pair : { ...pair, sessionToken };
}

/**
 * DeleteObjects must carry a checksum of its document. The SDK sends a CRC-32 in a newer header;
 * Content-MD5 is what every server takes, AWS too.
 */
export function deleteObjectsByMd5(
  sdk: Sdk,
  input: ConstructorParameters<Sdk['DeleteObjectsCommand']>[0],
): InstanceType<Sdk['DeleteObjectsCommand']> {
  const command = new sdk.DeleteObjectsCommand(input);
  command.middlewareStack.add(
    (next) => async (args) => {
      const request = args.request as { headers: Record<string, string>; body?: unknown };
      for (const name of Object.keys(request.headers)) {
        if (/^x-amz-(?:sdk-)?checksum/i.test(name)) delete request.headers[name];
      }
      const body = typeof request.body === 'string' ? request.body : '';
      request.headers['content-md5'] = createHash('md5').update(body).digest('base64');
      return next(args);
    },
    { step: 'build', priority: 'low', name: 'contentMd5OfDeleteObjects' },
  );
  return command;
}
