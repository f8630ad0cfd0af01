/**
 * The error catalogue and the one error type that rooms throw at callers. A room raises meaning;
 * the pipeline alone turns it into XML and headers. Anything else that is thrown becomes
 * InternalError and its detail stays in the log.
 */
import { type ErrorCode, catalogue } from './catalogue.ts';

export { catalogue, type CatalogueRow, type ErrorCode } from './catalogue.ts';

export interface ErrorDetails {
  /** Replaces the catalogue's message; written for the person at the other end. */
  readonly message?: string;
  /** Second-level code; replaces the catalogue's. */
  readonly ec?: string;
  /** Extra elements of the error document, in this order. */
  readonly fields?: Readonly<Record<string, string>>;
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
  readonly headers: Readonly<Record<string, string>>;
  readonly closeConnection: boolean;

  constructor(code: ErrorCode, details: ErrorDetails = {}) {
    const row = catalogue[code];
    super(details.message ?? row.message, details.cause ? { cause: details.cause } : undefined);
    this.name = 'OssError';
    this.code = code;
    this.status = row.status;
    this.ec = details.ec ?? row.ec;
    this.fields = details.fields ?? {};
    this.headers = details.headers ?? {};
    this.closeConnection = details.closeConnection ?? false;
  }
}
