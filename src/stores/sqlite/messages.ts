/** What the engine and its writer thread say to each other. */
import type { SchemaWish } from '../ports/schema.ts';
import type { WriteName } from '../sql/writes.ts';
import type { Reason } from './failures.ts';

export interface WriterSetup {
  readonly path: string;
  readonly pagesMax: number | undefined;
  readonly isChecked: boolean;
  readonly schema: SchemaWish;
}

export interface WriteRequest {
  readonly id: number;
  readonly name: WriteName;
  readonly rest: readonly unknown[];
}

export type ToWriter = readonly WriteRequest[] | 'close';

/** What became of a write. Plain data: it may have to go to another process. */
export type WriteOutcome =
  | { readonly value: unknown }
  | { readonly reason: Reason; readonly message: string };

export type WriteReply = { readonly id: number } & WriteOutcome;

export type FromWriter =
  | { readonly kind: 'open' }
  | { readonly kind: 'not-open'; readonly name: string; readonly message: string }
  | { readonly kind: 'replies'; readonly replies: readonly WriteReply[] }
  | { readonly kind: 'closed' };
