/** The refusals of the five operations, each with the elements its error document carries. */
import { basename } from 'node:path';
import { OssError, refine } from '../errors/index.ts';
import type { CnameType } from '../stores/index.ts';

/** Where a refusal happened; both go into the document, so that a log line is enough to help. */
export interface Place {
  readonly bucket: string;
  readonly domain: string;
}

const elements = (place: Place): { Bucket: string; Cname: string } => ({
  Bucket: place.bucket,
  Cname: place.domain,
});

export function cnameAlreadyExists(place: Place, standing: CnameType): OssError {
  return new OssError('CnameAlreadyExists', {
    fields: { ...elements(place), CnameType: standing },
  });
}

/** Says nothing of the other side: neither its account nor its bucket. */
export function cnameDenied(place: Place): OssError {
  return new OssError('CnameDenied', { fields: elements(place) });
}

export function cnameIsForbidden(place: Place, reason: string): OssError {
  return new OssError('CnameIsForbidden', { fields: { ...elements(place), Hint: reason } });
}

export function cnameIsRisk(place: Place, reason: string): OssError {
  return new OssError('CnameIsRisk', { fields: { ...elements(place), Hint: reason } });
}

/**
 * Often read as trouble with DNS: so it names the registry that was asked (6.1). Where the operator
 * keeps the file is nobody's business, its name is enough.
 */
export function noSuchCnameInRecord(place: Place, registryPath: string): OssError {
  const registry = basename(registryPath);
  return new OssError('NoSuchCnameInRecord', {
    fields: {
      ...elements(place),
      Registry: registry,
      Hint:
        'The domain is not in the registry of licensed names that this server asks ' +
        `(${registry}). DNS was not the reason.`,
    },
  });
}

/** The message stays as clients know it; what was expected and found is in elements of ours. */
export function needVerifyDomainOwnership(
  place: Place,
  hint: string,
  txtName: string | undefined,
): OssError {
  return new OssError('NeedVerifyDomainOwnership', {
    fields: {
      ...elements(place),
      ...(txtName === undefined ? {} : { TxtName: txtName }),
      Hint: hint,
    },
  });
}

/** 503, because clients retry it; a 4xx would end their waiting (DESIGN ruling 14). */
export function tooManyQuestions(retryAfterSeconds: number): OssError {
  return new OssError('ServiceUnavailable', {
    message:
      'Too many ownership checks for this account. ' +
      `Please retry after ${retryAfterSeconds} seconds.`,
    headers: { 'Retry-After': String(retryAfterSeconds) },
  });
}

export function tooManyCname(place: Place, cnamesMax: number): OssError {
  return new OssError('TooManyCname', {
    message: `You have attempted to map more domains to the bucket than allowed (${cnamesMax}).`,
    fields: { Bucket: place.bucket },
  });
}

export function tooManyCnameToken(bucket: string): OssError {
  return new OssError('TooManyCnameToken', { fields: { Bucket: bucket } });
}

export function noNeedCreateCnameToken(place: Place): OssError {
  return new OssError('NoNeedCreateCnameToken', { fields: elements(place) });
}

export function cnameTokenNotFound(place: Place): OssError {
  return new OssError('CnameTokenNotFound', { fields: elements(place) });
}

export function noSuchCname(place: Place): OssError {
  return new OssError('NoSuchCname', { fields: elements(place) });
}

export function noSuchBucket(bucket: string): OssError {
  return new OssError('NoSuchBucket', { fields: { BucketName: bucket } });
}

/** The certificate was there when it was checked and is not any more. */
export function certificateGone(): OssError {
  return new OssError('CertificateInvalidCasId');
}

/** Only the owner of the bucket comes this far, who may list the current id anyway. */
export function guardFailed(current: string | undefined): OssError {
  const message =
    current === undefined
      ? 'No certificate is bound to the domain, so PreviousCertId must be absent or empty.'
      : `PreviousCertId is not the id of the certificate now bound, ${current}: ` +
        'give that id, or Force with the value true.';
  return refine('guardFailed', {
    message,
    fields: { ArgumentName: 'PreviousCertId', CurrentCertId: current ?? '' },
  });
}
