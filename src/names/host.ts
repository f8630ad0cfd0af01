import { isIPv4, isIPv6 } from 'node:net';
import { isNumberLabel } from './domain.ts';

/** RFC 1035 2.3.4. */
const nameCharactersMax = 253;
const labelCharactersMax = 63;
const portMax = 65_535;
/** A name, its trailing dot, brackets and the longest port: anything longer is refused unread. */
const hostCharactersMax = nameCharactersMax + '.[]:65535'.length;

export type HostProblem =
  | 'empty'
  | 'too-long'
  | 'bad-character'
  | 'bad-port'
  | 'empty-label'
  | 'label-too-long'
  | 'hyphen-at-edge'
  | 'bad-address';

/** The Host header taken apart. `port` is undefined when none was written. */
export type ParsedHost =
  /**
   * Lower-case, no trailing dot; not judged by IDNA (only names that passed `parseDomain` are ever
   * mapped, so others simply match nothing). May be a single label (`localhost`). May begin with
   * one dot: an official client sends `.oss-cn-hangzhou.aliyuncs.com` (clients.md, Addressing);
   * the room `hosts` decides what that is worth.
   */
  | { readonly kind: 'name'; readonly name: string; readonly port: number | undefined }
  /** IPv4 as four decimal numbers; IPv6 in lower case without brackets, as it was written. */
  | { readonly kind: 'ip'; readonly address: string; readonly port: number | undefined }
  | { readonly kind: 'bad'; readonly problem: HostProblem };

/**
 * Names that are canonical already, which is what nearly every request carries; the rest takes the
 * slow way. The last label must begin with a letter, which keeps every number notation out.
 */
const canonical =
  /^((?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)*[a-z](?:[a-z0-9-]{0,61}[a-z0-9])?)(?::([1-9][0-9]{0,3}))?$/;

/** Takes a Host header or a server name apart. Never throws, knows no endpoint and no mapping. */
export function parseHost(raw: string): ParsedHost {
  if (raw.length <= nameCharactersMax) {
    const match = canonical.exec(raw);
    if (match?.[1] !== undefined) {
      const port = match[2] === undefined ? undefined : Number(match[2]);
      return { kind: 'name', name: match[1], port };
    }
  }
  return parseUnusualHost(raw);
}

function parseUnusualHost(raw: string): ParsedHost {
  if (raw === '') return bad('empty');
  if (raw.length > hostCharactersMax) return bad('too-long');
  if (raw.startsWith('[')) return parseBracketed(raw);
  const colon = raw.indexOf(':');
  const text = colon === -1 ? raw : raw.slice(0, colon);
  const port = colon === -1 ? undefined : parsePort(raw.slice(colon + 1));
  if (port === 'bad') return bad('bad-port');
  if (text === '') return bad('empty');
  if (!/^[A-Za-z0-9.-]+$/.test(text)) return bad('bad-character');
  if (isIPv4(text)) return { kind: 'ip', address: text, port };
  const lower = text.toLowerCase();
  const name = lower.endsWith('.') ? lower.slice(0, -1) : lower;
  const problem = problemOfHostName(name);
  return problem === undefined ? { kind: 'name', name, port } : bad(problem);
}

function parseBracketed(raw: string): ParsedHost {
  const end = raw.indexOf(']');
  const address = raw.slice(1, end);
  // A zone id (`%eth0`) means something on the sender's machine only (RFC 6874 1).
  if (end === -1 || !isIPv6(address) || address.includes('%')) return bad('bad-address');
  const rest = raw.slice(end + 1);
  if (rest !== '' && !rest.startsWith(':')) return bad('bad-character');
  const port = rest === '' ? undefined : parsePort(rest.slice(1));
  if (port === 'bad') return bad('bad-port');
  return { kind: 'ip', address: address.toLowerCase(), port };
}

/** RFC 9110 4.2.3 and RFC 3986 3.2.3: an empty port is the scheme's own. */
function parsePort(text: string): number | undefined | 'bad' {
  if (text === '') return undefined;
  if (!/^[0-9]{1,5}$/.test(text)) return 'bad';
  const port = Number(text);
  return port >= 1 && port <= portMax ? port : 'bad';
}

function problemOfHostName(name: string): HostProblem | undefined {
  const bare = name.startsWith('.') ? name.slice(1) : name;
  if (bare === '') return 'empty';
  if (bare.length > nameCharactersMax) return 'too-long';
  const labels = bare.split('.');
  if (labels.includes('')) return 'empty-label';
  if (labels.some((label) => label.length > labelCharactersMax)) return 'label-too-long';
  if (labels.some((label) => label.startsWith('-') || label.endsWith('-'))) return 'hyphen-at-edge';
  // `127.1`, `0x7f.1`, `2130706433`: an address to some readers, a name to others.
  return isNumberLabel(labels.at(-1) ?? '') ? 'bad-address' : undefined;
}

function bad(problem: HostProblem): ParsedHost {
  return { kind: 'bad', problem };
}
