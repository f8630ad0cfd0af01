/**
 * The rooms a domain lives in, over a real database and a real master key in a folder of their own.
 * The clock is the test's; DNS is a zone the test plants, in which every other name is missing.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  type CertificateRequest,
  type Certificates,
  createCertificates,
} from '../../../src/certificates/index.ts';
import {
  type CnameRules,
  type Cnames,
  createCnames,
  createOwnershipProofs,
  createQuestionLimit,
  createScreens,
  type MapDomain,
  txtNameOf,
} from '../../../src/cname/index.ts';
import { createMasterKeyFile, openSealer, type Sealer } from '../../../src/sealing/index.ts';
import {
  type AuditActor,
  type Bucket,
  type MetadataEngine,
  openSqliteEngine,
} from '../../../src/stores/index.ts';
import { createTestWorld, type TestWorld } from '../../support/world.ts';

export const region = 'cn-hangzhou';

export interface RoomOptions {
  readonly rules?: Partial<CnameRules>;
  readonly forbiddenLists?: readonly string[];
  readonly riskLists?: readonly string[];
  readonly licenseRegistry?: string;
  /** Stands between the rooms and the store, to let the world move at a chosen moment. */
  readonly wrapStore?: (store: MetadataEngine['cnames']) => MetadataEngine['cnames'];
}

export interface Rooms {
  readonly world: TestWorld;
  readonly folder: string;
  readonly engine: MetadataEngine;
  readonly sealer: Sealer;
  readonly certificates: Certificates;
  readonly cnames: Cnames;
  /** TXT records by full name. */
  readonly zone: Map<string, string[]>;
  /** Names that were asked, in order. */
  readonly questions: string[];
  readonly ann: string;
  readonly ben: string;
  makeBucket(name: string, accountId?: string): Promise<Bucket>;
  /** Creates a token and plants it where it belongs. */
  prove(bucket: Bucket, domain: string): Promise<string>;
  put(bucket: Bucket, domainText: string, request?: PutRequest): Promise<void>;
  /** `prove`, then `put`. */
  map(bucket: Bucket, domain: string, request?: PutRequest): Promise<void>;
  /** Id of the certificate now bound, as the API writes it. */
  boundId(domain: string): Promise<string | undefined>;
}

export type PutRequest = Partial<CertificateRequest> &
  Partial<Pick<MapDomain, 'type' | 'isPurgeCdnCache'>>;

export const nothingAsked: CertificateRequest = {
  certId: undefined,
  certificatePem: undefined,
  privateKeyPem: undefined,
  previousCertId: undefined,
  isForced: false,
  isUnbind: false,
};

const defaultRules: CnameRules = {
  ownership: 'dns',
  allowList: [],
  tokenLifetimeMs: 72 * 3_600_000,
  cnamesPerBucketMax: 100,
  tokensPerBucketMax: 1000,
  transfer: 'deny',
  endpoints: ['localhost', 'oss.endpoint.example'],
};

/** Whatever can say when it ends: a test's context, or a whole file (`{ after }` of node:test). */
export interface Scope {
  after(work: () => Promise<void>): void;
}

/** Everything is closed and removed when the scope ends. */
export async function openRooms(scope: Scope, options: RoomOptions = {}): Promise<Rooms> {
  const folder = mkdtempSync(join(tmpdir(), 'cnamed-rooms-'));
  const world = createTestWorld({ seed: folder });
  const engine = await openSqliteEngine({ path: join(folder, 'cnamed.sqlite') });
  scope.after(async () => {
    await engine.close();
    rmSync(folder, { recursive: true, force: true });
  });
  const masterKey = join(folder, 'master.key');
  await createMasterKeyFile(masterKey, world);
  const sealer = await openSealer({ path: masterKey, world });
  const rules = { ...defaultRules, ...options.rules };
  const store = options.wrapStore?.(engine.cnames) ?? engine.cnames;
  const certificates = createCertificates({
    certificates: engine.certificates,
    serving: engine.serving,
    sealer,
    region,
    world,
  });
  const zone = new Map<string, string[]>();
  const questions: string[] = [];
  const dns = {
    async askTxt(name: string) {
      questions.push(name);
      const records = zone.get(name);
      const resolver = '192.0.2.53:53';
      return records === undefined
        ? { outcome: 'none' as const, reason: 'no-such-name' as const, resolver }
        : { outcome: 'found' as const, records, resolver };
    },
  };
  const screens = await createScreens({
    forbiddenLists: options.forbiddenLists ?? [],
    riskLists: options.riskLists ?? [],
    licenseRegistry: options.licenseRegistry,
    rules,
    world,
  });
  const ownership = createOwnershipProofs({
    cnames: engine.cnames,
    dns,
    rules,
    takeQuestion: createQuestionLimit(world.clock).take,
  });
  const cnames = createCnames({
    cnames: store,
    serving: store,
    audit: engine.audit,
    ownership,
    screens,
    rules,
    world,
  });
  const [ann, ben] = await Promise.all([makeAccount(engine, 'ann'), makeAccount(engine, 'ben')]);
  const rooms: Rooms = {
    world,
    folder,
    engine,
    sealer,
    certificates,
    cnames,
    zone,
    questions,
    ann,
    ben,
    async makeBucket(name, accountId = ann) {
      const now = world.clock.now();
      const made = await engine.buckets.createBucket({ name, accountId, bucketsMax: 100, now });
      if (!('bucket' in made)) throw new Error(`bucket ${name}: ${made.outcome}`);
      return made.bucket;
    },
    async prove(bucket, domain) {
      const { token } = await cnames.issueToken(bucket, domain, actorOf(bucket));
      zone.set(txtNameOf(domain), [token]);
      return token;
    },
    async put(bucket, domainText, request = {}) {
      const { type, isPurgeCdnCache, ...certificate } = request;
      const asked = { ...nothingAsked, ...certificate };
      await cnames.mapDomain({
        bucket,
        domainText,
        type,
        isPurgeCdnCache,
        isUnbind: asked.isUnbind,
        prepareBinding: (domain) => certificates.prepareBinding(bucket.accountId, domain, asked),
        formatCertificateId: (number) => certificates.formatCertificateId(number),
        actor: actorOf(bucket),
      });
    },
    async map(bucket, domain, request) {
      await rooms.prove(bucket, domain);
      await rooms.put(bucket, domain, request);
    },
    async boundId(domain) {
      const number = (await engine.cnames.findDomain(domain))?.cname.binding?.certificateNumber;
      return number === undefined ? undefined : certificates.formatCertificateId(number);
    },
  };
  return rooms;
}

/** The bucket's owner, from a documentation address. */
export function actorOf(bucket: Bucket): AuditActor {
  return {
    accountId: bucket.accountId,
    accessKeyId: 'LTAITestKey',
    remoteAddress: '192.0.2.7',
    requestId: '6AB19C3E5D2F4A3138E6B7C1',
  };
}

async function makeAccount(engine: MetadataEngine, name: string): Promise<string> {
  const id = name === 'ann' ? '1489350077620211' : '1489350077620222';
  const standing = 'active';
  const made = await engine.accounts.createAccount(
    { id, name, standing, createdAt: 0 },
    { accessKeyId: `LTAI${name}`, accountId: id, secretSealed: 'x', standing, createdAt: 0 },
  );
  if (made.outcome !== 'created') throw new Error(`account ${name}: ${made.outcome}`);
  return id;
}
