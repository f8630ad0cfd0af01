/**
 * What DNS may answer to the question of an ownership proof, the usual and the hostile, each with
 * what must come of it. `test/rooms/dns` drives the resolver and the proof with every entry; a
 * black-box suite can drive PutCname with the same ones. Adding an entry adds a test to both.
 */
import { aliases } from './dns-misbehaviours/aliases.ts';
import { brokenBytes } from './dns-misbehaviours/broken-bytes.ts';
import { recordValues, wrongPlaces } from './dns-misbehaviours/records.ts';
import { streams, time } from './dns-misbehaviours/transport.ts';
import type { Misbehaviour } from './dns-misbehaviours/ways.ts';
import { wrongReplies } from './dns-misbehaviours/wrong-replies.ts';

export type { Misbehaviour, ProofClass } from './dns-misbehaviours/ways.ts';

export const misbehaviours: readonly Misbehaviour[] = [
  ...recordValues,
  ...wrongPlaces,
  ...aliases,
  ...wrongReplies,
  ...brokenBytes,
  ...time,
  ...streams,
];
