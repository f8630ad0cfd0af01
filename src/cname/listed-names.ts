import { isIP } from 'node:net';
import { parseDomain, parseHost } from '../names/index.ts';

/**
 * Many sets instead of one: a set of a million names stops the event loop for tens of milliseconds
 * when it grows, sixty-four small ones never do.
 */
const shardCount = 64;

/** The names of one list. A name covers itself and everything below it (DESIGN ruling 4). */
export class ListedNames {
  readonly #covered: Set<string>[] = Array.from({ length: shardCount }, () => new Set());
  /** RPZ exceptions: `x` frees x alone, `*.x` everything below x. */
  readonly #freed = new Set<string>();
  readonly #freedBelow = new Set<string>();
  #size = 0;

  get size(): number {
    return this.#size;
  }

  add(name: string): void {
    const shard = this.#shardOf(name);
    if (shard.has(name)) return;
    shard.add(name);
    this.#size++;
  }

  free(name: string, isBelow: boolean): void {
    (isBelow ? this.#freedBelow : this.#freed).add(name);
  }

  has(name: string): boolean {
    return this.#shardOf(name).has(name);
  }

  /** The listed name that covers `domain`; the closest one speaks. Time: the number of labels. */
  findCovering(domain: string): string | undefined {
    if (this.#freed.has(domain)) return undefined;
    if (this.has(domain)) return domain;
    for (let dot = domain.indexOf('.'); dot !== -1; dot = domain.indexOf('.', dot + 1)) {
      const above = domain.slice(dot + 1);
      if (this.#freedBelow.has(above)) return undefined;
      if (this.has(above)) return above;
    }
    return undefined;
  }

  #shardOf(name: string): Set<string> {
    let hash = name.length;
    for (let index = 0; index < name.length; index += 3) {
      hash = (hash * 31 + name.charCodeAt(index)) | 0;
    }
    return this.#covered[(hash >>> 3) % shardCount] ?? new Set();
  }
}

const recordTypes = new Set(['CNAME', 'A', 'AAAA', 'TXT', 'MX', 'SOA', 'NS', 'DNAME']);
/** RPZ triggers on something other than the name asked for: no names of ours. */
const otherTrigger = /\.rpz-(?:ip|client-ip|nsip|nsdname)$/;

/**
 * Reads a list line by line, in any of three forms, told apart per line: plain names; hosts files
 * (`0.0.0.0 name name`); response policy zones (`name CNAME .`). Comments begin with `#` or `;`.
 * A line that is none of these is skipped and counted.
 */
export class ListReader {
  readonly names = new ListedNames();
  skippedLines = 0;
  #origin = '';
  #lastOwner = '';
  #isInParentheses = false;

  readLine(line: string): void {
    const comment = line.search(/[#;]/);
    const text = comment === -1 ? line : line.slice(0, comment);
    const words = text.split(/\s+/).filter((word) => word !== '');
    if (words.length === 0) return;
    if (this.#isInParentheses || text.includes('(')) {
      this.#isInParentheses = !text.includes(')');
      if (!words.includes('SOA')) return;
    }
    const first = words[0] ?? '';
    if (words.length === 1) this.#addPlain(first);
    else if (isIP(first) !== 0) this.#addHosts(words.slice(1));
    else if (first.startsWith('$')) this.#readDirective(words);
    else this.#readRecord(words, /^\s/.test(text));
  }

  #addPlain(word: string): void {
    const name = parseListed(word);
    if (name === undefined) this.skippedLines++;
    else this.names.add(name);
  }

  #addHosts(words: readonly string[]): void {
    // Single labels (localhost, broadcasthost) are in every hosts file and deny nothing.
    const names = words.map(parseListed).filter((name) => name?.includes('.'));
    if (names.length === 0) this.skippedLines++;
    for (const name of names) if (name !== undefined) this.names.add(name);
  }

  #readDirective(words: readonly string[]): void {
    if (words[0] === '$ORIGIN') this.#origin = stripDot(words[1] ?? '').toLowerCase();
    else if (words[0] !== '$TTL') this.skippedLines++;
  }

  #readRecord(words: readonly string[], hasNoOwner: boolean): void {
    const typeAt = words.findIndex((word) => recordTypes.has(word.toUpperCase()));
    if (typeAt === -1 || (typeAt === 0 && !hasNoOwner)) {
      this.skippedLines++;
      return;
    }
    const owner = hasNoOwner ? this.#lastOwner : (words[0] ?? '').toLowerCase();
    this.#lastOwner = owner;
    const type = words[typeAt]?.toUpperCase() ?? '';
    if (type === 'SOA' && owner.endsWith('.')) this.#origin = stripDot(owner);
    if (type === 'SOA' || type === 'NS' || owner === '@' || owner === '') return;
    const trigger = this.#relative(owner);
    if (trigger === undefined || otherTrigger.test(trigger)) return;
    const isBelow = trigger.startsWith('*.');
    const name = parseListed(isBelow ? trigger.slice(2) : trigger);
    const action = (words[typeAt + 1] ?? '').toLowerCase();
    if (name === undefined) this.skippedLines++;
    else if (type === 'CNAME' && action === 'rpz-passthru.') this.names.free(name, isBelow);
    else if (type !== 'CNAME' || action !== 'rpz-tcp-only.') this.names.add(name);
  }

  /** The trigger without the zone's own name; undefined for the zone itself. */
  #relative(owner: string): string | undefined {
    if (!owner.endsWith('.')) return owner;
    const name = stripDot(owner);
    if (name === this.#origin) return undefined;
    const isInZone = this.#origin !== '' && name.endsWith(`.${this.#origin}`);
    return isInZone ? name.slice(0, -this.#origin.length - 1) : name;
  }
}

/** Canonical form of a listed name; `*.x` and `.x` say x. A single label is a top-level domain. */
function parseListed(word: string): string | undefined {
  const text = word.replace(/^\*?\./, '');
  const parsed = parseDomain(text);
  if (parsed.ok) return parsed.domain;
  if (parsed.problem !== 'single-label' && parsed.problem !== 'too-short') return undefined;
  const host = parseHost(text);
  return host.kind === 'name' ? host.name : undefined;
}

function stripDot(name: string): string {
  return name.endsWith('.') ? name.slice(0, -1) : name;
}
