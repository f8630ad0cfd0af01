/**
 * What a race is run on: the real rooms over a real SQLite file, a clock the race moves, a DNS zone
 * the race writes. The rooms reach store and resolver through a gate; the judge reaches them
 * freely.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Buckets, createBuckets } from '../../../src/buckets/index.ts';
import { type Certificates, createCertificates } from '../../../src/certificates/index.ts';
import {
  type CnameRules,
  type Cnames,
  createCnames,
  createOwnershipProofs,
  createScreens,
} from '../../../src/cname/index.ts';
import type { TxtResolver } from '../../../src/dns/index.ts';
import { createMasterKeyFile, openSealer } from '../../../src/sealing/index.ts';
import {
  type MetadataEngine,
  openSqliteEngine,
  type ServingReads,
} from '../../../src/stores/index.ts';
import { createAuthority, createKey, type TestCertificate } from '../../support/certificates.ts';
import { createTestWorld, type TestWorld } from '../../support/world.ts';
import type { Gate } from './gate.ts';
import type { Judge } from './judge.ts';

export const accountIds = ['1000000000000001', '1000000000000002', '1000000000000003'] as const;
/** More actors than this may bring a certificate in one race, and then two bring the same. */
const certificateCount = 10;
const centuryMs = 100 * 365 * 86_400_000;

export interface Rooms {
  readonly cnames: Cnames;
  readonly certificates: Certificates;
  readonly buckets: Buckets;
}

export interface Stage {
  readonly world: TestWorld;
  /** Not behind any gate. */
  readonly engine: MetadataEngine;
  readonly certificates: readonly TestCertificate[];
  /** The rooms of one race. The judge sees every call that changes a mapping. */
  openRooms(options: {
    gate: Gate;
    resolver: TxtResolver;
    transfer: CnameRules['transfer'];
    judge: Judge;
  }): Promise<Rooms>;
  close(): Promise<void>;
}

export async function openStage(seed: number): Promise<Stage> {
  const folder = await mkdtemp(join(tmpdir(), 'cnamed-races-'));
  const world = createTestWorld({ seed });
  const engine = await openSqliteEngine({ path: join(folder, 'cnamed.sqlite') });
  const keyFile = join(folder, 'master.key');
  await createMasterKeyFile(keyFile, world);
  const sealer = await openSealer({ path: keyFile, world });
  for (const [index, id] of accountIds.entries()) {
    const facts = { standing: 'active', createdAt: 0 } as const;
    await engine.accounts.createAccount(
      { id, name: `racer${index}`, ...facts },
      { accessKeyId: `LTAIracer${index}`, accountId: id, secretSealed: 'none', ...facts },
    );
  }
  const authority = await createAuthority({ notAfter: world.clock.now() + centuryMs });
  const certificates: TestCertificate[] = [];
  for (let count = 0; count < certificateCount; count++) {
    certificates.push(
      await authority.issue({
        names: ['*.race.example'],
        key: createKey('P-256'),
        now: world.clock.now(),
        notAfter: world.clock.now() + centuryMs / 2,
      }),
    );
  }
  return {
    world,
    engine,
    certificates,
    async openRooms({ gate, resolver, transfer, judge }) {
      const rules: CnameRules = {
        ownership: 'dns',
        allowList: [],
        tokenLifetimeMs: 72 * 3_600_000,
        cnamesPerBucketMax: 100,
        tokensPerBucketMax: 1000,
        transfer,
        endpoints: ['localhost'],
      };
      // The gate is outside: the judge sees the calls in the order they are made.
      const store = gate.guard(judge.watch(engine.cnames));
      const parts = { cnames: store, rules, world };
      const buckets = gate.guard(judge.watchBuckets(engine.buckets));
      const certificates = gate.guard(engine.certificates);
      const serving = { ...engine.serving, ...pick(store, buckets, certificates) };
      const guarded = { ...engine, buckets, serving };
      return {
        cnames: createCnames({
          ...parts,
          serving,
          audit: gate.guard(engine.audit),
          ownership: createOwnershipProofs({
            ...parts,
            takeQuestion: () => 0,
            dns: gate.guard(resolver),
          }),
          screens: await createScreens({
            forbiddenLists: [],
            riskLists: [],
            licenseRegistry: undefined,
            rules,
            world,
          }),
        }),
        certificates: createCertificates({
          certificates,
          serving,
          sealer,
          region: 'cn-hangzhou',
          world,
        }),
        buckets: createBuckets({
          engine: guarded,
          world,
          limits: { bucketsMax: Number.MAX_SAFE_INTEGER },
        }),
      };
    },
    async close() {
      await engine.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** Serving reads that pass the gates like all others. */
function pick(
  cnames: Pick<ServingReads, 'findDomain'>,
  buckets: Pick<ServingReads, 'findBucket'>,
  certificates: Pick<ServingReads, 'findCertificate'>,
): Pick<ServingReads, 'findDomain' | 'findBucket' | 'findCertificate'> {
  return {
    findDomain: (domain) => cnames.findDomain(domain),
    findBucket: (name) => buckets.findBucket(name),
    findCertificate: (number) => certificates.findCertificate(number),
  };
}
