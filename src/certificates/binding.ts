/**
 * What a PutCname asks of a certificate, turned into the one change the store makes
 * (custom-domain.md 2.2 to 2.4). Everything that can be known before the transaction is checked
 * here; the guard of 2.3 alone is left to the transaction, because only there it is atomic.
 */
import { X509Certificate } from 'node:crypto';
import { OssError } from '../errors/index.ts';
import type { BindingGuard, CertificateStore, NewCertificate } from '../stores/index.ts';
import type { World } from '../world/index.ts';
import {
  certificateIdBytesMax,
  formatCertificateId,
  parseCertificateId,
} from './certificate-id.ts';
import { checkFitness, checkStillFit } from './fitness.ts';
import { KnownIssuers } from './issuers.ts';
import type { KeySealing } from './key-sealing.ts';
import { readMaterial, takesKey } from './material.ts';
import { refuseCertificate } from './refusals.ts';
import { digestOf, KnownServables, type Servable } from './servable.ts';
import { Trial } from './trial.ts';
import type { BindingChange, CertificateRequest, StoredCertificate } from './types.ts';

export interface BindingParts {
  readonly certificates: CertificateStore;
  readonly sealing: KeySealing;
  readonly region: string;
  readonly world: World;
}

interface Tools extends BindingParts {
  readonly known: KnownServables;
  readonly issuers: KnownIssuers;
  readonly trial: Trial;
}

export interface Bindings {
  prepareBinding(
    accountId: string,
    domain: string,
    request: CertificateRequest,
  ): Promise<BindingChange>;
}

/** No certificate has it, so that a guard which expects it always fails. */
const numberOfNone = -1;

export function createBindings(parts: BindingParts): Bindings {
  const issuers = new KnownIssuers();
  const trial = new Trial(issuers);
  const tools: Tools = { ...parts, known: new KnownServables(), issuers, trial };
  return {
    async prepareBinding(accountId, domain, request) {
      const guard = guardOf(request, parts.region);
      if (request.isUnbind) return { kind: 'unbind', guard };
      checkCombination(request);
      const stored = await findNamed(accountId, request.certId, parts);
      const { certificatePem, privateKeyPem } = request;
      if (certificatePem !== undefined && privateKeyPem !== undefined) {
        const pair = { certificatePem, privateKeyPem };
        const sent = await checkSent(accountId, domain, pair, tools);
        return { kind: 'bind', guard, certificate: bindSent(accountId, sent, stored, tools) };
      }
      if (stored === undefined) return { kind: 'keep' };
      checkStored(stored, domain, tools);
      return { kind: 'bind', guard, certificate: { kind: 'stored', number: stored.number } };
    },
  };
}

/**
 * @throws OssError InvalidArgument: a key and a certificate come together (custom-domain.md 2.4).
 */
function checkCombination({ certificatePem, privateKeyPem }: CertificateRequest): void {
  if (privateKeyPem !== undefined && certificatePem === undefined) {
    throw refuseCertificate(
      'privateKeyWithoutCertificate',
      'Certificate',
      'PrivateKey is given without Certificate: send both, or neither.',
    );
  }
  if (certificatePem !== undefined && privateKeyPem === undefined) {
    throw refuseCertificate(
      'certificateWithoutPrivateKey',
      'PrivateKey',
      'Certificate is given without PrivateKey: send both, or neither.',
    );
  }
}

/**
 * The rule of custom-domain.md 2.3. An id that cannot be one of ours matches nothing. An unbind is
 * guarded only by an id that is given: the reference's own sample has DeleteCertificate alone, and
 * Force may not stand beside it.
 */
function guardOf(request: CertificateRequest, region: string): BindingGuard {
  const { previousCertId } = request;
  const isBlindUnbind = request.isUnbind && previousCertId === undefined;
  if (request.isForced || isBlindUnbind) return { kind: 'forced' };
  if (previousCertId === undefined) return { kind: 'expect', certificateNumber: undefined };
  const number = parseCertificateId(previousCertId, region);
  return { kind: 'expect', certificateNumber: number ?? numberOfNone };
}

/**
 * The stored certificate that CertId names.
 * @throws OssError CertificateInvalidCasId for unknown ids and other accounts' alike, so that
 * nobody learns which ids exist.
 */
