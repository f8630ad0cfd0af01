/** What a misbehaviour is, and the ways one is written: by a value, a message or a whole play. */
import dnsPacket, { type Answer } from 'dns-packet';
import {
  answerFlags,
  type DnsQuestion,
  type DnsReplier,
  type DnsScript,
  type DnsServer,
  record,
  reply,
  type TxtValue,
} from '../dns-server.ts';

export type ProofClass = 'proven' | 'nothing-there' | 'something-else-there' | 'resolver-failed';

/** Where a misbehaviour plays: one domain, the token that must be published, and a stranger's. */
export interface MisbehaviourStage {
  readonly server: DnsServer;
  readonly domain: string;
  /** `_dnsauth.` and the domain. */
  readonly txtName: string;
  /** The live token of (bucket, domain): 32 hexadecimal characters. */
  readonly token: string;
  /** A live token of another bucket for the same domain. */
  readonly foreignToken: string;
  /** What the resolver under test waits for one try and for all. */
  readonly tryMs: number;
  readonly budgetMs: number;
}

export interface Misbehaviour {
  readonly name: string;
  readonly expect: ProofClass;
  /**
   * Plants it. Names of the stage's domain and `_dnsauth.` of its parent are touched: stages with
   * different parents can share a server.
   */
  plant(stage: MisbehaviourStage): void;
}

type Answers = (stage: MisbehaviourStage, question: DnsQuestion) => Buffer;
type Play = (stage: MisbehaviourStage, question: DnsQuestion, replier: DnsReplier) => void;

export function scripted(name: string, expect: ProofClass, play: Play): Misbehaviour {
  const script =
    (stage: MisbehaviourStage): DnsScript =>
    (question, replier) =>
      play(stage, question, replier);
  return { name, expect, plant: (stage) => stage.server.script(stage.txtName, script(stage)) };
}

/** Sends one message and nothing else. */
export function message(name: string, expect: ProofClass, answers: Answers): Misbehaviour {
  return scripted(name, expect, (stage, question, replier) =>
    replier.send(answers(stage, question)),
  );
}

/** TXT records at the right name. */
export function values(
  name: string,
  expect: ProofClass,
  write: (stage: MisbehaviourStage) => TxtValue[],
): Misbehaviour {
  return { name, expect, plant: (stage) => stage.server.txt(stage.txtName, ...write(stage)) };
}

/** The right answer with some bytes changed. */
export function twisted(
  name: string,
  expect: ProofClass,
  twist: (bytes: Buffer) => void,
): Misbehaviour {
  return message(name, expect, (stage, question) => {
    const bytes = right(stage, question);
    twist(bytes);
    return bytes;
  });
}

export function right(stage: MisbehaviourStage, question: DnsQuestion): Buffer {
  return reply(question, [record.txt(question.name, stage.token)]);
}

export function truncated(question: DnsQuestion, answers: Answer[] = []): Buffer {
  return reply(question, answers, { flags: answerFlags | dnsPacket.TRUNCATED_RESPONSE });
}

/** UDP says "truncated"; `play` answers over TCP. */
export function overTcp(name: string, expect: ProofClass, play: Play): Misbehaviour {
  return scripted(name, expect, (stage, question, replier) => {
    if (question.transport === 'udp') replier.send(truncated(question));
    else play(stage, question, replier);
  });
}

/** Names of an alias chain of `links` links: the TXT name first. */
export function chain(stage: MisbehaviourStage, links: number): string[] {
  const others = Array.from({ length: links }, (_, index) => `link-${index + 1}.${stage.domain}`);
  return [stage.txtName, ...others];
}

export function pairs(names: readonly string[]): [string, string][] {
  return names.slice(1).map((target, index) => [names[index] ?? '', target]);
}

/** The header and question of a reply that announces `answerCount` records, then raw bytes. */
export function handMade(
  question: DnsQuestion,
  answerCount: number,
  tail: readonly number[],
): Buffer {
  const bytes = Buffer.concat([reply(question, []), Buffer.from(tail)]);
  bytes.writeUInt16BE(answerCount, 6);
  return bytes;
}

export const typeAndClass = [0, 16, 0, 1, 0, 0, 0, 60];
/** A pointer to the question's name, type TXT, class IN, ttl 60. */
export const recordHead = [0xc0, 12, ...typeAndClass];
