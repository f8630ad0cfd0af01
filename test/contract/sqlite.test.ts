import { join } from 'node:path';
import { openSqliteEngine, openSqliteSibling } from '../../src/stores/index.ts';
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

const sqlite: EngineUnderTest = {
  name: 'SQLite',
  open: (folder) => openSqliteEngine({ path: join(folder, 'metadata.db') }),
};

/** As in a worker: what is sent to the process that writes, and what comes back, is a copy. */
const sibling: EngineUnderTest = {
  name: 'SQLite written by another process',
  async open(folder) {
    const path = join(folder, 'metadata.db');
    const writing = await openSqliteEngine({ path });
    const engine = openSqliteSibling(path, async (name, rest) =>
      structuredClone(await writing.writeFor(name, structuredClone(rest))),
    );
    return {
      ...engine,
      async close() {
        await engine.close();
        await writing.close();
      },
    };
  },
};

for (const engine of [sqlite, sibling]) {
  accountStoreContract(engine);
  auditStoreContract(engine);
  bucketStoreContract(engine);
  certificateStoreContract(engine);
  endedCertificateContract(engine);
  changeFeedContract(engine);
  cnameStoreContract(engine);
  cnameTokenContract(engine);
  leaseStoreContract(engine);
  metadataEngineContract(engine);
  identityStoreContract(engine);
  inspectionContract(engine);
  listingContract(engine);
  objectIndexContract(engine);
  rowStoreContract(engine);
  servingContract(engine);
  settingStoreContract(engine);
  uploadContract(engine);
  versionContract(engine);
  versionListingContract(engine);
}