async function findNamed(
  accountId: string,
  certId: string | undefined,
  parts: BindingParts,
): Promise<StoredCertificate | undefined> {
  if (certId === undefined) return undefined;
  if (Buffer.byteLength(certId) > certificateIdBytesMax) {
    // Not shown again: a text so long is no id, and may be the private key in the wrong element.
    throw refuseCertificate(
      'certificateIdTooLong',
      'CertId',
      `CertId must be shorter than ${certificateIdBytesMax + 1} bytes.`,
    );
  }
  const number = parseCertificateId(certId, parts.region);
  if (number === undefined) throw invalidCasId(certId, formOfIds(parts.region));
  const stored = await parts.certificates.findCertificate(number);
  if (stored === undefined || stored.accountId !== accountId) throw invalidCasId(certId);
  return stored;
}

function formOfIds(region: string): string {
  return `a number, a hyphen and the region, as in ${formatCertificateId(10457788, region)}`;
}

function invalidCasId(certId: string, expected?: string): OssError {
  const fields = { ArgumentName: 'CertId', ArgumentValue: certId };
  return new OssError('CertificateInvalidCasId', {
    fields: expected === undefined ? fields : { ...fields, ExpectedForm: expected },
  });
}

/** A certificate sent along. One that came before is not read again; another key is proven. */
async function checkSent(
  accountId: string,
  domain: string,
  { certificatePem, privateKeyPem }: { certificatePem: string; privateKeyPem: string },
  { known, issuers, trial, sealing, world }: Tools,
): Promise<Servable> {
  const provenKey = digestOf(privateKeyPem);
  const earlier = known.find(accountId, certificatePem);
  const isProven = earlier?.provenKey === provenKey;
  if (
    earlier !== undefined &&
    (isProven || (await takesKey(earlier.leaf, certificatePem, privateKeyPem)))
  ) {
    const { leaf, keySealed } = earlier;
    checkStillFit(leaf, domain, world.clock.now());
    if (!isProven) known.keep(accountId, certificatePem, { ...earlier, provenKey });
    const { fingerprint256 } = leaf;
    return { ...earlier, keySealed: sealing.rewrap({ accountId, fingerprint256, keySealed }) };
  }
  const material = await readMaterial(certificatePem, privateKeyPem, issuers);
  try {
    const { leaf, chainPem, keyPem } = material;
    checkFitness(leaf, domain, world.clock.now());
    trial.tryMaterial(material);
    const keySealed = sealing.seal(keyPem, { accountId, fingerprint256: leaf.fingerprint256 });
    const servable = { leaf, chainPem, keySealed, provenKey };
    known.keep(accountId, certificatePem, servable);
    return servable;
  } finally {
    material.keyPem.fill(0);
  }
}

/** When CertId names a certificate too, both must be the same. */
function bindSent(
  accountId: string,
  { leaf, chainPem, keySealed }: Servable,
  stored: StoredCertificate | undefined,
  parts: BindingParts,
): Extract<BindingChange, { kind: 'bind' }>['certificate'] {
  if (stored === undefined) {
    const certificate: NewCertificate = {
      accountId,
      fingerprint256: leaf.fingerprint256,
      fingerprint: leaf.fingerprint,
      chainPem,
      keySealed,
      validFrom: leaf.validFromDate.getTime(),
      validTo: leaf.validToDate.getTime(),
      createdAt: parts.world.clock.now(),
    };
    return { kind: 'new', certificate };
  }
  if (stored.fingerprint256 === leaf.fingerprint256) {
    return { kind: 'stored', number: stored.number };
  }
  // Never overwrite what an id stands for: material is immutable per id (custom-domain.md 2.4).
  throw refuseCertificate(
    'otherCertificateThanId',
    'CertId',
    'CertId names another certificate than the one in Certificate: send one of the two.',
    formatCertificateId(stored.number, parts.region),
  );
}

/**
 * Stored material was sound when it came; time and the domain may have changed, and the master key
 * before this process began.
 */
function checkStored(stored: StoredCertificate, domain: string, tools: Tools): void {
  const { accountId, chainPem, keySealed } = stored;
  const earlier = tools.known.find(accountId, chainPem);
  const now = tools.world.clock.now();
  if (earlier?.keySealed === keySealed) {
    checkStillFit(earlier.leaf, domain, now);
    return;
  }
  const leaf = new X509Certificate(chainPem);
  checkFitness(leaf, domain, now);
  const keyPem = tools.sealing.unseal(stored);
  try {
    tools.trial.tryChain(chainPem, keyPem);
  } finally {
    keyPem.fill(0);
  }
  tools.known.keep(accountId, chainPem, { leaf, chainPem, keySealed, provenKey: undefined });
}
