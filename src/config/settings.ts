/**
 * The table of settings (DESIGN.md section 2). Flags, variables, keys of the configuration file and
 * docs/config.md are all made from these rows; no other place knows a default.
 */
import type * as v from 'valibot';
import * as value from './values.ts';

interface Row<T> {
  readonly schema: value.Text<T>;
  /** Text that stands when nobody says anything; undefined: there is no value then. */
  readonly fallback: string | undefined;
  /** What the default is, for people, where `fallback` does not say it. */
  readonly fallbackDoc?: string;
  /** Shown in help: `--http <host:port>`. */
  readonly placeholder: string;
  readonly unit?: string;
  readonly group: SettingGroup;
  readonly doc: string;
  readonly isSecret?: boolean;
  /** Relative paths are read from the folder of the configuration file or the current folder. */
  readonly isPath?: boolean;
}

export type SettingGroup =
  | 'Listeners'
  | 'Addresses'
  | 'Data'
  | 'Root account'
  | 'Custom domains'
  | 'Certificates'
  | 'Serving'
  | 'Process';

/** Keeps in the type whether there is a fallback, so that `Config` knows what is never missing. */
function row<T, Fallback extends string | undefined>(
  fields: Row<T> & { readonly fallback: Fallback },
): Row<T> & { readonly fallback: Fallback } {
  return fields;
}

const none = undefined;

