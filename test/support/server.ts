/**
 * A real server in this process on free ports of the loopback, over a folder of its own, of the
 * edition that the environment names (test/support/editions.ts). Clock and randomness are the
 * test's when it brings a world; sockets, TLS, DNS and disk are real.
 */
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { loadConfig } from '../../src/config/index.ts';
import { startServer } from '../../src/server.ts';
import { realWorld, type World } from '../../src/world/index.ts';
import { type Edition, withEdition } from './editions.ts';

export interface TestServer {
  readonly httpPort: number;
  readonly httpsPort: number;
  /** Of /live and /ready. */
  readonly consolePort: number;
  readonly folder: string;
  /** The root account's key. */
  readonly accessKeyId: string;
  readonly accessKeySecret: string;
  readonly rootAccountId: string;
  /** The rooms behind the sockets, for facts a test must see or arrange. */
  readonly rooms: Awaited<ReturnType<typeof startServer>>['rooms'];
  /** Stops the server and keeps the folder, for a restart. */
  stop(): Promise<void>;
  /** Stops it and removes the folder. */
  close(): Promise<void>;
}

export const rootKey = {
  accessKeyId: 'LTAITestRootKey0000000000',
  accessKeySecret: 'test-root-secret-0123456789abcdef',
} as const;

const readText = (path: string): Promise<string> => readFile(path, 'utf8');

export async function startTestServer(
  options: {
    world?: World;
    /** More settings, by variable name without the prefix: `{ TRANSFER: 'proof' }`. */
    settings?: Readonly<Record<string, string>>;
    /** A folder of an earlier server. */
    folder?: string;
    /** Engines that the test is about, whatever the others run on; say why beside it. */
    about?: Partial<Edition>;
  } = {},
): Promise<TestServer> {
  const folder = options.folder ?? (await mkdtemp(join(tmpdir(), 'cnamed-test-')));
  const dataDir = join(folder, 'data');
  const asked: Record<string, string> = {
    CNAMED_HTTP: '127.0.0.1:0',
    CNAMED_HTTPS: '127.0.0.1:0',
    CNAMED_CONSOLE: '127.0.0.1:0',
    CNAMED_DATA_DIR: dataDir,
    CNAMED_ACCESS_KEY_ID: rootKey.accessKeyId,
    CNAMED_ACCESS_KEY_SECRET: rootKey.accessKeySecret,
    CNAMED_LOG_LEVEL: 'silent',
  };
  for (const [name, value] of Object.entries(options.settings ?? {})) {
    asked[`CNAMED_${name}`] = value;
  }
  const environment = await withEdition(dataDir, asked, options.about);
  const config = await loadConfig({ flags: {}, environment, currentFolder: folder, readText });
  const server = await startServer(config, options.world ?? realWorld);
  let isStopped = false;
  async function stop(): Promise<void> {
    if (isStopped) return;
    isStopped = true;
    await server.stop();
  }
  return {
    httpPort: server.addresses.http?.port ?? 0,
    httpsPort: server.addresses.https?.port ?? 0,
    consolePort: server.addresses.console?.port ?? 0,
    folder,
    ...rootKey,
    rootAccountId: server.rootAccountId,
    rooms: server.rooms,
    stop,
    async close() {
      await stop();
      await rm(folder, { recursive: true, force: true });
    },
  };
}
