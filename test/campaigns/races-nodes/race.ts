/**
 * One race: a domain, three accounts with four buckets, and heats in which eight clients ask three
 * nodes at once. Between two heats all nodes are asked what they show.
 */
import assert from 'node:assert/strict';
import { setImmediate as turn } from 'node:timers/promises';
import { type Chance, createChance } from '../../support/chance.ts';
import type { CertificateRequest } from '../histories/model.ts';
import { type Ask, pageKey, type Report, send } from './calls.ts';
import { Judge, type Sight, type Tally } from './judge.ts';
import { look, visitNode } from './look.ts';
import { nodeCount, type Racer, type Stage } from './stage.ts';

const clientCount = 8;

/** Stands between the nodes and the judge, for tests that must see a lie found. */
export type Distort = (report: Report) => Report;

/** Accounts and bucket names that one race after the other is run with. */
export interface Lane {
  readonly stage: Stage;
  readonly racers: readonly Racer[];
  /** Who made the bucket of a name last. */
  readonly owners: Map<string, Racer>;
}

export interface Race extends Lane {
  readonly domain: string;
  readonly chance: Chance;
  readonly judge: Judge;
  readonly distort: Distort;
  /** Of this heat. */
  reports: Report[];
  seen: Sight[];
  requests: number;
  visits: number;
}

export interface RaceResult {
  readonly requests: number;
  readonly visits: number;
  readonly tally: Tally;
}

export async function openLane(stage: Stage, name: string): Promise<Lane> {
  const racers = await Promise.all([stage.createRacer(), stage.createRacer(), stage.createRacer()]);
  const owners = new Map<string, Racer>();
  // The last of them is a second one of the first account.
  for (const [index, letter] of ['x', 'y', 'z', 'w'].entries()) {
    const racer = racers[index % racers.length];
    if (racer) owners.set(`race-${name}-${letter}`, racer);
  }
  const lane = { stage, racers, owners };
  await makeBuckets(lane);
  return lane;
}

type Act = (race: Race, client: number, chance: Chance) => Promise<void>;
type Heat = readonly Act[];

/** Runs the race of this seed. Rejects when something happened that may not. */
export async function runRace(
  lane: Lane,
  seed: string,
  distort: Distort = (report) => report,
): Promise<RaceResult> {
  const chance = createChance(seed);
  const domain = `d${seed.replaceAll(/[^0-9]/g, '-')}.race.example`;
  const judge = new Judge(lane.stage, domain);
  const counts = { requests: 0, visits: 0 };
  const race: Race = { ...lane, domain, chance, judge, distort, reports: [], seen: [], ...counts };
  try {
    await runHeat(race, asking);
    await runHeat(race, claiming);
    await runHeat(race, chance.pick([claiming, replacing, leaving, mixed, remaking]));
    await goHome(race);
  } finally {
    lane.stage.dns.remove(`_dnsauth.${domain}`);
  }
  return { requests: race.requests, visits: race.visits, tally: judge.tally };
}

async function runHeat(race: Race, heat: Heat): Promise<void> {
  const { chance } = race;
  const clients = Array.from({ length: clientCount }, (_, client) => ({
    client,
    own: createChance(`${race.domain} ${client} ${chance.int(1_000_000)}`),
  }));
  await Promise.all(
    clients.map(async ({ client, own }) => {
      for (let turns = own.int(4); turns > 0; turns--) await turn();
      await own.pick(heat)(race, client, own);
    }),
  );
  const isRemade = race.reports.some(({ ask }) => ask.kind === 'DeleteBucket');
  await judgeReports(race);
  if (isRemade) await makeBuckets(race);
  if (heat !== asking) race.visits += await look(race);
}

async function judgeReports(race: Race): Promise<void> {
  const { reports, seen, judge } = race;
  race.reports = [];
  race.seen = [];
  race.requests += reports.length;
  await judge.judgeHeat(reports.map(race.distort));
  for (const sight of seen) judge.judgeSight(sight);
}

/** Buckets that are gone come back, each with its page; whose each is, the database says. */
async function makeBuckets({ stage, owners }: Lane): Promise<void> {
  const { buckets, objects } = stage.engines.metadata;
  for (const [bucket, owner] of owners) {
    const at = { client: 0, node: 0, bucket };
    let found = await buckets.findBucket(bucket);
    if (found === undefined) await send(stage, owner, { kind: 'PutBucket', ...at });
    found ??= await buckets.findBucket(bucket);
    assert.equal(found?.accountId, owner.accountId, `${bucket} was made by somebody else`);
    if (await objects.findObject(found.id, pageKey)) continue;
    await send(stage, owner, { kind: 'PutPage', ...at });
  }
}

/** Everybody gives up what he has, at once; the names of the buckets go on to the next race. */
async function goHome(race: Race): Promise<void> {
  await Promise.all([...race.owners.keys()].map((bucket, client) => unmap(race, client, bucket)));
  await judgeReports(race);
  assert.equal(race.judge.standing, undefined, 'everybody gave it up, and somebody has it');
  race.visits += await look(race);
}

