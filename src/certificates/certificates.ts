import type { Sealer } from '../sealing/index.ts';
import type { CertificateStore, SeenReads, ServingReads } from '../stores/index.ts';
import type { World } from '../world/index.ts';
import { createBindings } from './binding.ts';
import { formatCertificateId } from './certificate-id.ts';
import { createKeySealing, type KeySealing } from './key-sealing.ts';
import type { Certificates, StoredCertificate } from './types.ts';
import { warningsOf } from './warnings.ts';

export interface CertificateParts {
  readonly certificates: CertificateStore;
  /** Where handshakes find what serves a name. */
  readonly serving: Pick<ServingReads, 'findDomain' | 'findCertificate'>;
  /** Of an engine in this process: handshakes then need not wait. */
  readonly seen?: Pick<SeenReads, 'domain' | 'certificate'> | undefined;
  readonly sealer: Sealer;
  /** Second half of certificate ids. */
  readonly region: string;
  readonly world: World;
}

const noneBound = { bound: undefined };

export function createCertificates(parts: CertificateParts): Certificates {
  const { certificates, serving, seen, region, world } = parts;
  const sealing = createKeySealing(parts.sealer);
  const bindings = createBindings({ certificates, sealing, region, world });
  return {
    prepareBinding: bindings.prepareBinding,
    formatCertificateId: (number) => formatCertificateId(number, region),
    async findBoundCertificate(domain) {
      const mapped = await serving.findDomain(domain);
      const binding = mapped?.cname.binding;
      if (mapped === undefined || binding === undefined) return undefined;
      const certificate = await serving.findCertificate(binding.certificateNumber);
      if (certificate === undefined) return undefined;
      return { certificate, accountId: mapped.cname.accountId };
    },
    findBoundCertificateNow(domain) {
      if (seen === undefined) return undefined;
      const mapped = seen.domain(domain)?.value;
      const binding = mapped?.cname.binding;
      if (mapped === undefined || binding === undefined) return noneBound;
      const certificate = seen.certificate(binding.certificateNumber)?.value;
      if (certificate === undefined) return noneBound;
      return { bound: { certificate, accountId: mapped.cname.accountId } };
    },
    unseal: (certificate) => ({
      number: certificate.number,
      fingerprint256: certificate.fingerprint256,
      chainPem: certificate.chainPem,
      keyPem: sealing.unseal(certificate),
      validTo: certificate.validTo,
    }),
    isUsable: (certificate, now) => isUsable(certificate, now, sealing),
    warningsOf,
  };
}

function isUsable(certificate: StoredCertificate, now: number, sealing: KeySealing): boolean {
  return now <= certificate.validTo && sealing.canUnseal(certificate);
}
