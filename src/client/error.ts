/** Codes of failures that no service answered; the status is 0 then. */
export type LocalCode = 'ConnectionFailed' | 'TimedOut' | 'UnexpectedAnswer';

export interface CnameErrorFacts {
  readonly code: string;
  readonly message: string;
  readonly status: number;
  readonly ec?: string | undefined;
  readonly requestId?: string | undefined;
  readonly hostId?: string | undefined;
  readonly fields?: Readonly<Record<string, string>> | undefined;
  readonly retryAfterSeconds?: number | undefined;
  readonly cause?: unknown;
}

/** A call was refused or got no usable answer. Nothing else is thrown by the calls. */
export class CnameError extends Error {
  /** `NeedVerifyDomainOwnership`, `CnameAlreadyExists`, ..., or a `LocalCode`. */
  readonly code: string;
  /** HTTP status; 0 when there was no answer. */
  readonly status: number;
  /** Second-level code, `0018-00000115`; empty when there was none. */
  readonly ec: string;
  readonly requestId: string;
  readonly hostId: string;
  /** Every further element of the error document, e.g. `CnameType`, `Bucket`, `StringToSign`. */
  readonly fields: Readonly<Record<string, string>>;
  readonly retryAfterSeconds: number | undefined;

  constructor(facts: CnameErrorFacts) {
    super(facts.message, facts.cause === undefined ? undefined : { cause: facts.cause });
    this.name = 'CnameError';
    this.code = facts.code;
    this.status = facts.status;
    this.ec = facts.ec ?? '';
    this.requestId = facts.requestId ?? '';
    this.hostId = facts.hostId ?? '';
    this.fields = facts.fields ?? {};
    this.retryAfterSeconds = facts.retryAfterSeconds;
  }
}