async function ask(race: Race, asked: Ask, racer?: Racer): Promise<Report> {
  const by = racer ?? race.owners.get(asked.bucket);
  assert.ok(by);
  const report = await send(race.stage, by, asked);
  race.reports.push(report);
  return report;
}

const anyBucket = ({ owners }: Race, chance: Chance): string => chance.pick([...owners.keys()]);

/** Mostly the one that has the domain, as it was before the heat. */
function likelyBucket(race: Race, chance: Chance): string {
  const standing = race.judge.standing?.bucket;
  return standing === undefined || chance.one(5) ? anyBucket(race, chance) : standing;
}

/** A token, and most of the time it is published. */
const takeToken: Act = (race, client, chance) =>
  takeTokenFor(race, client, chance, anyBucket(race, chance));

async function takeTokenFor(
  race: Race,
  client: number,
  chance: Chance,
  bucket: string,
): Promise<void> {
  const { domain, stage, judge } = race;
  const at = { client, node: chance.int(nodeCount), bucket, domain };
  const { answer } = await ask(race, { kind: 'CreateCnameToken', ...at });
  if (answer.kind !== 'token' || chance.one(8)) return;
  judge.shown.add(answer.token);
  stage.dns.txt(`_dnsauth.${domain}`, ...judge.shown);
}

function put(
  race: Race,
  client: number,
  chance: Chance,
  bucket: string,
  certificate: CertificateRequest,
): Promise<Report> {
  const at = { client, node: chance.int(nodeCount), bucket, domain: race.domain };
  return ask(race, { kind: 'PutCname', ...at, certificate });
}

function leafOf(
  race: Race,
  chance: Chance,
  bucket: string,
  guard: { readonly isForced: boolean; readonly previous?: string },
): CertificateRequest {
  const certificates = race.owners.get(bucket)?.certificates ?? [];
  const number = chance.int(certificates.length);
  const fingerprint = certificates[number]?.x509.fingerprint ?? '';
  return { form: 'inline', fingerprint, number, ...guard };
}

/** With the token that the bucket has, if it has one. */
const claim: Act = async (race, client, chance) => {
  const bucket = anyBucket(race, chance);
  const guard = { isForced: chance.one(2) };
  const certificate: CertificateRequest = chance.one(4)
    ? { form: 'none' }
    : leafOf(race, chance, bucket, guard);
  await put(race, client, chance, bucket, certificate);
};

const claimAnew: Act = async (race, client, chance) => {
  const bucket = anyBucket(race, chance);
  await takeTokenFor(race, client, chance, bucket);
  await put(race, client, chance, bucket, leafOf(race, chance, bucket, { isForced: true }));
};

/** Over what was bound before the heat. */
const replace: Act = async (race, client, chance) => {
  const bucket = likelyBucket(race, chance);
  const bound = race.judge.standing?.certificate;
  const previous = bound === undefined ? {} : { previous: `${bound}-cn-hangzhou` };
  const guard = { isForced: chance.one(4), ...previous };
  await put(race, client, chance, bucket, leafOf(race, chance, bucket, guard));
};

const unbind: Act = async (race, client, chance) => {
  await put(race, client, chance, likelyBucket(race, chance), { form: 'unbind' });
};

const leave: Act = (race, client, chance) => unmap(race, client, likelyBucket(race, chance));

async function unmap(race: Race, client: number, bucket: string): Promise<void> {
  const { domain } = race;
  const at = { client, node: (client + race.requests) % nodeCount, bucket, domain };
  await ask(race, { kind: 'DeleteCname', ...at });
}

/** The bucket goes with all it has, and somebody makes one of the same name. */
const remake: Act = async (race, client, chance) => {
  const bucket = likelyBucket(race, chance);
  const at = { client, node: chance.int(nodeCount), bucket };
  await ask(race, { kind: 'DeletePage', ...at });
  const { answer } = await ask(race, { kind: 'DeleteBucket', ...at });
  if (answer.kind !== 'done') return;
  const next = chance.pick(race.racers);
  const made = await ask(race, { kind: 'PutBucket', ...at, node: chance.int(nodeCount) }, next);
  if (made.answer.kind !== 'done') return;
  race.owners.set(bucket, next);
};

/** Sees nobody who never had the domain, whatever is under way. */
const visit: Act = async (race, _client, chance) => {
  const { plain, secure } = await visitNode(race, chance.int(nodeCount));
  race.visits += 2;
  race.seen.push({ accountId: plain, fingerprint256: undefined }, secure);
};

const asking: Heat = [takeToken];
const claiming: Heat = [claim, claim, claimAnew, visit];
const replacing: Heat = [replace, replace, replace, unbind, visit];
const leaving: Heat = [leave, leave, claimAnew, visit];
const mixed: Heat = [claim, claimAnew, takeToken, replace, unbind, leave, visit];
/** Without visitors, who would find buckets without pages. */
const remaking: Heat = [claim, claimAnew, takeToken, replace, leave, remake, remake];
