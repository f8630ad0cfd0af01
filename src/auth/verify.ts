import { timingSafeEqual } from 'node:crypto';
import { catalogue, OssError, refine } from '../errors/index.ts';
import type { HttpRequest } from '../http/index.ts';
import { hexOfBytes, type SignableRequest, textOfBytes } from '../signing/index.ts';
import { misreadings, suspicion } from './addressing-advice.ts';
import type { Candidate, Presented, PresentedForm } from './presented.ts';
import type { SigningFacts } from './types.ts';

/**
 * Above this the hex rendering is left out of the refusal: at three characters a byte it would be
 * larger than the request.
 */
const hexShownMax = 4096;
/** The answer to HEAD carries the whole document in one header: within every client's limit. */
const headShownMax = 2048;

/** Compares in a time that depends on the lengths alone, which are no secret. */
function isSame(provided: string, computed: string): boolean {
  const left = Buffer.from(provided, 'utf8');
  const right = Buffer.from(computed, 'utf8');
  return left.length === right.length && timingSafeEqual(left, right);
}

function isSignedBy(secret: string, candidates: Candidate[], signature: string): boolean {
  // Every candidate is computed, so the time does not tell which one was right.
  let isSigned = false;
  for (const candidate of candidates) {
    if (isSame(signature, candidate.sign(secret))) isSigned = true;
  }
  return isSigned;
}

/** Undefined when the signature is right; else the refusal that tells what should be signed. */
export function checkSignature(
  presented: Presented,
  secret: string,
  request: HttpRequest,
  facts: SigningFacts,
): OssError | undefined {
  const signable: SignableRequest = {
    method: request.method,
    bucket: facts.bucket,
    key: facts.key,
    query: request.query,
    headers: request.headers,
  };
  const candidates = presented.candidates(signable);
  const [rule] = candidates;
  if (!rule) throw new Error('A scheme presented nothing to verify.');
  if (isSignedBy(secret, candidates, presented.signature)) return undefined;
  const misreading = misreadings(signable, facts, request.host).find(({ bucket, key }) => {
    const misread = presented.candidates({ ...signable, bucket, key });
    return isSignedBy(secret, misread, presented.signature);
  });
  const advice = misreading?.advice ?? suspicion(facts, request.host);
  return mismatch(presented, rule, request.method, advice);
}

/** The same for a form, whose one reading is the text of its policy. */
export function checkFormSignature(presented: PresentedForm, secret: string): OssError | undefined {
  const { candidate, signature } = presented;
  if (isSignedBy(secret, [candidate], signature)) return undefined;
  return mismatch(presented, candidate, 'POST', undefined);
}

/** Tells what was signed here, never the signature that would have been right. */
function mismatch(
  presented: Omit<Presented, 'candidates'>,
  rule: Candidate,
  method: string,
  advice: string | undefined,
): OssError {
  const { message } = catalogue.SignatureDoesNotMatch;
  const fields: Record<string, string> = {
    OSSAccessKeyId: presented.accessKeyId,
    SignatureProvided:
      presented.form === 'header' ? textOfBytes(presented.signature) : presented.signature,
  };
  addText(fields, 'StringToSign', rule.stringToSign, method);
  if (rule.canonicalRequest !== undefined) {
    addText(fields, 'CanonicalRequest', rule.canonicalRequest, method);
  }
  const details = { message: advice ? `${message} ${advice}` : message, fields };
  const { mismatch: cause } = presented;
  return cause === undefined
    ? new OssError('SignatureDoesNotMatch', details)
    : refine(cause, details);
}

function addText(
  fields: Record<string, string>,
  name: string,
  bytes: string,
  method: string,
): void {
  const isHead = method === 'HEAD';
  if (isHead && bytes.length > headShownMax) return;
  fields[name] = textOfBytes(bytes);
  if (!isHead && bytes.length <= hexShownMax) fields[`${name}Bytes`] = hexOfBytes(bytes);
}
