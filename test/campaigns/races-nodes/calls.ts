/** What a racer asks of a node, and what came of it. */
import assert from 'node:assert/strict';
import type { SignedCall } from '../../support/signed-client.ts';
import { callOf, type Request, readAnswer } from '../histories/answers.ts';
import type { Answer } from '../histories/model.ts';
import { pagePath } from '../propagation/visits.ts';
import type { Racer, Stage } from './stage.ts';

export type Ask =
  | Request
  | {
      readonly kind: 'PutBucket' | 'DeleteBucket' | 'PutPage' | 'DeletePage';
      readonly client: number;
      readonly node: number;
      readonly bucket: string;
    };

export interface Report {
  readonly ask: Ask;
  readonly accountId: string;
  readonly requestId: string;
  readonly answer: Answer;
}

/** Every bucket has one object: the account whose bucket it is. */
export const pageKey = pagePath.slice(1);

const success = new Set([200, 204]);

/** Sends it. An answer that says nothing is a fault: no node is killed here. */
export async function send(stage: Stage, racer: Racer, ask: Ask): Promise<Report> {
  const call = callTo(ask, racer);
  const received = await stage.clientOf(ask.node, racer).call(call);
  const { status, headers, body } = received;
  assert.ok(status < 500, `${ask.kind}: ${status} ${body.toString()}`);
  const answer = success.has(status)
    ? readAnswer(ask.kind as Request['kind'], { ...received, status: 200 })
    : readAnswer(ask.kind as Request['kind'], received);
  assert.ok(answer);
  const requestId = String(headers['x-oss-request-id']);
  return { ask, accountId: racer.accountId, requestId, answer };
}

function callTo(ask: Ask, racer: Racer): SignedCall {
  const { bucket } = ask;
  switch (ask.kind) {
    case 'PutBucket':
      return { method: 'PUT', bucket, headers: { 'x-oss-acl': 'public-read' } };
    case 'DeleteBucket':
      return { method: 'DELETE', bucket };
    case 'PutPage':
      return { method: 'PUT', bucket, key: pageKey, body: racer.accountId };
    case 'DeletePage':
      return { method: 'DELETE', bucket, key: pageKey };
    default:
      return callOf(ask, racer.certificates);
  }
}
