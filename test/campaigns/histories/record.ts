/** Records what eight clients do at once on three nodes with a few buckets and domains. */
import assert from 'node:assert/strict';
import type { TestCertificate } from '../../support/certificates.ts';
import { type Chance, createChance } from '../../support/chance.ts';
import type { SignedClient } from '../../support/signed-client.ts';
import { callOf, type Request, readAnswer } from './answers.ts';
import type { Call } from './checker.ts';
import type { Answer, CertificateName, CertificateRequest, Operation, Scene } from './model.ts';
import { type Account, nodeCount, type Stage } from './stage.ts';

const clientCount = 8;
const certificateCount = 2;
/** One chunk in so many, on its way to the database, cuts its connection. */
const cutsAmong = 25;

export type Faults = 'none' | 'cuts' | 'node-stops';

export interface History {
  readonly scene: Scene;
  readonly calls: readonly Call<Operation>[];
  readonly faults: Faults;
  /** Connections to the database that were cut. */
  readonly cuts: number;
}

/** Stands between the nodes and the record, for tests that must see a lie found. */
export type Distort = (request: Request, answer: Answer) => Answer;

interface Recording {
  readonly stage: Stage;
  readonly chance: Chance;
  readonly domains: readonly string[];
  /** Name and account of each bucket. */
  readonly buckets: ReadonlyMap<string, string>;
  readonly certificates: readonly TestCertificate[];
  readonly accounts: readonly Account[];
  /** By node and account. */
  readonly clients: Map<string, SignedClient>;
  readonly published: Map<string, Set<string>>;
  readonly seenIds: Map<string, CertificateName>;
  readonly calls: Call<Operation>[];
  readonly distort: Distort;
  moment: number;
}

/** Runs and records the history of this seed; the nodes are whole again after it. */
export async function recordHistory(
  stage: Stage,
  seed: string,
  distort: Distort = (_, answer) => answer,
): Promise<History> {
  const chance = createChance(seed);
  const recording = await setScene(stage, seed, chance, distort);
  const { domains, buckets, seenIds, calls } = recording;
  const draw = chance.int(10);
  const faults: Faults = draw < 7 ? 'none' : draw < 9 ? 'cuts' : 'node-stops';
  const cutting = faults === 'cuts' ? cutConnections(stage, chance) : { cuts: 0 };
  try {
    const clients = Array.from({ length: clientCount }, (_, client) =>
      act(recording, client, createChance(`${seed}.${client}`)),
    );
    if (faults === 'node-stops') clients.push(stopOne(recording));
    await Promise.all(clients);
    await stage.recover();
    openClients(recording);
    await lookAtTheEnd(recording);
  } finally {
    for (const client of recording.clients.values()) client.close();
    await stage.recover();
    for (const domain of domains) stage.dns.remove(txtNameOf(domain));
  }
  const { transfer } = stage;
  const scene = { domains, buckets, transfer, certificates: seenIds };
  return { scene, calls, faults, cuts: cutting.cuts };
}

/** DESIGN ruling 7, written out: the record is not to be found where the server says it is. */
const txtNameOf = (domain: string): string => `_dnsauth.${domain}`;

async function setScene(
  stage: Stage,
  seed: string,
  chance: Chance,
  distort: Distort,
): Promise<Recording> {
  const label = `h${seed.replaceAll(/[^0-9]/g, '-')}`;
  const domains = ['a', 'b', 'c']
    .slice(0, 2 + chance.int(2))
    .map((each) => `${each}.${label}.example`);
  const accounts = await stage.createAccounts(2);
  const clients = new Map<string, SignedClient>();
  openClients({ stage, accounts, clients });
  const buckets = new Map<string, string>();
  for (const [index, letter] of ['x', 'y', 'z'].slice(0, 2 + chance.int(2)).entries()) {
    const { accountId = '' } = accounts[index === 1 ? 1 : 0] ?? {};
    const bucket = `${label}-${letter}`;
    const node = chance.int(nodeCount);
    const made = await clientOf(clients, node, accountId).call({ method: 'PUT', bucket });
    assert.equal(made.status, 200, made.body.toString());
    buckets.set(bucket, accountId);
  }
  const certificates: TestCertificate[] = [];
  for (let count = 0; count < certificateCount; count++) {
    certificates.push(await stage.createCertificate(domains));
  }
  const empty = { published: new Map(), seenIds: new Map(), calls: [], moment: 0 };
  return { stage, chance, domains, accounts, buckets, certificates, clients, distort, ...empty };
}

/** A client: a few acts one after the other, on any node, without waiting for anybody. */
async function act(recording: Recording, client: number, chance: Chance): Promise<void> {
  const acts = 3 + chance.int(3);
  for (let count = 0; count < acts; count++) {
    for (let turns = chance.int(4); turns > 0; turns--) {
      await new Promise<void>((resolve) => setImmediate(resolve));
    }
    await actOnce(recording, client, chance);
  }
}

async function actOnce(recording: Recording, client: number, chance: Chance): Promise<void> {
  const domain = chance.pick(recording.domains);
  const bucket = chance.pick([...recording.buckets.keys()]);
  const at = () => ({ client, node: chance.int(nodeCount), bucket });
  const ask = async (kind: 'CreateCnameToken' | 'GetCnameToken'): Promise<void> => {
    const answer = await send(recording, { ...at(), kind, domain });
    if (answer?.kind === 'token' && !chance.one(5)) {
      publish(recording, { client, node: 0, kind: 'publish', domain, token: answer.token });
    }
  };
  const put = (): Promise<unknown> => {
    const certificate = requestOf(recording, bucket, chance);
    return send(recording, { ...at(), kind: 'PutCname', domain, certificate });
  };
  switch (chance.int(8)) {
    case 0:
    case 1:
      await ask('CreateCnameToken');
      await put();
      return;
    case 2:
      return await ask('CreateCnameToken');
    case 3:
      return await ask('GetCnameToken');
    case 4:
    case 5:
      await put();
      return;
    case 6:
      await send(recording, { ...at(), kind: 'DeleteCname', domain });
      return;
    default:
      await send(recording, { ...at(), kind: 'ListCname' });
  }
}

