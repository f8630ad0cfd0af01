import { fileURLToPath } from 'node:url';
import { realDisk } from '../../world/index.ts';

// The same three steps up from src/stores/sql and from dist/stores/sql.
const path = fileURLToPath(new URL('../../../package.json', import.meta.url));

const { version }: { version: string } = JSON.parse(realDisk.readNow(path).toString('utf8'));

/** The version of this program, which a database keeps of who changed its tables last. */
export const release = version;
