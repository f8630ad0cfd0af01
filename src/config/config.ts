/**
 * One frozen value out of flags, environment and file. Everything is checked before anything
 * starts: whoever holds a `Config` need not look again.
 */
import { join, resolve } from 'node:path';
import * as v from 'valibot';
import type { ObjectStoreAddress } from './object-store.ts';
import { ConfigProblem } from './problem.ts';
import { rows, type SettingName, settingNames, settings, type Values } from './settings.ts';
import { type ConfigSources, collectTexts, type GivenText, type Origin } from './sources.ts';
import type { ListenAddress } from './values.ts';

export { ConfigProblem } from './problem.ts';
export { type Setting, settings } from './settings.ts';
export type { ConfigSources, Origin } from './sources.ts';
export type { ListenAddress } from './values.ts';

export interface Config {
  readonly http: ListenAddress | 'off';
  readonly https: ListenAddress | 'off';
  /** `undefined`: nobody said; then 127.0.0.1:9081, and nothing where that is taken. */
  readonly console: ListenAddress | 'off' | undefined;
  /** IP addresses and networks (`10.0.0.0/8`) of balancers that send the PROXY protocol. */
  readonly balancers: readonly string[];
  /** Lower case, without ports, at least one. */
  readonly endpoints: readonly string[];
  /** `host[:port]`; undefined: the first endpoint with the port that was bound. */
  readonly publicEndpoint: string | undefined;
  readonly region: string;
  /** Absolute. */
  readonly dataDir: string;
  /** `undefined`: the objects are files in the data folder. */
  readonly objectStore: ObjectStore | undefined;
  /** Absolute. */
  readonly masterKeyFile: string;
  /** `postgres://...` with its password; undefined: the SQLite file in the data folder. */
  readonly databaseUrl: string | undefined;
  /** How long bytes are kept to which no key points any more. */
  readonly garbageAgeMs: number;
  /** The root account's key as configured; undefined: generated at first start. */
  readonly rootKey: { readonly accessKeyId: string; readonly accessKeySecret: string } | undefined;
  /** `ip`, `ip:port` or `[ip]:port`; empty: the system's. */
  readonly dnsServers: readonly string[];
  readonly ownership: 'dns' | 'off' | 'allow-list';
  /** Lower case; each covers itself and everything below it. Empty unless `allow-list`. */
  readonly ownershipAllowList: readonly string[];
  readonly ownershipTimeoutMs: number;
  readonly tokenLifetimeMs: number;
  readonly cnamesPerBucketMax: number;
  readonly transfer: 'deny' | 'proof';
  /** Absolute paths. */
  readonly forbiddenLists: readonly string[];
  /** Absolute paths. */
  readonly riskLists: readonly string[];
  /** Absolute path; undefined: nobody is screened. */
  readonly licenseRegistry: string | undefined;
  /** Absolute paths of the operator's default certificate. */
  readonly defaultCertificate: { readonly chainFile: string; readonly keyFile: string } | undefined;
  readonly isHttp2: boolean;
  readonly isForceDownload: boolean;
  /** Of new buckets. */
  readonly isPublicAccessBlocked: boolean;
  readonly restoreDelayMs: number;
  /** Of the signatures of upload callbacks. */
  readonly callbackDigest: 'md5' | 'sha256';
  /** Of access logs of buckets: east of Greenwich. */
  readonly logZoneMinutes: number;
  /** Addresses, networks and host names that may be called although they are private. */
  readonly outboundAllow: readonly string[];
  /** On each listener. */
  readonly connectionsPerAddressMax: number;
  readonly certificatesKeptMax: number;
  /** `undefined`: the name of the machine. */
  readonly nodeName: string | undefined;
  readonly drainDelayMs: number;
  /** Processes that serve; 1: this one. */
  readonly workers: number;
  readonly logLevel: 'trace' | 'debug' | 'info' | 'warn' | 'error' | 'fatal' | 'silent';
}

export interface ObjectStore {
  readonly address: ObjectStoreAddress;
  /** `undefined`: those of the AWS environment variables, or where AWS programs look next. */
  readonly credentials:
    | { readonly accessKeyId: string; readonly secretAccessKey: string }
    | undefined;
}

/** What stands for one setting and who said so; for `cnamed config`. */
export interface EffectiveSetting {
  readonly name: SettingName;
  /** `(hidden)` for secrets, `undefined` when there is no value. */
  readonly text: string | undefined;
  readonly origin: Origin;
}

/** Everything checked and frozen. Rejects with `ConfigProblem`, which names every fault at once. */
export async function loadConfig(sources: ConfigSources): Promise<Config> {
  return readTexts(await collectTexts(sources), sources.currentFolder);
}

/** What stands after all sources, secrets hidden. Rejects as `loadConfig` does. */
export async function explainConfig(sources: ConfigSources): Promise<EffectiveSetting[]> {
  const texts = await collectTexts(sources);
  readTexts(texts, sources.currentFolder);
  return settings.map((setting) => {
    const given = texts.get(setting.name);
    const text = given?.text ?? rows[setting.name].fallback;
    const shown = setting.isSecret && text !== undefined ? '(hidden)' : text;
    return { name: setting.name, text: shown, origin: given?.origin ?? 'default' };
  });
}

function readTexts(texts: ReadonlyMap<SettingName, GivenText>, currentFolder: string): Config {
  const problems: string[] = [];
  const values: Partial<Record<SettingName, unknown>> = {};
  for (const name of settingNames) {
    const given = texts.get(name);
    const text = given?.text ?? rows[name].fallback;
    if (text === undefined) continue;
    const result = v.safeParse(rows[name].schema as v.GenericSchema<string, unknown>, text);
    if (result.success) {
      values[name] = absolute(name, result.output, given?.folder ?? currentFolder);
    } else {
      problems.push(wrongValue(name, given, result.issues[0].message));
    }
  }
  if (problems.length > 0) throw new ConfigProblem(problems);
  // Every row's schema has spoken: the record now has the types that `Values` derives from them.
  const checked = values as Values;
  problems.push(...contradictions(checked));
  if (problems.length > 0) throw new ConfigProblem(problems);
  return freeze(build(checked));
}

