import { after, before } from 'node:test';
import { openPostgresEngine } from '../../src/stores/index.ts';
import { realWorld } from '../../src/world/index.ts';
import { administer, startTestPostgres, type TestPostgres } from '../support/postgres.ts';
import { accountStoreContract } from './accounts.contract.ts';
import { auditStoreContract } from './audit.contract.ts';
import { bucketStoreContract } from './buckets.contract.ts';
import { certificateStoreContract } from './certificates.contract.ts';
import { changeFeedContract } from './changes.contract.ts';
import { cnameStoreContract } from './cnames.contract.ts';
import { endedCertificateContract } from './ended-certificates.contract.ts';
import { metadataEngineContract } from './engine.contract.ts';
import { identityStoreContract } from './identities.contract.ts';
import { inspectionContract } from './inspection.contract.ts';
import { leaseStoreContract } from './leases.contract.ts';
import { listingContract } from './listings.contract.ts';
import { objectIndexContract } from './objects.contract.ts';
import { rowStoreContract } from './rows.contract.ts';
import { servingContract } from './serving.contract.ts';
import { settingStoreContract } from './settings.contract.ts';
import { cnameTokenContract } from './tokens.contract.ts';
import type { EngineUnderTest } from './under-test.ts';
import { uploadContract } from './uploads.contract.ts';
import { versionListingContract } from './version-listings.contract.ts';
import { versionContract } from './versions.contract.ts';

let server: TestPostgres;
const databases = new Map<string, Promise<string>>();

before(async () => {
  server = await startTestPostgres();
});
after(() => server.stop());

const postgres: EngineUnderTest = {
  name: 'PostgreSQL',
  async open(folder) {
    const url = databases.get(folder) ?? server.createDatabase();
    databases.set(folder, Promise.resolve(url));
    return openPostgresEngine({ url: await url, world: realWorld, isServing: true });
  },
};

accountStoreContract(postgres);
auditStoreContract(postgres);
bucketStoreContract(postgres);
certificateStoreContract(postgres);
endedCertificateContract(postgres);
changeFeedContract(postgres);
cnameStoreContract(postgres);
cnameTokenContract(postgres);
leaseStoreContract({
  ...postgres,
  async passTime(ms) {
    const earlier = (column: string) => `${column} = ${column} - ${ms} * sign(${column})`;
    for (const url of databases.values()) {
      await administer(
        await url,
        `update leases set ${earlier('expires_at')}, ${earlier('done_at')}`,
      );
    }
  },
});
metadataEngineContract(postgres);
identityStoreContract(postgres);
inspectionContract(postgres);
listingContract(postgres);
objectIndexContract(postgres);
rowStoreContract(postgres);
servingContract(postgres);
settingStoreContract(postgres);
uploadContract(postgres);
versionContract(postgres);
versionListingContract(postgres);
