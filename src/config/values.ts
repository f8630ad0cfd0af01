/**
 * From the text of a setting to its value: one valibot schema for each kind of value. Every schema
 * takes a string, so flags, environment and file are read by the same rules. A schema's only
 * message is what it expects; who asked and what was given is added by `config.ts`.
 */
import { isIP } from 'node:net';
import { availableParallelism } from 'node:os';
import * as v from 'valibot';
import { type ObjectStoreAddress, readObjectStore } from './object-store.ts';

export interface ListenAddress {
  /** Host name or IP literal without brackets. */
  readonly host: string;
  /** 0 lets the system choose. */
  readonly port: number;
}

export type Text<T> = v.GenericSchema<string, T>;

const portMax = 65_535;

/** A schema that reads with `read`; `undefined` means the text is not of the expected form. */
function reading<T>(expected: string, read: (text: string) => T | undefined): Text<T> {
  return v.pipe(
    v.string(),
    v.rawTransform<string, T>(({ dataset, addIssue, NEVER }) => {
      const value = read(dataset.value.trim());
      if (value !== undefined) return value;
      addIssue({ message: expected });
      return NEVER;
    }),
  );
}

function readPort(text: string): number | undefined {
  if (!/^\d{1,5}$/.test(text)) return undefined;
  const port = Number(text);
  return port <= portMax ? port : undefined;
}

/** `host:port`, `[v6]:port`; a bare IPv6 literal is refused: its last group reads as a port. */
export function readHostPort(text: string): ListenAddress | undefined {
  const bracketed = /^\[([^\]]+)\]:(\d+)$/.exec(text);
  const plain = /^([^:[\]\s]+):(\d+)$/.exec(text);
  const host = bracketed?.[1] ?? plain?.[1];
  const port = readPort(bracketed?.[2] ?? plain?.[2] ?? '');
  if (host === undefined || port === undefined) return undefined;
  if (bracketed ? isIP(host) !== 6 : isIP(host) === 0 && !isHostName(host)) return undefined;
  return { host: host.toLowerCase(), port };
}

const label = /^(?!-)[a-z0-9-]{1,63}(?<!-)$/i;

/** Letters, digits, hyphens; a shape check only. The room `names` is the judge of domains. */
export function isHostName(text: string): boolean {
  if (text.length > 253 || /^[\d.]+$/.test(text)) return false;
  return text.split('.').every((part) => label.test(part));
}

function readList(text: string): string[] {
  return text
    .split(',')
    .map((part) => part.trim())
    .filter((part) => part !== '');
}

function readEach<T>(text: string, read: (part: string) => T | undefined): T[] | undefined {
  const values: T[] = [];
  for (const part of readList(text)) {
    const value = read(part);
    if (value === undefined) return undefined;
    values.push(value);
  }
  return values;
}

function readName(text: string): string | undefined {
  const name = text.toLowerCase().replace(/\.$/, '');
  return isHostName(name) || isIP(name) !== 0 ? name : undefined;
}

/** `1.1.1.1`, `1.1.1.1:5353`, `2001:db8::1`, `[2001:db8::1]:5353`. */
function readServer(text: string): string | undefined {
  if (isIP(text) !== 0) return text;
  const address = readHostPort(text);
  return address && address.port > 0 && isIP(address.host) !== 0 ? text : undefined;
}

const unitMs: Readonly<Record<string, number>> = {
  ms: 1,
  s: 1000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
};

/** `72h`, `1h30m`, `500ms`; a bare number has no unit and is refused. */
export function readDuration(text: string): number | undefined {
  if (!/^(\d+(ms|s|m|h|d))+$/.test(text)) return undefined;
  let total = 0;
  for (const [, count, unit] of text.matchAll(/(\d+)(ms|s|m|h|d)/g)) {
    total += Number(count) * (unitMs[unit ?? ''] ?? Number.NaN);
  }
  return Number.isSafeInteger(total) ? total : undefined;
}

export const address: Text<ListenAddress | 'off'> = reading(
  'host:port (for example 127.0.0.1:9080, [::1]:9080, or port 0 for any free one) or "off"',
  (text) => (text.toLowerCase() === 'off' ? 'off' : readHostPort(text)),
);

export const publicAddress: Text<string> = reading(
  'a host name or IP with an optional port, for example oss.example.com:9080, without http://',
  (text) => {
    const host = readHostPort(text);
    if (host) return host.port > 0 ? text.toLowerCase() : undefined;
    return readName(text);
  },
);

export const endpointNames: Text<readonly string[]> = reading(
  'host names separated by commas, without scheme and port, for example localhost,oss.example.com',
  (text) => {
    const names = readEach(text, readName);
    return names && names.length > 0 ? names : undefined;
  },
);

export const domainNames: Text<readonly string[]> = reading(
  'domain names separated by commas, for example example.com,example.org',
  (text) => readEach(text, (part) => (isIP(part) === 0 ? readName(part) : undefined)),
);

export const servers: Text<readonly string[]> = reading(
  'IP addresses with optional ports, separated by commas, for example 1.1.1.1,[2606:4700::1111]:53',
  (text) => readEach(text, readServer),
);

export const region: Text<string> = reading(
  'a region such as cn-hangzhou (small letters, digits, hyphens; without "oss-" in front)',
  (text) => (/^(?!oss-)[a-z][a-z0-9-]{1,62}[a-z0-9]$/.test(text) ? text : undefined),
);