function wrongValue(name: SettingName, given: GivenText | undefined, expected: string): string {
  const isSecret = settings.some((setting) => setting.name === name && setting.isSecret);
  const shown = isSecret ? 'a value that is not shown' : JSON.stringify(given?.text ?? '');
  return `${given?.saidBy ?? name} is ${shown}; expected ${expected}.`;
}

function absolute(name: SettingName, value: unknown, folder: string): unknown {
  const fields: { isPath?: boolean } = rows[name];
  if (!fields.isPath) return value;
  if (typeof value === 'string') return resolve(folder, value);
  return Array.isArray(value) ? value.map((path: string) => resolve(folder, path)) : value;
}

/** Settings that are right alone and wrong together. */
function contradictions(values: Values): string[] {
  const found: string[] = [];
  if (values.http === 'off' && values.https === 'off') {
    found.push('http and https are both off; at least one listener must be on.');
  }
  found.push(...sameAddresses(values));
  if (!values['access-key-id'] !== !values['access-key-secret']) {
    found.push('access-key-id and access-key-secret belong together; only one of them is set.');
  }
  if (!values['object-store-key-id'] !== !values['object-store-key-secret']) {
    found.push(
      'object-store-key-id and object-store-key-secret belong together; only one of them is set.',
    );
  }
  if (!values['object-store'] && values['object-store-key-id']) {
    found.push('object-store-key-id has no effect without object-store.');
  }
  if (values['object-store']?.kind === 'folder' && values['object-store-key-id']) {
    found.push('object-store-key-id has no effect while object-store is a folder.');
  }
  if (!values.certificate !== !values['certificate-key']) {
    found.push('certificate and certificate-key belong together; only one of them is set.');
  }
  const isAllowList = values.ownership === 'allow-list';
  if (isAllowList && values['ownership-allow-list'].length === 0) {
    found.push('ownership is allow-list, but ownership-allow-list names no domain.');
  }
  if (!isAllowList && values['ownership-allow-list'].length > 0) {
    found.push(
      `ownership-allow-list has no effect while ownership is ${values.ownership}; set ` +
        'ownership to allow-list or leave the list out.',
    );
  }
  return found;
}

/** Listeners that could not both bind. */
function sameAddresses(values: Values): string[] {
  const found: string[] = [];
  const names = ['http', 'https', 'console'] as const;
  for (const [index, name] of names.entries()) {
    for (const other of names.slice(index + 1)) {
      const [one, two] = [values[name], values[other]];
      if (!one || !two || one === 'off' || two === 'off' || one.port === 0) continue;
      if (one.port !== two.port || one.host !== two.host) continue;
      found.push(
        `${name} and ${other} are both ${one.host}:${one.port}; they need different ports.`,
      );
    }
  }
  return found;
}

function build(values: Values): Config {
  const [accessKeyId, accessKeySecret] = [values['access-key-id'], values['access-key-secret']];
  const [chainFile, keyFile] = [values.certificate, values['certificate-key']];
  return {
    http: values.http,
    https: values.https,
    console: values.console,
    balancers: values['proxy-from'],
    endpoints: [...new Set(values.endpoint)],
    publicEndpoint: values['public-endpoint'],
    region: values.region,
    dataDir: values['data-dir'],
    objectStore: buildObjectStore(values),
    masterKeyFile: values['master-key-file'] ?? join(values['data-dir'], 'master.key'),
    databaseUrl: values['database-url'] || undefined,
    garbageAgeMs: values['garbage-age'],
    rootKey: accessKeyId && accessKeySecret ? { accessKeyId, accessKeySecret } : undefined,
    dnsServers: values['dns-servers'],
    ownership: values.ownership,
    ownershipAllowList: values['ownership-allow-list'],
    ownershipTimeoutMs: values['ownership-timeout'],
    tokenLifetimeMs: values['token-lifetime'],
    cnamesPerBucketMax: values['cname-per-bucket'],
    transfer: values.transfer,
    forbiddenLists: values['forbidden-list'],
    riskLists: values['risk-list'],
    licenseRegistry: values['license-registry'],
    defaultCertificate: chainFile && keyFile ? { chainFile, keyFile } : undefined,
    isHttp2: values.http2,
    isForceDownload: values['force-download'],
    isPublicAccessBlocked: values['block-public-access'],
    restoreDelayMs: values['restore-delay'],
    callbackDigest: values['callback-digest'],
    logZoneMinutes: values['log-time-zone'],
    outboundAllow: values['outbound-allow'],
    connectionsPerAddressMax: values['connections-per-address'],
    certificatesKeptMax: values['certificates-kept'],
    nodeName: values['node-name'],
    drainDelayMs: values['drain-delay'],
    workers: values.workers,
    logLevel: values['log-level'],
  };
}

function buildObjectStore(values: Values): ObjectStore | undefined {
  const address = values['object-store'];
  if (address === undefined) return undefined;
  const [accessKeyId, secretAccessKey] = [
    values['object-store-key-id'],
    values['object-store-key-secret'],
  ];
  const credentials = accessKeyId && secretAccessKey ? { accessKeyId, secretAccessKey } : undefined;
  return { address, credentials };
}

function freeze<T extends object>(value: T): T {
  for (const part of Object.values(value)) {
    if (typeof part === 'object' && part !== null) freeze(part);
  }
  return Object.freeze(value);
}
