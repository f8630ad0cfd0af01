/**
 * Fills the database of a stopped server with mapped domains, each with a certificate of its own:
 * through the store's ports, by the same transactions PutCname makes, without HTTP in between.
 */
import { join } from 'node:path';
import { createKeySealing } from '../src/certificates/key-sealing.ts';
import { startSealing } from '../src/sealing/index.ts';
import { type MetadataEngine, openPostgresEngine, openSqliteEngine } from '../src/stores/index.ts';
import { realWorld } from '../src/world/index.ts';
import { type BenchAuthority, type BenchCertificate, validityOf } from './lib/certificates.ts';

export interface Place {
  readonly dataDir: string;
  /** SQLite in `dataDir` when left out. */
  readonly databaseUrl?: string;
}

export interface FillOptions extends Place {
  readonly count: number;
  /** Bucket number `i` gets the name `PREFIX-i`; the first one may exist already. */
  readonly bucketPrefix: string;
  readonly accountId: string;
  readonly domainsPerBucket: number;
  readonly authority: BenchAuthority;
  /** Sees every certificate, e.g. to hand the same ones to other servers. */
  readonly onCertificate?: (domain: string, certificate: BenchCertificate) => void;
}

/** Transactions under way at once: as many as one commit takes. */
const atOnce = 128;

export function domainOf(number: number): string {
  return `d${String(number).padStart(7, '0')}.example.test`;
}

export async function openEngine({ dataDir, databaseUrl }: Place): Promise<MetadataEngine> {
  if (databaseUrl === undefined) {
    return await openSqliteEngine({ path: join(dataDir, 'cnamed.sqlite') });
  }
  return await openPostgresEngine({ url: databaseUrl, world: realWorld });
}

/** Resolves to the seconds it took. */
export async function fill(options: FillOptions): Promise<number> {
  const startedAt = performance.now();
  const engine = await openEngine(options);
  const sealer = await startSealing({
    path: join(options.dataDir, 'master.key'),
    world: realWorld,
    settings: engine.settings,
  });
  const sealing = createKeySealing(sealer);
  const { accountId, authority, domainsPerBucket } = options;
  const actor = { accountId, accessKeyId: '', remoteAddress: '', requestId: 'bench' };
  const bucketIds = new Map<number, Promise<number>>();

  async function makeBucket(number: number): Promise<number> {
    const name = `${options.bucketPrefix}-${number}`;
    const known = await engine.buckets.findBucket(name);
    if (known) return known.id;
    const bucketsMax = Number.MAX_SAFE_INTEGER;
    const made = await engine.buckets.createBucket({
      name,
      accountId,
      bucketsMax,
      now: Date.now(),
    });
    if (!('bucket' in made)) throw new Error(`bucket ${name}: ${made.outcome}`);
    return made.bucket.id;
  }

  function bucketOf(number: number): Promise<number> {
    const index = Math.floor(number / domainsPerBucket);
    const bucket = bucketIds.get(index) ?? makeBucket(index);
    bucketIds.set(index, bucket);
    return bucket;
  }

  async function mapOne(number: number): Promise<void> {
    const domain = domainOf(number);
    const made = authority.issue(domain);
    options.onCertificate?.(domain, made);
    const { chainPem, fingerprint, fingerprint256 } = made;
    const now = Date.now();
    const keySealed = sealing.seal(Buffer.from(made.keyPem), { accountId, fingerprint256 });
    const facts = { accountId, chainPem, fingerprint, fingerprint256, keySealed, createdAt: now };
    const certificate = { ...facts, ...validityOf(chainPem) };
    const outcome = await engine.cnames.changeMapping({
      domain,
      bucketId: await bucketOf(number),
      accountId,
      type: 'CNAME_OSS',
      isPurgeCdnCache: undefined,
      proof: { kind: 'waived' },
      allowTransfer: false,
      cnamesMax: Number.MAX_SAFE_INTEGER,
      binding: {
        kind: 'bind',
        guard: { kind: 'forced' },
        certificate: { kind: 'new', certificate },
      },
      now,
      audit: { actor, detail: {} },
    });
    if (outcome.outcome !== 'mapped') throw new Error(`${domain}: ${outcome.outcome}`);
  }

  let next = 0;
  const lanes = Array.from({ length: atOnce }, async () => {
    while (next < options.count) await mapOne(next++);
  });
  await Promise.all(lanes);
  await engine.close();
  return (performance.now() - startedAt) / 1000;
}
