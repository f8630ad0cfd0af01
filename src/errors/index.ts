/**
 * The error catalogue and the one error type that rooms throw at callers. A room raises meaning;
 * the pipeline alone turns it into XML and headers. Anything else that is thrown becomes
 * InternalError and its detail stays in the log.
 */
import { catalogue, type ErrorCode } from './catalogue.ts';
import { type RefinementName, refinements } from './refinements.ts';

export { type CatalogueRow, catalogue, type ErrorCode } from './catalogue.ts';
export { type Refinement, type RefinementName, refinements } from './refinements.ts';

export { StsError, type StsErrorCode, stsErrors } from './sts.ts';

export interface ErrorDetails {
  /** Replaces the catalogue's message; written for the person at the other end. */
  readonly message?: string;
  /** Extra elements of the error document, in this order. */
  readonly fields?: Readonly<Record<string, string>>;
  /** Elements that hold elements, behind `fields`. */
  readonly nested?: Readonly<Record<string, Readonly<Record<string, string>>>>;
  /** Extra response headers, e.g. `Retry-After`, `Allow`. */
  readonly headers?: Readonly<Record<string, string>>;
  /** The connection cannot be used further, e.g. after an unread body. */
  readonly closeConnection?: boolean;
  readonly cause?: unknown;
}

export class OssError extends Error {
  readonly code: ErrorCode;
  readonly status: number;
  readonly ec: string;
  readonly fields: Readonly<Record<string, string>>;
  readonly nested: Readonly<Record<string, Readonly<Record<string, string>>>>;
  readonly headers: Readonly<Record<string, string>>;
  readonly closeConnection: boolean;

  /** `ec` replaces the catalogue's own; rooms name it through `refine`. */
  constructor(code: ErrorCode, details: ErrorDetails = {}, ec: string = catalogue[code].ec) {
    const row = catalogue[code];
    super(details.message ?? row.message, details.cause ? { cause: details.cause } : undefined);
    this.name = 'OssError';
    this.code = code;
    this.status = row.status;
    this.ec = ec;
    this.fields = details.fields ?? {};
    this.nested = details.nested ?? {};
    this.headers = details.headers ?? {};
    this.closeConnection = details.closeConnection ?? false;
  }
}

/** The error of a particular cause: its code and second-level code stand in `refinements`. */
export function refine(name: RefinementName, details: ErrorDetails = {}): OssError {
  const { code, ec } = refinements[name];
  return new OssError(code, details, ec);
}
