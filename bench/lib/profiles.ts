/** What V8's profiler saw of each thread of a server, added up by who it was and by function. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** Put in front of the server's command: it writes a profile of each thread when it ends. */
export function profilingPrefix(folder: string): string[] {
  const options = ['--cpu-prof', `--cpu-prof-dir=${folder}`, '--cpu-prof-interval=500'];
  return ['env', `NODE_OPTIONS=${options.join(' ')}`];
}

/** Microseconds of the clock that profiles use. */
export const profileClock = (): number => Number(process.hrtime.bigint() / 1_000n);

interface Node {
  readonly id: number;
  readonly callFrame: {
    readonly functionName: string;
    readonly url: string;
    readonly lineNumber: number;
  };
  readonly children?: readonly number[];
}

interface CpuProfile {
  readonly nodes: readonly Node[];
  readonly startTime: number;
  readonly samples: readonly number[];
  readonly timeDeltas: readonly number[];
}

/** A function as it was called from those above it; times are microseconds. */
export interface Frame {
  readonly name: string;
  /** See `groupOf`. */
  readonly group: string;
  readonly place: string;
  self: number;
  total: number;
  readonly below: Map<string, Frame>;
}

export interface ThreadProfile {
  readonly name: string;
  readonly root: Frame;
}

const idle = '(idle)';

/** Who a function belongs to: a room of ours, a package, a part of the runtime. */
export function groupOf(functionName: string, url: string): string {
  if (functionName === '(garbage collector)') return 'garbage collection';
  const room = /\/src\/(?<room>[\w-]+)(?:\/|\.ts$)/.exec(url)?.groups?.room;
  const dependency = /\/node_modules\/(?<name>(?:@[^/]+\/)?[^/]+)\//.exec(url)?.groups?.name;
  if (dependency !== undefined) return `package ${dependency}`;
  if (room !== undefined) return `src/${room}`;
  if (/^node:(?:_http|http|internal\/http)/.test(url)) return 'Node: HTTP';
  if (/^node:(?:net|tls|_tls|internal\/tls|internal\/net)/.test(url)) return 'Node: sockets, TLS';
  if (/^node:(?:stream|internal\/streams|internal\/stream_base)/.test(url)) return 'Node: streams';
  if (url.startsWith('node:')) return 'Node: the rest in JavaScript';
  return 'native: system calls, OpenSSL, V8';
}

/** All threads, between two moments of `profileClock`, without what they waited. */
export function readProfiles(folder: string, from: number, to: number): ThreadProfile[] {
  return readdirSync(folder)
    .filter((file) => file.endsWith('.cpuprofile'))
    .map((file) => {
      const profile: CpuProfile = JSON.parse(readFileSync(join(folder, file), 'utf8'));
      // CPU.DATE.TIME.PID.THREAD.NUMBER.cpuprofile
      const thread = Number(file.split('.')[4]);
      return { name: threadName(thread, profile), root: treeOf(profile, from, to) };
    })
    .filter(({ root }) => root.total > 0)
    .sort((one, other) => other.root.total - one.root.total);
}

function threadName(thread: number, { nodes }: CpuProfile): string {
  if (thread === 0) return 'event loop';
  const isWriter = nodes.some(({ callFrame }) => /\/writer\.[jt]s$/.test(callFrame.url));
  return isWriter ? 'writer thread' : `thread ${thread}`;
}

function treeOf(profile: CpuProfile, from: number, to: number): Frame {
  const nodes = new Map(profile.nodes.map((node) => [node.id, node]));
  const selfs = new Map<number, number>();
  let at = profile.startTime;
  profile.samples.forEach((id, index) => {
    const delta = profile.timeDeltas[index] ?? 0;
    at += delta;
    if (at < from || at > to || delta < 0) return;
    selfs.set(id, (selfs.get(id) ?? 0) + delta);
  });
  const root: Frame = frame('', '', '');
  const add = (node: Node, above: Frame): number => {
    const { functionName, url, lineNumber } = node.callFrame;
    if (functionName === idle) return 0;
    const key = `${functionName} ${url} ${lineNumber}`;
    const own = above.below.get(key) ?? frameOf(node);
    above.below.set(key, own);
    const self = selfs.get(node.id) ?? 0;
    const total = (node.children ?? []).reduce((sum, id) => {
      const child = nodes.get(id);
      return child === undefined ? sum : sum + add(child, own);
    }, self);
    own.self += self;
    own.total += total;
    return total;
  };
  const [top] = profile.nodes;
  for (const id of top?.children ?? []) {
    const node = nodes.get(id);
    if (node !== undefined) root.total += add(node, root);
  }
  return root;
}

const frame = (name: string, group: string, place: string): Frame => ({
  name,
  group,
  place,
  self: 0,
  total: 0,
  below: new Map(),
});

function frameOf({ callFrame: { functionName, url, lineNumber } }: Node): Frame {
  const file = /(?<file>src\/.*|node:.*|[^/]*)$/.exec(url)?.groups?.file ?? '';
  const place = url.startsWith('file:') ? `${file}:${lineNumber + 1}` : file;
  return frame(functionName || '(anonymous)', groupOf(functionName, url), place);
}

/** Own time by whatever `keyOf` gives, the largest first. */
export function addUp(root: Frame, keyOf: (frame: Frame) => string): [string, number][] {
  const sums = new Map<string, number>();
  const visit = (each: Frame): void => {
    if (each.self > 0) sums.set(keyOf(each), (sums.get(keyOf(each)) ?? 0) + each.self);
    for (const child of each.below.values()) visit(child);
  };
  visit(root);
  return [...sums].sort(([, one], [, other]) => other - one);
}
