/** How a row of the table is written, and the two acts of rows that do not act yet. */
import { type ErrorCode, OssError } from '../errors/index.ts';
import { actionOf } from './actions.ts';
import type { Access, Act, Level, Operation, QueryRequirement } from './types.ts';

/** DESIGN ruling 17: documents without a cap of their own. */
export const documentBytesMax = 1024 * 1024;

export interface RowOptions {
  readonly action?: string;
  readonly copySource?: boolean;
  readonly documentBytesMax?: number;
  readonly anonymousAct?: Act;
  readonly mayCreateBucket?: boolean;
  readonly isSignedInForm?: boolean;
  readonly takesCallback?: boolean;
  /** Of rows that do not act yet; the owner unless the signature is somewhere unread. */
  readonly access?: Access;
}

type Query = Readonly<Record<string, QueryRequirement>>;

export function row(
  name: string,
  on: Level,
  method: Operation['method'],
  query: Query,
  access: Access,
  act: Act,
  options: RowOptions = {},
): Operation {
  return {
    name,
    on,
    method,
    query,
    access,
    act,
    action: options.action ?? actionOf(name),
    copySource: options.copySource,
    documentBytesMax: options.documentBytesMax ?? 0,
    anonymousAct: options.anonymousAct,
    mayCreateBucket: options.mayCreateBucket ?? false,
    isSignedInForm: options.isSignedInForm ?? false,
    takesCallback: options.takesCallback ?? false,
    isImplemented: true,
  };
}

/** An operation of the reference that this release does not have: NotImplemented by name. */
export function later(
  name: string,
  on: Level,
  method: Operation['method'],
  query: Query,
  options: RowOptions = {},
): Operation {
  const act: Act = async () => {
    throw new OssError('NotImplemented', {
      message: `${name} is not implemented by this server.`,
      fields: { Header: Object.keys(query)[0] ?? name },
    });
  };
  const access: Access = options.access ?? (on === 'service' ? 'account' : 'owner');
  return { ...row(name, on, method, query, access, act, options), isImplemented: false };
}

/**
 * Reading a document that cannot exist here, because writing it is not implemented: the reference
 * has a code for "none", and clients' tear-downs and refreshes know it (DESIGN ruling 18).
 */
export function absent(name: string, on: Level, query: Query, code: ErrorCode): Operation {
  const act: Act = async ({ target }) => {
    throw new OssError(code, { fields: { BucketName: target.bucket } });
  };
  return { ...row(name, on, 'GET', query, 'owner', act), isImplemented: false };
}
