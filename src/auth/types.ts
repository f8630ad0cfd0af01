import type { HttpRequest } from '../http/index.ts';

/** What is known of everybody who signed. */
interface Signed {
  readonly accountId: string;
  readonly accountName: string;
  readonly accessKeyId: string;
  /** Whether the signature came in the Authorization header, in the URL or in a form. */
  readonly form: 'header' | 'query' | 'form';
}

/** An account by a key of its own, one of its users, or who has taken one of its roles. */
export type SignedCaller =
  | ({ readonly kind: 'account' } & Signed)
  | ({ readonly kind: 'user'; readonly userId: string; readonly userName: string } & Signed)
  | ({
      readonly kind: 'session';
      readonly roleId: string;
      readonly roleName: string;
      readonly sessionName: string;
      /** What the session was narrowed to; JSON. */
      readonly policy: string | undefined;
    } & Signed);

export type Caller = { readonly kind: 'anonymous' } | SignedCaller;

/** What the signature covers besides the request itself: the routed result, never the raw path. */
export interface SigningFacts {
  /** The bucket the host or the path named; empty at service level. */
  readonly bucket: string;
  /** Decoded key; empty for bucket and service level. */
  readonly key: string;
  /** How the bucket was found; for messages that name the client's setting to change. */
  readonly addressing: 'service' | 'virtual-host' | 'path' | 'mapped-domain';
}

/** Values of the fields of a form, by lower-case name. */
export type FormFields = ReadonlyMap<string, string>;

export interface Authenticator {
  /**
   * Resolves to the caller; a request without any signature is anonymous. Order of checks:
   * oss-signature.md 1. Throws OssError for everything else.
   */
  authenticate(request: HttpRequest, facts: SigningFacts): Promise<Caller>;
  /**
   * The same for a form, by its fields alone: whoever signed its policy, or nobody
   * (oss-signature.md 6). What the policy says is not judged.
   */
  authenticateForm(fields: FormFields): Promise<Caller>;
}
