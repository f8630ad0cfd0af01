/**
 * One race: a domain, three accounts, three bucket names, and actors that do not wait for each
 * other.
 */
import type { CertificateRequest } from '../../../src/certificates/index.ts';
import { txtNameOf } from '../../../src/cname/index.ts';
import type { TxtAnswer, TxtResolver } from '../../../src/dns/index.ts';
import { OssError } from '../../../src/errors/index.ts';
import type { AuditActor, Bucket } from '../../../src/stores/index.ts';
import { type Chance, createChance } from '../../support/chance.ts';
import { deleteKeys } from '../../support/keys.ts';
import { type Actor, Gate } from './gate.ts';
import { Judge, type Tally } from './judge.ts';
import { accountIds, type Rooms, type Stage } from './stage.ts';

const hourMs = 3_600_000;
/** Around the lifetime of a token, 72 h, and far from it. */
const leapsMs = [1, hourMs, 71 * hourMs, 72 * hourMs - 1, 72 * hourMs, 100 * hourMs];
/** Refusals that may come of a race; anything else is a fault of ours. */
const expectedRefusals = new Set([
  'NoSuchBucket',
  'BucketAlreadyExists',
  'BucketNotEmpty',
  'NeedVerifyDomainOwnership',
  'CnameAlreadyExists',
  'CnameDenied',
  'NoNeedCreateCnameToken',
  'CnameTokenNotFound',
  'NoSuchCname',
  'InvalidArgument',
]);

interface Race {
  readonly stage: Stage;
  readonly rooms: Rooms;
  readonly judge: Judge;
  readonly chance: Chance;
  readonly domain: string;
  readonly bucketNames: readonly string[];
  /** What DNS shows at the TXT name now. */
  readonly zone: string[];
  readonly tokens: string[];
  /** Who made the bucket of a name last. */
  readonly owners: Map<string, string>;
  nextRequest: number;
  nextCertificate: number;
}

export interface RaceResult {
  readonly steps: number;
  readonly tally: Tally;
}

/** Runs the race of this seed. Rejects when something happened that may not. */
export async function runRace(stage: Stage, seed: string): Promise<RaceResult> {
  const chance = createChance(seed);
  const number = seed.replaceAll(/[^0-9]/g, '-');
  const domain = `d${number}.race.example`;
  const isTransferAllowed = chance.one(2);
  const judge = new Judge(stage, domain, isTransferAllowed);
  const gate = new Gate();
  const zone: string[] = [];
  const rooms = await stage.openRooms({
    gate,
    resolver: resolverOver(zone, domain, judge),
    transfer: isTransferAllowed ? 'proof' : 'deny',
    judge,
  });
  const bucketNames = ['x', 'y', 'z'].map((letter) => `race-${number}-${letter}`);
  const parts = { stage, rooms, judge, chance, domain, bucketNames, zone };
  const race: Race = {
    ...parts,
    tokens: [],
    owners: new Map(),
    nextRequest: 1,
    nextCertificate: 0,
  };
  const startedAt = stage.world.clock.now();
  const count = 5 + chance.int(8);
  const actors: Actor[] = bucketNames.map(
    (name) => () => createBucket(race, pickAccount(race), name),
  );
  await gate.run(actors, chance, 1, () => judge.checkNow());
  const crowd = Array.from({ length: count }, () => actorOf(race));
  const atOnceMax = chance.one(3) ? 4 : 1;
  const steps = await gate.run(crowd, chance, atOnceMax, () => judge.checkNow());
  await judge.checkEnd(bucketNames);
  // The next race begins at the same hour, and beyond the minute in which questions are counted.
  stage.world.advance(61_000);
  stage.world.jump(startedAt - stage.world.clock.now());
  return { steps, tally: judge.tally };
}

function resolverOver(zone: readonly string[], domain: string, judge: Judge): TxtResolver {
  const resolver = '192.0.2.53:53';
  return {
    async askTxt(name): Promise<TxtAnswer> {
      if (name !== txtNameOf(domain)) throw new Error(`unexpected question for ${name}`);
      if (zone.length === 0) return { outcome: 'none', reason: 'no-such-name', resolver };
      for (const value of zone) judge.shown.add(value);
      return { outcome: 'found', records: [...zone], resolver };
    },
  };
}

function pickAccount({ chance }: Race): string {
  return chance.pick(accountIds);
}

/** One actor does one or two things, as a client or an impatient robot would. */
function actorOf(race: Race): Actor {
  const { chance } = race;
  const name = chance.pick(race.bucketNames);
  // Mostly somebody who may; a stranger is turned away before anything is raced for.
  const owner = race.owners.get(name);
  const account = owner === undefined || chance.one(8) ? pickAccount(race) : owner;
  const acts: readonly Actor[] = [
    () => claim(race, account, name),
    () => claim(race, account, name),
    () => claim(race, account, name),
    () => issueToken(race, account, name).then(() => {}),
    () => publish(race),
    () => put(race, account, name),
    () => replaceGuarded(race, account, name),
    () => replaceGuarded(race, account, name),
    () => unmap(race, account, name),
    () => recreateBucket(race, account, name),
    () => leap(race),
  ];
  const first = chance.pick(acts);
  const second = chance.one(3) ? chance.pick(acts) : undefined;
  return async () => {
    await first();
    await second?.();
  };
}

/** As the pipeline does: the bucket is looked up and its owner compared before anything else. */
async function ownBucket(race: Race, account: string, name: string): Promise<Bucket | undefined> {
  const bucket = await race.rooms.buckets.findBucket(name);
  return bucket?.accountId === account ? bucket : undefined;
}

