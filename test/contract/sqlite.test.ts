import { join } from 'node:path';
import { openSqliteEngine } from '../../src/stores/index.ts';
import { accountStoreContract } from './accounts.contract.ts';
import { auditStoreContract } from './audit.contract.ts';
import { bucketStoreContract } from './buckets.contract.ts';
import { certificateStoreContract } from './certificates.contract.ts';
import { changeFeedContract } from './changes.contract.ts';
import { cnameStoreContract } from './cnames.contract.ts';
import { metadataEngineContract } from './engine.contract.ts';
import { identityStoreContract } from './identities.contract.ts';
import { inspectionContract } from './inspection.contract.ts';
import { leaseStoreContract } from './leases.contract.ts';
import { objectIndexContract } from './objects.contract.ts';
import { rowStoreContract } from './rows.contract.ts';
import { servingContract } from './serving.contract.ts';
import { settingStoreContract } from './settings.contract.ts';
import { cnameTokenContract } from './tokens.contract.ts';
import type { EngineUnderTest } from './under-test.ts';
import { uploadContract } from './uploads.contract.ts';
import { versionContract } from './versions.contract.ts';

const sqlite: EngineUnderTest = {
  name: 'SQLite',
  open: (folder) => openSqliteEngine({ path: join(folder, 'metadata.db') }),
};

accountStoreContract(sqlite);
auditStoreContract(sqlite);
bucketStoreContract(sqlite);
certificateStoreContract(sqlite);
changeFeedContract(sqlite);
cnameStoreContract(sqlite);
cnameTokenContract(sqlite);
leaseStoreContract(sqlite);
metadataEngineContract(sqlite);
identityStoreContract(sqlite);
inspectionContract(sqlite);
objectIndexContract(sqlite);
rowStoreContract(sqlite);
servingContract(sqlite);
settingStoreContract(sqlite);
uploadContract(sqlite);
versionContract(sqlite);
