/**
 * Where the domain commands send their calls, and with which key. On the machine of the server both
 * come from its own settings and data; `--endpoint` names any other service of this API.
 */
import { isIPv6 } from 'node:net';
import { resolve } from 'node:path';
import type { Command } from 'commander';
import { type Addressing, CnameClient } from '../client/index.ts';
import type { Config, Setting } from '../config/index.ts';
import { type CliContext, readConfig, withEngines } from './context.ts';
import { CliFailure, exitCodes } from './failure.ts';
import { readText } from './files.ts';
import { addSettingFlags, type Flags, settingFlags, textFlag } from './flags.ts';

const localSettings = [
  'http',
  'data-dir',
  'master-key-file',
  'database-url',
  'region',
  'dns-servers',
] as const satisfies readonly Setting['name'][];

const addressings = ['auto', 'path', 'virtual-host', 'cname'] as const;

/** Attempts after a server error or a broken connection; every call of the commands may repeat. */
const retries = 2;

export interface ApiAccess {
  readonly client: CnameClient;
  readonly bucket: string;
  readonly config: Config;
}

export function addAccessFlags(command: Command): Command {
  command
    .requiredOption('--bucket <bucket>', 'the bucket of the domain')
    .optionsGroup('Where the service is:')
    .option('--endpoint <url>', 'address of the service [default: the server on this machine]')
    .option('--access-key-id <id>', 'your key [CNAMED_ACCESS_KEY_ID; default: the root key]')
    .option('--access-key-secret <secret>', 'its secret [CNAMED_ACCESS_KEY_SECRET]')
    .option('--security-token <token>', 'of a temporary key')
    .option('--addressing <style>', `one of ${addressings.join(', ')} [default: auto]`)
    .option('--ca <file>', 'PEM certificates to trust for an https endpoint');
  return addSettingFlags(command, localSettings).optionsGroup('Options:');
}

export async function openAccess(context: CliContext, flags: Flags): Promise<ApiAccess> {
  const config = await readConfig(context, settingFlags(flags, localSettings));
  const bucket = bucketOf(flags);
  const endpoint = textFlag(flags, 'endpoint') ?? localEndpoint(config);
  const key = await findKey(context, config, flags, endpoint);
  const ca = textFlag(flags, 'ca');
  try {
    const client = new CnameClient({
      endpoint,
      bucket,
      region: config.region,
      ...key,
      securityToken: textFlag(flags, 'securityToken'),
      addressing: addressingOf(flags),
      ca: ca === undefined ? undefined : await readPem(context, '--ca', ca),
      retries,
      clock: context.world.clock,
      timers: context.world.timers,
    });
    return { client, bucket, config };
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
    throw new CliFailure(error.message, { exitCode: exitCodes.usage });
  }
}

export async function readPem(context: CliContext, flag: string, path: string): Promise<string> {
  try {
    return await readText(context.world.disk, resolve(context.currentFolder, path));
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new CliFailure(`${flag} ${path} cannot be read: ${reason}.`, {
      exitCode: exitCodes.usage,
    });
  }
}

function bucketOf(flags: Flags): string {
  const bucket = textFlag(flags, 'bucket') ?? '';
  if (/^[a-z0-9][a-z0-9-]{1,61}[a-z0-9]$/.test(bucket)) return bucket;
  throw new CliFailure(
    `"${bucket}" is no bucket name: 3 to 63 small letters, digits and hyphens are.`,
    { exitCode: exitCodes.usage },
  );
}

function addressingOf(flags: Flags): Addressing | undefined {
  const text = textFlag(flags, 'addressing');
  if (text === undefined) return undefined;
  const found = addressings.find((style) => style === text);
  if (found) return found;
  throw new CliFailure(`--addressing is "${text}"; expected one of ${addressings.join(', ')}.`, {
    exitCode: exitCodes.usage,
  });
}

/** The address under which this machine reaches the server that has this configuration. */
function localEndpoint(config: Config): string {
  if (config.http === 'off' || config.http.port === 0) {
    const why = config.http === 'off' ? 'HTTP is off' : 'the port of the server was chosen by it';
    throw new CliFailure(`The address of the server cannot be told: ${why}.`, {
      exitCode: exitCodes.usage,
      next: ['Give it: --endpoint http://127.0.0.1:PORT, as the ready line of the server says.'],
    });
  }
  const { host, port } = config.http;
  // The unspecified addresses listen everywhere; they are no address to call.
  const reachable = host === '0.0.0.0' ? '127.0.0.1' : host === '::' ? '::1' : host;
  return `http://${isIPv6(reachable) ? `[${reachable}]` : reachable}:${port}`;
}

async function findKey(
  context: CliContext,
  config: Config,
  flags: Flags,
  endpoint: string,
): Promise<{ accessKeyId: string; accessKeySecret: string }> {
  const accessKeyId = textFlag(flags, 'accessKeyId');
  const accessKeySecret = textFlag(flags, 'accessKeySecret');
  if (accessKeyId && accessKeySecret) return { accessKeyId, accessKeySecret };
  if (accessKeyId || accessKeySecret) {
    throw new CliFailure('--access-key-id and --access-key-secret belong together.', {
      exitCode: exitCodes.usage,
    });
  }
  if (config.rootKey) return config.rootKey;
  // A key of this machine is of no use, and no business, of a service elsewhere.
  if (!isLocal(endpoint, config)) {
    throw new CliFailure(`There is no key for ${endpoint}.`, {
      exitCode: exitCodes.usage,
      next: [
        'Set CNAMED_ACCESS_KEY_ID and CNAMED_ACCESS_KEY_SECRET, or give --access-key-id and ' +
          '--access-key-secret.',
      ],
    });
  }
  const key = await withEngines(context, config, ({ accounts }) => accounts.findRootKey());
  if (key) return { accessKeyId: key.accessKeyId, accessKeySecret: key.secret };
  throw new CliFailure(`${context.databaseOf(config)} holds no active key of the root account.`, {
    next: [`Start the server once, or enable a key: ${context.program} key enable ID.`],
  });
}

function isLocal(endpoint: string, config: Config): boolean {
  const host = URL.parse(endpoint)?.hostname.replace(/^\[|\]$/g, '') ?? '';
  const own = config.http === 'off' ? [] : [config.http.host];
  return host === 'localhost' || host === '::1' || /^127\./.test(host) || own.includes(host);
}