function actor(race: Race, accountId: string): AuditActor {
  const requestId = String(race.nextRequest++).padStart(24, '0');
  return { accountId, accessKeyId: 'LTAIracer', remoteAddress: '192.0.2.1', requestId };
}

/** True when it was done, false when it was refused as races may be. */
async function attempt(work: () => Promise<unknown>): Promise<boolean> {
  try {
    await work();
    return true;
  } catch (error) {
    if (error instanceof OssError && expectedRefusals.has(error.code)) return false;
    throw error;
  }
}

async function issueToken(race: Race, account: string, name: string): Promise<string | undefined> {
  const bucket = await ownBucket(race, account, name);
  if (!bucket) return undefined;
  let token: string | undefined;
  await attempt(async () => {
    const issued = await race.rooms.cnames.issueToken(bucket, race.domain, actor(race, account));
    token = issued.token;
    race.tokens.push(issued.token);
  });
  return token;
}

/** The owner of the domain changes what DNS shows: one token, two of them, or nothing. */
async function publish(race: Race): Promise<void> {
  const { chance, tokens, zone } = race;
  zone.length = 0;
  if (tokens.length === 0 || chance.one(4)) return;
  zone.push(chance.pick(tokens));
  if (chance.one(3)) zone.push(chance.pick(tokens));
}

async function claim(race: Race, account: string, name: string): Promise<void> {
  const token = await issueToken(race, account, name);
  if (token !== undefined) {
    if (race.chance.one(2)) race.zone.length = 0;
    race.zone.push(token);
  }
  await put(race, account, name);
}

const nothingAsked: CertificateRequest = {
  certId: undefined,
  certificatePem: undefined,
  privateKeyPem: undefined,
  previousCertId: undefined,
  isForced: false,
  isUnbind: false,
};

/** A certificate of the actor's own, or none, or one whose key is another's. */
function certificateOf(race: Race): Partial<CertificateRequest> {
  const { chance, stage } = race;
  if (chance.one(3)) return {};
  const mine = stage.certificates[race.nextCertificate++ % stage.certificates.length];
  const other = chance.pick(stage.certificates);
  return {
    certificatePem: mine?.chainPem,
    privateKeyPem: chance.one(8) ? other.keyPem : mine?.keyPem,
  };
}

async function put(race: Race, account: string, name: string): Promise<void> {
  const isUnbind = race.chance.one(8);
  const asked = isUnbind ? { isUnbind } : { ...certificateOf(race), isForced: race.chance.one(3) };
  const bucket = await ownBucket(race, account, name);
  if (bucket) await map(race, bucket, asked);
}

async function map(race: Race, bucket: Bucket, asked: Partial<CertificateRequest>): Promise<void> {
  const { certificates, cnames } = race.rooms;
  const request = { ...nothingAsked, ...asked };
  const caller = actor(race, bucket.accountId);
  const isDone = await attempt(() =>
    cnames.mapDomain({
      bucket,
      domainText: race.domain,
      type: undefined,
      isPurgeCdnCache: undefined,
      isUnbind: request.isUnbind,
      prepareBinding: (domain) => certificates.prepareBinding(bucket.accountId, domain, request),
      formatCertificateId: (number) => certificates.formatCertificateId(number),
      actor: caller,
    }),
  );
  race.judge.noteAnswer(caller.requestId, isDone);
}

/** Replaces what it sees bound, and only that. */
async function replaceGuarded(race: Race, account: string, name: string): Promise<void> {
  const bucket = await ownBucket(race, account, name);
  if (!bucket) return;
  const bound = await race.rooms.certificates.findBoundCertificate(race.domain);
  const previousCertId =
    bound && race.rooms.certificates.formatCertificateId(bound.certificate.number);
  await map(race, bucket, { ...certificateOf(race), previousCertId });
}

async function unmap(race: Race, account: string, name: string): Promise<void> {
  const bucket = await ownBucket(race, account, name);
  if (bucket) await race.rooms.cnames.unmapDomain(bucket, race.domain, actor(race, account));
}

/** Makes the bucket and puts an object into it that says whose it is. */
async function createBucket(race: Race, account: string, name: string): Promise<void> {
  const { stage, rooms } = race;
  let bucket: Bucket | undefined;
  await attempt(async () => {
    bucket = await rooms.buckets.putBucket({
      name,
      accountId: account,
      acl: undefined,
      storageClass: undefined,
      redundancy: undefined,
    });
    race.owners.set(name, account);
  });
  if (!bucket) return;
  await stage.engine.objects.putObject({
    bucketId: bucket.id,
    key: 'owner',
    forbidOverwrite: false,
    object: {
      blobId: `${race.domain}-${race.nextRequest++}`,
      size: 0,
      etag: 'D41D8CD98F00B204E9800998ECF8427E',
      contentMd5: undefined,
      crc64: '0',
      type: 'Normal',
      content: 'blob',
      versionId: 'null',
      extras: {},
      acl: 'default',
      storageClass: 'Standard',
      modifiedAt: stage.world.clock.now(),
      headers: {},
      metadata: { owner: account },
    },
  });
}

/** The old bucket goes, whosever it is by then; somebody else makes one of the same name. */
async function recreateBucket(race: Race, account: string, name: string): Promise<void> {
  const { stage, rooms, chance } = race;
  const bucket = await ownBucket(race, account, name);
  if (bucket) {
    await deleteKeys(stage.engine.objects, bucket.id, ['owner'], stage.world.clock.now());
    await attempt(() => rooms.buckets.deleteBucket(bucket, actor(race, account)));
  }
  if (!chance.one(4)) await createBucket(race, pickAccount(race), name);
}

async function leap(race: Race): Promise<void> {
  race.stage.world.advance(race.chance.pick(leapsMs));
}
