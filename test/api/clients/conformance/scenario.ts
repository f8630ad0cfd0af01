/** What a row of the table of conformance is, and what it finds when it runs. */
import assert from 'node:assert/strict';
import type { Addressing } from '../../../support/ali-oss.ts';
import type { RawResponse } from '../../../support/raw-client.ts';

/** Loosely typed on purpose: the client's declarations lag behind its methods. */
// biome-ignore lint/suspicious/noExplicitAny: the client's own declarations miss methods it has.
export type Untyped = any;

/** A request as the client's generic `request` takes it. */
export interface Asked {
  readonly method: string;
  readonly key?: string;
  /** Sub-resources; the empty text is sent without a value. */
  readonly query?: Readonly<Record<string, string>>;
  /** Parameters that V1 does not sign. */
  readonly plain?: Readonly<Record<string, string>>;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
}

/** A server, a bucket of one's own in it, and the client pointed at it in one of its ways. */
export interface Stage {
  readonly client: Untyped;
  readonly bucket: string;
  readonly ownerId: string;
  /** Where the client writes and reads files. */
  readonly folder: string;
  readonly isV4: boolean;
  readonly accessKeyId: string;
  /** Of the bucket, with a slash at its end. */
  readonly bucketUrl: string;
  /** The client's generic request to the bucket, for what it has no method for; the body read. */
  request(asked: Asked): Promise<string>;
  /** The same to the service. */
  requestService(asked: Asked): Promise<string>;
  /** What somebody without a client does with what `method` of the client has made. */
  visit(
    method: string,
    url: string,
    options?: { method?: string; headers?: Record<string, string>; body?: Uint8Array },
  ): Promise<RawResponse>;
}

/** In which of its ways the client can ask. */
export type Where = keyof typeof addressingsOf;

export const addressingsOf = {
  everywhere: ['sldEnable', 'virtual-host', 'ip', 'cname'],
  /** A mapped domain is of a bucket: nothing is asked of the service there. */
  'at an endpoint': ['sldEnable', 'virtual-host', 'ip'],
  /** At an address the client sends the name of a bucket that is not there in Host. */
  'at an endpoint with a name': ['sldEnable', 'virtual-host'],
  /** The client signs no URLs for an address. */
  'at a name': ['sldEnable', 'virtual-host', 'cname'],
} as const satisfies Readonly<Record<string, readonly Addressing[]>>;

/** An operation, and the method of the client that asks for it. */
export type Proof = readonly [operation: string, method: string];

export interface Scenario {
  readonly title: string;
  readonly where: Where;
  /** It leaves its bucket as no other could use it. */
  readonly isAlone?: boolean;
  /** Answered, each at least once while it runs. */
  readonly answers?: readonly Proof[];
  /** Answered with a list that can have no members here. */
  readonly emptyLists?: readonly Proof[];
  /** Refused with this code, each at least once while it runs. */
  readonly refuses?: readonly (readonly [operation: string, method: string, code: string])[];
  /** The same, refused before it is looked at which operation it is. */
  readonly refusesUnread?: readonly (readonly [operation: string, method: string, code: string])[];
  run(stage: Stage): Promise<void>;
}

/** The client must see this refusal, by its code, and this name in its message. */
export async function refused(call: Promise<unknown>, code: string, name = ''): Promise<void> {
  await assert.rejects(call, (error: Untyped) => {
    assert.equal(error.code, code, error.message);
    assert.ok(error.message.includes(name), error.message);
    return true;
  });
}

/** The text of the first element of this name. */
export function textOf(text: string, name: string): string {
  return new RegExp(`<${name}>([^<]*)</${name}>`).exec(text)?.[1] ?? '';
}

export function namesOf(list: Untyped): string[] {
  return list.map((each: { name: string }) => each.name);
}
