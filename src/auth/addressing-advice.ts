import type { SignableRequest } from '../signing/index.ts';
import type { SigningFacts } from './types.ts';

/** A resource that a client in the wrong addressing mode would have signed, and what to change. */
export interface Misreading {
  readonly bucket: string;
  readonly key: string;
  readonly advice: string;
}

/**
 * What the usual wrong client settings sign instead of this request's resource (clients.md,
 * Addressing). Only ever used to word a refusal: a signature over one of these is not accepted.
 */
export function misreadings(
  signable: SignableRequest,
  facts: SigningFacts,
  host: string,
): Misreading[] {
  const { bucket, key } = signable;
  if (bucket === '') return [];
  const isPathStyle = facts.addressing === 'path';
  const found: Misreading[] = [];
  if (key === bucket || key.startsWith(`${bucket}/`)) {
    const advice = isPathStyle ? doubledInPath(bucket) : doubled(facts, bucket);
    found.push({ bucket, key: key.slice(bucket.length + 1), advice });
  }
  if (!isPathStyle) {
    found.push({ bucket: '', key, advice: withoutBucket(bucket, host) });
  } else if (key === '') {
    // The path's only segment was read as the bucket; a client that dropped it meant a key.
    found.push({ bucket: '', key: bucket, advice: keyTakenForBucket(bucket, host) });
  }
  return found;
}

/** What a bucket may be called (oss-protocol.md 1.1), as far as a hint needs it. */
const bucketNameForm = /^[a-z0-9][a-z0-9-]{1,61}[a-z0-9]$/;

/**
 * What is likely wrong when nothing above was signed: clients that take the endpoint for a custom
 * domain sign their bucket, yet send its name in neither Host nor path, so that nothing here can
 * know it. Said as a guess, and only where no bucket or no possible bucket was named.
 */
export function suspicion(facts: SigningFacts, host: string): string | undefined {
  const { addressing, bucket, key } = facts;
  const isWithoutBucket = addressing === 'service';
  const isKeyOnly = addressing === 'path' && key === '' && !bucketNameForm.test(bucket);
  if (!isWithoutBucket && !isKeyOnly) return undefined;
  return `If this was meant for a bucket, the request does not name it: ${withoutAnyBucket(host)}`;
}

/** For requests that name a bucket nowhere although only a bucket can be meant. */
export function withoutAnyBucket(host: string): string {
  return (
    `the client takes ${host} for a custom domain. Java: \`setSupportCname(false)\` or ` +
    '`setSLDEnabled(true)`; ali-oss: `sldEnable: true` instead of `cname: true`; Go: ' +
    '`UsePathStyle` instead of `UseCname`; Python: no `is_cname=True`.'
  );
}

function doubled(facts: SigningFacts, bucket: string): string {
  if (facts.addressing === 'mapped-domain') {
    return (
      `The path repeats the bucket ${bucket}, which the mapped domain stands for already. Tell ` +
      'the client that it talks to a custom domain: ali-oss `cname: true` without `sldEnable`, Go ' +
      '`UseCname` instead of `UsePathStyle`, Python `is_cname=True`, Java `setSLDEnabled(false)`.'
    );
  }
  return (
    `The Host names the bucket ${bucket} and the path names it again. With ali-oss leave out ` +
    '`sldEnable` for an IP endpoint, or keep `sldEnable: true` with the endpoint ' +
    'http://localhost:PORT; other clients: switch path style off for this endpoint.'
  );
}

function doubledInPath(bucket: string): string {
  return (
    `The path names the bucket ${bucket} twice. The endpoint of the client must not end with the ` +
    'bucket name; with path style (`sldEnable`, `UsePathStyle`) the client adds it itself.'
  );
}

function withoutBucket(bucket: string, host: string): string {
  return (
    `The signature was made without the bucket name ${bucket}: the client takes ${host} for a ` +
    'custom domain and drops the bucket. Java: `setSupportCname(false)`, or ' +
    '`setSLDEnabled(true)` for path style; ali-oss: no `cname: true` unless the domain is mapped; ' +
    'Go: no `UseCname`. On a mapped domain the bucket must still be signed.'
  );
}

function keyTakenForBucket(segment: string, host: string): string {
  return (
    `The signature was made for a key "${segment}" without any bucket: the client takes ${host} ` +
    'for a custom domain and sends no bucket. Java: `setSupportCname(false)` or ' +
    '`setSLDEnabled(true)`; ali-oss: `sldEnable: true` instead of `cname: true`; Go: ' +
    '`UsePathStyle` instead of `UseCname`.'
  );
}