// Only these characters occur in access key ids (oss-signature.md 7).
export const accessKeyId: Text<string> = reading(
  'up to 128 letters, digits, dots, underscores or equals signs',
  (text) => (/^[0-9A-Za-z._=]{1,128}$/.test(text) ? text : undefined),
);

export const secret: Text<string> = reading(
  '8 to 128 printable ASCII characters without spaces',
  (text) => (/^[!-~]{8,128}$/.test(text) ? text : undefined),
);

/** Of another service: its own rules hold. */
export const foreignCredential: Text<string> = reading(
  '1 to 256 printable ASCII characters without spaces',
  (text) => (/^[!-~]{1,256}$/.test(text) ? text : undefined),
);

export const path: Text<string> = reading('the path of a file or folder', (text) =>
  text !== '' && !text.includes('\0') ? text : undefined,
);

export const paths: Text<readonly string[]> = reading(
  'paths of files, separated by commas',
  (text) => (text.includes('\0') ? undefined : readList(text)),
);

export const objectStore: Text<ObjectStoreAddress> = reading(
  's3://bucket?endpoint=https://host&region=name&prefix=path/&path-style=on (all but the bucket ' +
    'can be left out; credentials have settings of their own), or file:///folder',
  readObjectStore,
);

/** Its parts are read by the engine, which alone knows what they may be. */
export const databaseUrl: Text<string> = reading(
  'the address of a PostgreSQL database, postgres://account:password@host:port,host:port/name',
  (text) => {
    if (text === '') return '';
    return /^postgres(ql)?:\/\//.test(text) ? text : undefined;
  },
);

/** In logs, in answers to balancers and in the database's list of connections. */
export const nodeName: Text<string> = reading(
  'up to 40 letters, digits, dots, hyphens and underscores',
  (text) => (/^[\w.-]{1,40}$/.test(text) ? text : undefined),
);

/** `192.0.2.1`, `10.0.0.0/8`, `2001:db8::/32` */
export const networks: Text<readonly string[]> = reading(
  'IP addresses and networks separated by commas, for example 192.0.2.1,10.0.0.0/8,2001:db8::/32',
  (text) => readEach(text, readNetwork),
);

/** What this server may call although it looks private. */
export const networksAndNames: Text<readonly string[]> = reading(
  'IP addresses, networks and host names separated by commas, for example 10.0.0.0/8,hook.lan',
  (text) => readEach(text, (part) => readNetwork(part) ?? readHost(part)),
);

function readHost(text: string): string | undefined {
  const name = readName(text);
  return name === undefined || isIP(name) !== 0 ? undefined : name;
}

function readNetwork(text: string): string | undefined {
  const [address = '', bits, ...rest] = text.split('/');
  const family = isIP(address);
  if (family === 0 || rest.length > 0) return undefined;
  const bitsMax = family === 4 ? 32 : 128;
  if (bits === undefined) return text;
  return /^\d{1,3}$/.test(bits) && Number(bits) <= bitsMax ? text : undefined;
}

/** Minutes east of Greenwich. RFC 3339 section 5.6; no zone is farther away than 14 hours. */
export const timeZone: Text<number> = reading('an offset from UTC, for example +08:00', (text) => {
  const [, sign, hours = '', minutes = ''] = /^([+-])(\d\d):([0-5]\d)$/.exec(text) ?? [];
  const count = Number(hours) * 60 + Number(minutes);
  if (sign === undefined || count > 14 * 60) return undefined;
  return sign === '-' && count > 0 ? -count : count;
});

/** More than any machine has use for: each has its own memory and connections. */
const workersMax = 256;

export const workers: Text<number> = reading(
  `a whole number from 1 to ${workersMax}, or "auto"`,
  (text) => {
    if (text.toLowerCase() === 'auto') return Math.min(availableParallelism(), workersMax);
    if (!/^\d{1,3}$/.test(text)) return undefined;
    const count = Number(text);
    return count >= 1 && count <= workersMax ? count : undefined;
  },
);

export const onOff: Text<boolean> = reading('"on" or "off"', (text) => {
  const word = text.toLowerCase();
  if (word === 'on' || word === 'true') return true;
  return word === 'off' || word === 'false' ? false : undefined;
});

export function oneOf<const T extends string>(...words: readonly T[]): Text<T> {
  const list = words.map((word) => `"${word}"`).join(', ');
  return reading(`one of ${list}`, (text) => words.find((word) => word === text.toLowerCase()));
}

export function wholeNumber(min: number, max: number): Text<number> {
  return reading(`a whole number from ${min} to ${max}`, (text) => {
    if (!/^\d{1,15}$/.test(text)) return undefined;
    const count = Number(text);
    return count >= min && count <= max ? count : undefined;
  });
}

/** The value is in milliseconds. */
export function duration(min: string, max: string): Text<number> {
  const [minMs, maxMs] = [readDuration(min) ?? 0, readDuration(max) ?? 0];
  return reading(`a duration from ${min} to ${max}, for example 72h, 30m or 1h30m`, (text) => {
    const ms = readDuration(text);
    return ms !== undefined && ms >= minMs && ms <= maxMs ? ms : undefined;
  });
}
