/**
 * THE table of conformance: which operation is proved by which method of the official client.
 * ../conformance.test.ts runs every row, and docs/conformance.md is printed from here.
 */
import { buckets } from './buckets.ts';
import { configurationScenarios } from './configurations.ts';
import { objects } from './objects.ts';
import { refusals } from './refusals.ts';
import type { Scenario, Where } from './scenario.ts';
import { service } from './service.ts';
import { signed } from './signed.ts';

/** In the order they run in; those of one client and mode share a bucket, but for a few. */
export const scenarios: readonly Scenario[] = [
  ...service,
  ...buckets,
  ...configurationScenarios,
  ...objects,
  ...signed,
  ...refusals,
];

/** What the client was told, once per operation and method. */
export interface Row {
  readonly operation: string;
  readonly method: string;
  /** `undefined`: answered. */
  readonly refusal: string | undefined;
  readonly isEmptyList: boolean;
  readonly where: Where;
}

export const rows: readonly Row[] = scenarios.flatMap((scenario) => {
  const { where, answers = [], emptyLists = [], refuses = [], refusesUnread = [] } = scenario;
  return [
    ...answers.map((proof) => ({ proof, refusal: undefined, isEmptyList: false })),
    ...emptyLists.map((proof) => ({ proof, refusal: undefined, isEmptyList: true })),
    ...[...refuses, ...refusesUnread].map(([operation, method, refusal]) => ({
      proof: [operation, method] as const,
      refusal,
      isEmptyList: false,
    })),
  ].map(({ proof: [operation, method], ...row }) => ({ operation, method, where, ...row }));
});

/** Rows of the table of operations that the reference does not have. */
export const ownOperations: readonly string[] = ['HeadWebsiteRoot'];

/** Methods of the client that ask the server nothing. */
export const silentMethods: readonly string[] = [
  ...['constructor', 'useBucket', 'setBucket', 'getBucket', 'setSLDEnabled'],
  ...['generateObjectUrl', 'getObjectUrl', 'getRtmpUrl'],
  ...['cancel', 'isCancel', 'resetCancelFlag', 'checkBrowserAndVersion'],
  ...['signature', 'authorization', 'authorizationV4', 'parseXML', 'requestError'],
];
