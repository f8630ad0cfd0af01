import type { Clock, Timers } from '../world/index.ts';
import type { Transport } from './transport.ts';

/**
 * How the bucket gets into the address. `auto`: path style for IP literals and localhost, virtual
 * host for names. `cname`: the endpoint is a domain mapped to the bucket.
 */
export type Addressing = 'auto' | 'path' | 'virtual-host' | 'cname';

export interface CnameClientOptions {
  /** `https://oss-cn-hangzhou.aliyuncs.com`, `http://127.0.0.1:9080`; no scheme means https. */
  readonly endpoint: string;
  /** Used by calls that name none. */
  readonly bucket?: string | undefined;
  /** `cn-hangzhou`; it is signed, so it must be the one of the service. */
  readonly region: string;
  readonly accessKeyId: string;
  readonly accessKeySecret: string;
  /** Of a temporary key (STS). */
  readonly securityToken?: string | undefined;
  readonly addressing?: Addressing | undefined;
  /** Certificates in PEM to trust instead of the system's, for private authorities. */
  readonly ca?: string | readonly string[] | undefined;
  /** For one attempt, connection and answer included. Default 30,000. */
  readonly timeoutMs?: number | undefined;
  /**
   * Further attempts after a failed connection or a status of 500 and above; default 0. A replace
   * guarded by `previousCertId` whose answer got lost fails its guard when it is repeated.
   */
  readonly retries?: number | undefined;
  readonly transport?: Transport | undefined;
  readonly clock?: Clock | undefined;
  readonly timers?: Timers | undefined;
}

export interface DomainCall {
  readonly domain: string;
  readonly bucket?: string | undefined;
  readonly signal?: AbortSignal | undefined;
}

export interface PutCnameCall extends DomainCall {
  /** Left out: map only, and leave a bound certificate as it is. */
  readonly certificateConfiguration?: CertificateConfiguration | undefined;
  /** Extension of cnamed: the kind of mapping. Not sent unless given. */
  readonly cnameType?: 'CNAME_OSS' | 'CNAME_IMG' | undefined;
}

/** The elements of PutCname under the names of the API reference; absent ones are not sent. */
export interface CertificateConfiguration {
  /** Binds a stored certificate: `10457788-cn-hangzhou`. */
  readonly certId?: string | undefined;
  /** PEM, leaf first, then the intermediates. Comes with `privateKey`. */
  readonly certificate?: string | undefined;
  /** PEM, not encrypted. */
  readonly privateKey?: string | undefined;
  /** Guards a replace: refused unless this is the id bound now. */
  readonly previousCertId?: string | undefined;
  /** Replaces whatever is bound. */
  readonly force?: boolean | undefined;
  /** Unbinds; the domain stays mapped. Not together with a certificate or `force`. */
  readonly deleteCertificate?: boolean | undefined;
}

/** Of every answer; quote it when asking the operator. */
export interface Answered {
  readonly requestId: string;
}

export interface CnameToken extends Answered {
  readonly bucket: string;
  readonly domain: string;
  /** The value of the TXT record, nothing else in it. */
  readonly token: string;
  /** `_dnsauth.` + domain: the full name of the TXT record. */
  readonly txtName: string;
  /** Undefined when the service's date could not be read. */
  readonly expiresAt: Date | undefined;
}

export interface CnameList extends Answered {
  readonly bucket: string;
  /** Account id of the bucket's owner. */
  readonly owner: string;
  readonly cnames: readonly ListedCname[];
}

export interface ListedCname {
  readonly domain: string;
  readonly lastModified: Date | undefined;
  /** `Enabled`, `Disabled`; services may answer other words. */
  readonly status: string;
  readonly isPurgeCdnCache: boolean;
  readonly certificate: ListedCertificate | undefined;
}

export interface ListedCertificate {
  /** `CAS`: bound by id. `Upload`: bound inline. */
  readonly type: string;
  readonly certId: string;
  readonly status: string;
  readonly creationDate: Date | undefined;
  /** SHA-1 of the leaf, upper-case hex with colons. */
  readonly fingerprint: string;
  readonly validStartDate: Date | undefined;
  readonly validEndDate: Date | undefined;
}