/** Ids come from lists that some client was shown: those of the moment, old ones, foreign ones. */
function requestOf(recording: Recording, bucket: string, chance: Chance): CertificateRequest {
  const { seenIds, certificates, buckets } = recording;
  const accountId = buckets.get(bucket);
  const ids = [...seenIds.keys()];
  const own = ids.filter((id) => seenIds.get(id)?.accountId === accountId);
  const id = chance.pick(own.length > 0 && !chance.one(8) ? own : [...ids, '999-cn-hangzhou']);
  const previous = own.length > 0 && !chance.one(3) ? { previous: chance.pick(own) } : {};
  const guard = { isForced: chance.one(4), ...previous };
  const number = chance.int(certificates.length);
  const fingerprint = certificates[number]?.x509.fingerprint ?? '';
  switch (chance.int(6)) {
    case 0:
    case 1:
      return { form: 'none' };
    case 2:
      return { form: 'unbind', ...previous };
    case 3:
      return { form: 'stored', id, ...guard };
    default:
      return { form: 'inline', fingerprint, number, ...guard };
  }
}

function publish(recording: Recording, operation: Extract<Operation, { kind: 'publish' }>): void {
  const { published, stage, calls } = recording;
  const { domain, token } = operation;
  const invokedAt = recording.moment++;
  const shown = published.get(domain) ?? new Set<string>();
  shown.add(token);
  published.set(domain, shown);
  stage.dns.txt(txtNameOf(domain), ...shown);
  const answer = { kind: 'done' } as const;
  calls.push({ operation: { ...operation, answer }, invokedAt, answeredAt: recording.moment++ });
}

/** One request and what came of it. Without an answer it may take effect at any later time. */
async function send(recording: Recording, request: Request): Promise<Answer | undefined> {
  const { clients, buckets, calls, certificates } = recording;
  const accountId = buckets.get(request.bucket) ?? '';
  const client = clientOf(clients, request.node, accountId);
  const invokedAt = recording.moment++;
  let answer: Answer | undefined;
  try {
    const received = await client.call(callOf(request, certificates));
    answer = readAnswer(request.kind, received);
  } catch (error) {
    // Never sent: the node is down.
    if ((error as NodeJS.ErrnoException).code === 'ECONNREFUSED') return undefined;
  }
  if (answer === undefined) {
    calls.push({ operation: request, invokedAt, answeredAt: Infinity });
    return undefined;
  }
  answer = recording.distort(request, answer);
  calls.push({ operation: { ...request, answer }, invokedAt, answeredAt: recording.moment++ });
  if (answer.kind === 'list') learnIds(recording, accountId, answer);
  return answer;
}

/** An id stands for one certificate of one account for ever, and no other id does. */
function learnIds(
  { seenIds }: Recording,
  accountId: string,
  { domains }: Extract<Answer, { kind: 'list' }>,
): void {
  for (const { certificate } of domains) {
    if (certificate === undefined) continue;
    const { id, fingerprint } = certificate;
    const known = seenIds.get(id);
    if (known !== undefined) {
      assert.deepEqual({ accountId, fingerprint }, known, `CertId ${id} stands for two things`);
      continue;
    }
    for (const [other, name] of seenIds) {
      const isSame = name.accountId === accountId && name.fingerprint === fingerprint;
      assert.ok(!isSame, `CertIds ${id} and ${other} stand for one certificate`);
    }
    seenIds.set(id, { accountId, fingerprint });
  }
}

/** Until the stage recovers; counts them. */
function cutConnections(stage: Stage, chance: Chance): { readonly cuts: number } {
  const cutting = { cuts: 0 };
  for (const { relay } of stage.nodes) {
    relay.onRequest = () => {
      if (!chance.one(cutsAmong)) return 'pass';
      cutting.cuts++;
      return chance.one(2) ? 'cut' : 'cut-answer';
    };
  }
  return cutting;
}

/** Once the history is under way. */
async function stopOne(recording: Recording): Promise<void> {
  const begun = 5 + recording.chance.int(20);
  while (recording.moment < begun) await new Promise<void>((resolve) => setImmediate(resolve));
  await recording.stage.stopNode(recording.chance.int(nodeCount));
}

function clientOf(clients: Recording['clients'], node: number, accountId: string): SignedClient {
  const client = clients.get(`${node} ${accountId}`);
  assert.ok(client, `no client of ${accountId} on node ${node}`);
  return client;
}

/** A node that was started again has another port. */
function openClients({
  stage,
  accounts,
  clients,
}: Pick<Recording, 'stage' | 'accounts' | 'clients'>) {
  for (const account of accounts) {
    for (let node = 0; node < nodeCount; node++) {
      const name = `${node} ${account.accountId}`;
      clients.get(name)?.close();
      clients.set(name, stage.openClient(node, account));
    }
  }
}

/** When all is still: every list and every token, so that no effect stays unseen. */
async function lookAtTheEnd(recording: Recording): Promise<void> {
  const { buckets, domains, chance } = recording;
  for (const bucket of buckets.keys()) {
    const at = () => ({ client: 0, node: chance.int(nodeCount), bucket });
    await send(recording, { ...at(), kind: 'ListCname' });
    for (const domain of domains) await send(recording, { ...at(), kind: 'GetCnameToken', domain });
  }
}