export const rows = {
  http: row({
    schema: value.address,
    fallback: '127.0.0.1:9080',
    placeholder: 'host:port',
    group: 'Listeners',
    doc: 'Address of the HTTP listener, or "off". Port 0 takes any free port.',
  }),
  https: row({
    schema: value.address,
    fallback: '127.0.0.1:9443',
    placeholder: 'host:port',
    group: 'Listeners',
    doc: 'Address of the HTTPS listener, or "off".',
  }),
  console: row({
    schema: value.address,
    fallback: none,
    fallbackDoc: '127.0.0.1:9081, if that is free',
    placeholder: 'host:port',
    group: 'Listeners',
    doc:
      'Address for the operator, or "off": /live and /ready for supervisors and balancers. The ' +
      'web console and the operator API come there in a later release.',
  }),
  'proxy-from': row({
    schema: value.networks,
    fallback: '',
    fallbackDoc: 'none',
    placeholder: 'networks',
    group: 'Listeners',
    doc:
      'Addresses and networks of load balancers that send the PROXY protocol (version 1 or 2) to ' +
      'the HTTP and HTTPS listeners. From them its header is required, from others it is never read.',
  }),
  endpoint: row({
    schema: value.endpointNames,
    fallback: 'localhost',
    placeholder: 'names',
    group: 'Addresses',
    doc:
      'Endpoint names, comma separated: <endpoint> is the service, <bucket>.<endpoint> a ' +
      'bucket. IP literals and localhost are always path style.',
  }),
  'public-endpoint': row({
    schema: value.publicAddress,
    fallback: none,
    fallbackDoc: 'the first endpoint with the port of the HTTP listener',
    placeholder: 'host:port',
    group: 'Addresses',
    doc: 'What ListBuckets and GetBucketInfo announce as the endpoint.',
  }),
  region: row({
    schema: value.region,
    fallback: 'cn-hangzhou',
    placeholder: 'region',
    group: 'Addresses',
    doc: 'Region of signatures, bucket locations and certificate ids.',
  }),
  'data-dir': row({
    schema: value.path,
    fallback: './data',
    placeholder: 'folder',
    group: 'Data',
    isPath: true,
    doc: 'Folder of the embedded data; created with mode 0700.',
  }),
  'master-key-file': row({
    schema: value.path,
    fallback: none,
    fallbackDoc: 'master.key in the data folder',
    placeholder: 'file',
    group: 'Data',
    isPath: true,
    doc:
      'The key that wraps private keys and access key secrets; made at first start, mode 0600. ' +
      'Back it up apart from the data.',
  }),
  'database-url': row({
    schema: value.databaseUrl,
    fallback: none,
    fallbackDoc: 'the SQLite file in the data folder',
    placeholder: 'url',
    group: 'Data',
    isSecret: true,
    doc:
      'PostgreSQL database of several nodes, postgres://account:password@host:port,host:port/name; ' +
      'of several hosts the one that takes writes is found. Parameters: sslmode (disable, require, ' +
      'verify-ca, verify-full), sslrootcert, target_session_attrs (read-write, any), connections, ' +
      'prepare=off, listen=off.',
  }),
  'object-store': row({
    schema: value.objectStore,
    fallback: none,
    fallbackDoc: 'the data folder',
    placeholder: 'url',
    group: 'Data',
    // Nobody should, but somebody will write credentials into it: it is refused and not shown.
    isSecret: true,
    doc:
      'Object store of several nodes, s3://bucket?endpoint=...&region=...&prefix=...&' +
      'path-style=on, or file:///folder of a volume that they share. Without the two settings below its credentials are those of the standard ' +
      'AWS environment variables.',
  }),
  'object-store-key-id': row({
    schema: value.foreignCredential,
    fallback: none,
    fallbackDoc: 'AWS_ACCESS_KEY_ID and the other places AWS programs look at',
    placeholder: 'id',
    group: 'Data',
    doc: 'Access key id for the object store.',
  }),
  'object-store-key-secret': row({
    schema: value.foreignCredential,
    fallback: none,
    fallbackDoc: 'AWS_SECRET_ACCESS_KEY, as above',
    placeholder: 'secret',
    group: 'Data',
    isSecret: true,
    doc: 'Its secret. The two stand together.',
  }),
  'garbage-age': row({
    // Below a minute a node could no longer serve what it remembers while the database is away.
    schema: value.duration('1m', '30d'),
    fallback: '1m',
    placeholder: 'duration',
    unit: 'ms',
    group: 'Data',
    doc:
      'How long the bytes of deleted and replaced objects are kept. Longer than a back-up takes, ' +
      'it makes one of the database and, afterwards, of the objects fit together. The same on ' +
      'every node.',
  }),
  'access-key-id': row({
    schema: value.accessKeyId,
    fallback: none,
    fallbackDoc: 'generated at first start, stored, printed once',
    placeholder: 'id',
    group: 'Root account',
    doc: 'Access key id of the root account.',
  }),
  'access-key-secret': row({
    schema: value.secret,
    fallback: none,
    fallbackDoc: 'generated at first start, stored, printed once',
    placeholder: 'secret',
    group: 'Root account',
    isSecret: true,
    doc:
      'Access key secret of the root account. Prefer the variable: other people of the machine ' +
      'can read flags.',
  }),
  'dns-servers': row({
    schema: value.servers,
    fallback: '',
    fallbackDoc: 'those of the system',
    placeholder: 'ip[:port],...',
    group: 'Custom domains',
    doc: 'DNS servers asked for ownership proofs, and for the hosts of upload callbacks and origins.',
  }),
  ownership: row({
    schema: value.oneOf('dns', 'off', 'allow-list'),
    fallback: 'dns',
    placeholder: 'how',
    group: 'Custom domains',
    doc:
      'How the owner of a domain proves it: "dns" by a TXT record, "off" not at all (closed ' +
      'labs only), "allow-list" names of the list need no proof, all others do.',
  }),
  'ownership-allow-list': row({
    schema: value.domainNames,
    fallback: '',
    fallbackDoc: 'none',
    placeholder: 'names',
    group: 'Custom domains',
    doc:
      'Names that need no proof when ownership is "allow-list"; each covers itself and ' +
      'everything below it.',
  }),
  'ownership-timeout': row({
    schema: value.duration('500ms', '8s'),
    fallback: '8s',
    placeholder: 'duration',
    unit: 'ms',
    group: 'Custom domains',
    doc: 'Time in all for the DNS questions of one proof; then PutCname refuses.',
  }),
  'token-lifetime': row({
    schema: value.duration('1s', '3650d'),
    fallback: '72h',
    placeholder: 'duration',
    unit: 'ms',
    group: 'Custom domains',
    doc: 'Lifetime of a CNAME token.',
  }),
  'cname-per-bucket': row({
    schema: value.wholeNumber(1, 1_000_000),
    fallback: '100',
    placeholder: 'count',
    unit: 'domains',
    group: 'Custom domains',
    doc: 'Domains that one bucket may have; one more is TooManyCname.',
  }),
  transfer: row({
    schema: value.oneOf('deny', 'proof'),
    fallback: 'deny',
    placeholder: 'rule',
    group: 'Custom domains',
    doc:
      'A domain mapped in another account: "deny" refuses, "proof" moves it to whoever brings ' +
      'a fresh proof.',
  }),
  'forbidden-list': row({
    schema: value.paths,
    fallback: '',
    fallbackDoc: 'none',
    placeholder: 'files',
    group: 'Custom domains',
    isPath: true,
    doc:
      'Files of names refused with CnameIsForbidden (plain, hosts or RPZ form), comma ' +
      'separated; a name covers everything below it. Read again when they change.',
  }),
  'risk-list': row({
    schema: value.paths,
    fallback: '',
    fallbackDoc: 'none',
    placeholder: 'files',
    group: 'Custom domains',
    isPath: true,
    doc: 'Files of names refused with CnameIsRisk; forms as for the forbidden list.',
  }),
  'license-registry': row({
    schema: value.path,
    fallback: none,
    fallbackDoc: 'none, nobody is asked for a licence',
    placeholder: 'file',
    group: 'Custom domains',
    isPath: true,
    doc:
      'File of licensed registrable domains, one a line; others are refused with ' +
      'NoSuchCnameInRecord.',
  }),
  certificate: row({
    schema: value.path,
    fallback: none,
    fallbackDoc: 'none: the handshake fails for names without a certificate',
    placeholder: 'file',
    group: 'Certificates',
    isPath: true,
    doc: 'PEM chain of the default certificate: for endpoint hosts and names without their own.',
  }),
  'certificate-key': row({
    schema: value.path,
    fallback: none,
    fallbackDoc: 'none',
    placeholder: 'file',
    group: 'Certificates',
    isPath: true,
    doc: 'PEM private key of the default certificate.',
  }),
  'block-public-access': row({
    schema: value.onOff,
    fallback: 'off',
    placeholder: 'on|off',
    group: 'Serving',
    doc:
      'New buckets block public access, as new ones of OSS do, until their owner says otherwise ' +
      '(DeleteBucketPublicAccessBlock).',
  }),
  http2: row({
    schema: value.onOff,
    fallback: 'on',
    placeholder: 'on|off',
    group: 'Serving',
    doc: 'HTTPS offers HTTP/2 beside HTTP/1.1 (by ALPN).',
  }),
  'force-download': row({
    schema: value.onOff,
    fallback: 'on',
    placeholder: 'on|off',
    group: 'Serving',
    doc:
      'Endpoint hosts answer HTML, SVG and XML to unsigned requests as downloads, as OSS does. ' +
      'Mapped domains never do.',
  }),
  'restore-delay': row({
    schema: value.duration('0s', '48h'),
    fallback: '5s',
    placeholder: 'duration',
    unit: 'ms',
    group: 'Serving',
    doc:
      'How long an archived object takes to be restored. OSS takes a minute to two days, by class; ' +
      'here nothing is moved, and clients only see the states.',
  }),
  'connections-per-address': row({
    schema: value.wholeNumber(1, 1_000_000),
    fallback: '256',
    placeholder: 'count',
    unit: 'connections',
    group: 'Serving',
    doc:
      'Connections that one address may hold open at once on each listener. Raise it when a ' +
      'reverse proxy brings all requests.',
  }),
  'certificates-kept': row({
    schema: value.wholeNumber(64, 1_000_000),
    fallback: '5000',
    placeholder: 'count',
    unit: 'certificates',
    group: 'Serving',
    doc:
      'Certificates that each process keeps ready for handshakes, some 40 KiB each, the latest ' +
      'used. Any other is read from the database, which takes half a millisecond more. Raise it ' +
      'where more names than that are asked for all the time.',
  }),
  'callback-digest': row({
    schema: value.oneOf('md5', 'sha256'),
    fallback: 'md5',
    placeholder: 'digest',
    group: 'Serving',
    doc:
      'What the signatures of upload callbacks are made of: "md5" is what receivers written for ' +
      'OSS verify.',
  }),
  'log-time-zone': row({
    schema: value.timeZone,
    fallback: '+00:00',
    placeholder: 'offset',
    group: 'Serving',
    doc: 'The time zone of access logs of buckets, in the names of logs and in their lines.',
  }),
  'outbound-allow': row({
    schema: value.networksAndNames,
    fallback: '',
    fallbackDoc: 'none',
    placeholder: 'networks,names',
    group: 'Serving',
    doc:
      'Addresses, networks and host names that upload callbacks may call, and routing rules mirror, ' +
      'although they are private, loopback or link-local; all others of these are refused.',
  }),
  'node-name': row({
    schema: value.nodeName,
    fallback: none,
    fallbackDoc: 'the name of the machine',
    placeholder: 'name',
    group: 'Process',
    doc: 'Name of this node in its log, in /ready and in the list of connections of the database.',
  }),
  'drain-delay': row({
    schema: value.duration('0s', '10m'),
    fallback: '0s',
    placeholder: 'duration',
    unit: 'ms',
    group: 'Process',
    doc:
      'After SIGTERM, how long connections are still accepted while /ready is red and every answer ' +
      'closes its connection. Behind a balancer: longer than it takes to notice, and than 16 s.',
  }),
  workers: row({
    schema: value.workers,
    fallback: '1',
    placeholder: 'count',
    unit: 'processes',
    group: 'Process',
    doc:
      'Processes that serve, or `auto`: one for each core. With more than one, the process that ' +
      'was started serves nothing: it writes, keeps the others running, and on SIGHUP reads its ' +
      'settings again and replaces them one by one. Limits of connections are of each.',
  }),
  'log-level': row({
    schema: value.oneOf('trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'),
    fallback: 'info',
    placeholder: 'level',
    group: 'Process',
    doc: 'How much is logged on standard error: JSON, or readable lines on a terminal.',
  }),
} satisfies Record<string, Row<unknown>>;

export type SettingName = keyof typeof rows;

/** What every row's schema makes of its text; undefined where a row has no fallback. */
export type Values = {
  readonly [Name in SettingName]:
    | v.InferOutput<(typeof rows)[Name]['schema']>
    | ((typeof rows)[Name]['fallback'] extends string ? never : undefined);
};

/** One setting as help, docs and the command line see it. */
export interface Setting {
  /** Name of the flag without dashes, and key of the configuration file. */
  readonly name: SettingName;
  readonly variable: string;
  readonly flag: string;
  readonly group: SettingGroup;
  readonly doc: string;
  readonly unit: string | undefined;
  /** The default as text for people. */
  readonly fallback: string;
  readonly placeholder: string;
  readonly isSecret: boolean;
}

export const variablePrefix = 'CNAMED_';

export function variableOf(name: string): string {
  return variablePrefix + name.toUpperCase().replaceAll('-', '_');
}

export const settingNames = Object.keys(rows) as readonly SettingName[];

export const settings: readonly Setting[] = settingNames.map((name) => {
  const fields: Row<unknown> = rows[name];
  return {
    name,
    variable: variableOf(name),
    flag: `--${name}`,
    group: fields.group,
    doc: fields.doc,
    unit: fields.unit,
    fallback: fields.fallbackDoc ?? fields.fallback ?? 'none',
    placeholder: fields.placeholder,
    isSecret: fields.isSecret ?? false,
  };
});
