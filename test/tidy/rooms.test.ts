/** The architecture as `src/rooms.ts` draws it, held against every import of `src`. */
import assert from 'node:assert/strict';
import { dirname, join } from 'node:path/posix';
import { test } from 'node:test';
import { rooms, wiring } from '../../src/rooms.ts';
import { type Import, importsOf, readSource, readSources, type Source } from './support/source.ts';

/**
 * Modules of the platform that a room must not touch (ARCHITECTURE section on rooms): the world
 * comes in as an argument, sockets belong to http and tls, the resolver to dns. An exception names
 * its file and its reason.
 */
const platformRules: Readonly<Record<string, readonly string[]>> = {
  'node:fs': ['world'],
  'node:fs/promises': ['world'],
  'node:timers': ['world'],
  'node:timers/promises': ['world'],
  'node:perf_hooks': ['world'],
  'node:dns': ['dns'],
  'node:dns/promises': ['dns'],
  'node:dgram': ['dns'],
  'node:net': ['http', 'dns', 'cli'],
  'node:http': ['http', 'client', 'outbound'],
  'node:https': ['http', 'client', 'outbound'],
  'node:http2': ['http'],
  'node:tls': ['tls', 'http', 'certificates', 'outbound'],
  'node:child_process': [],
  'node:cluster': ['workers'],
  'node:worker_threads': ['stores'],
  'node:process': ['config', 'cli'],
};

/** Functions of node:net that look at a text and open nothing. */
const pureNetClause =
  /^import \{(?:\s*(?:isIP|isIPv4|isIPv6|BlockList|SocketAddress)\s*,?)+\} from\s*$/;
/** `file module`: why it may. */
const platformExceptions: Readonly<Record<string, string>> = {};
/** Folders of `stores` that every engine builds on; they know the ports, not the engines. */
const sharedByEngines: readonly string[] = ['ports', 'sql', 'serving'];

function roomOf(path: string): string | undefined {
  const [, room, ...rest] = path.split('/');
  return rest.length > 0 ? room : undefined;
}

function targetOf(source: Source, { specifier }: Import): string | undefined {
  return specifier.startsWith('.') ? join(dirname(source.path), specifier) : undefined;
}

/** What one import of a file of `src` does wrong; `undefined` when nothing. */
function trespass(source: Source, imported: Import): string | undefined {
  const where = `${source.path}:${imported.line} imports ${imported.specifier}`;
  const room = roomOf(source.path);
  const target = targetOf(source, imported);
  if (target === undefined) return platformTrespass(source, room, imported, where);
  if (!target.startsWith('src/')) return `${where}: outside src`;
  const other = roomOf(target);
  if (room === undefined) {
    const isDoor = other === undefined || target === `src/${other}/index.ts`;
    // Engines are chosen in one place, so that nothing else can tell which one runs.
    const isEngine = /^src\/stores\/[^/]+\/index\.ts$/.test(target);
    if (isEngine && source.path === 'src/engines.ts') return undefined;
    return isDoor ? undefined : `${where}: rooms are entered by their door, src/${other}/index.ts`;
  }
  if (other === undefined) return `${where}: files that wire rooms are imported by no room`;
  if (other === room) {
    if (target === `src/${room}/index.ts`) return `${where}: its own door`;
    return engineTrespass(source.path, target, where);
  }
  if (!rooms[room]?.includes(other)) return `${where}: ${room} may not use ${other} (src/rooms.ts)`;
  if (target !== `src/${other}/index.ts`) return `${where}: rooms are entered by their door`;
  return undefined;
}

function platformTrespass(
  source: Source,
  room: string | undefined,
  { specifier, clause }: Import,
  where: string,
): string | undefined {
  if (!specifier.startsWith('node:')) {
    if (/^(?:fs|path|os|net|tls|dns|http|https|crypto|stream|events|util)$/.test(specifier)) {
      return `${where}: platform modules are written with node:`;
    }
    return undefined;
  }
  const allowed = platformRules[specifier];
  if (room === undefined || allowed === undefined || allowed.includes(room)) return undefined;
  if (specifier === 'node:net' && pureNetClause.test(clause)) return undefined;
  if (platformExceptions[`${source.path} ${specifier}`] !== undefined) return undefined;
  return `${where}: only ${allowed.join(', ') || 'no room'} may use ${specifier}`;
}

/** Engines (`stores/sqlite`, `stores/fs`, ...) know the ports and nothing of one another. */
function engineTrespass(path: string, target: string, where: string): string | undefined {
  if (!path.startsWith('src/stores/') || !target.startsWith('src/stores/')) return undefined;
  const engineOf = (file: string) => file.split('/').slice(2, -1)[0];
  const [from, to] = [engineOf(path), engineOf(target)];
  if (from === undefined || to === undefined || from === to) return undefined;
  if (sharedByEngines.includes(to) && (to === 'ports' || !sharedByEngines.includes(from))) {
    return undefined;
  }
  return `${where}: engine ${from} knows engine ${to}`;
}

/** The first cycle in a graph of names, as a path that ends where it began. */
function findCycle(graph: ReadonlyMap<string, readonly string[]>): string[] | undefined {
  const state = new Map<string, 'open' | 'done'>();
  const path: string[] = [];
  const visit = (name: string): string[] | undefined => {
    if (state.get(name) === 'done') return undefined;
    if (state.get(name) === 'open') return [...path.slice(path.indexOf(name)), name];
    state.set(name, 'open');
    path.push(name);
    for (const next of graph.get(name) ?? []) {
      const cycle = visit(next);
      if (cycle) return cycle;
    }
    path.pop();
    state.set(name, 'done');
    return undefined;
  };
  for (const name of graph.keys()) {
    const cycle = visit(name);
    if (cycle) return cycle;
  }
  return undefined;
}

const sources = readSources('src/**/*.ts');

test('every room imports only what src/rooms.ts allows, and through the door', () => {
  const faults = sources.flatMap((source) =>
    importsOf(source).map((imported) => trespass(source, imported)),
  );
  assert.deepEqual(
    faults.filter((fault) => fault !== undefined),
    [],
  );
});

test('every folder of src is a room of the table, has a door, and the table names no other', () => {
  const folders = new Set(sources.map(({ path }) => roomOf(path)).filter((room) => room));
  assert.deepEqual([...folders].sort(), Object.keys(rooms).sort());
  const doors = sources.filter(({ path }) => /^src\/[^/]+\/index\.ts$/.test(path));
  assert.equal(doors.length, folders.size);
  const silent = doors.filter(({ text }) => !text.startsWith('/**')).map(({ path }) => path);
  assert.deepEqual(silent, [], 'the first comment of a door is its contract');
});

test('every file directly in src is one that wires rooms', () => {
  const files = sources.filter(({ path }) => !roomOf(path)).map(({ path }) => path.slice(4));
  assert.deepEqual(
    files.filter((file) => !wiring.includes(file)),
    [],
  );
});

test('rooms do not go round in circles', () => {
  assert.equal(findCycle(new Map(Object.entries(rooms)))?.join(' → '), undefined);
});

test('files do not go round in circles, types included', () => {
  const graph = new Map(
    sources.map((source) => [
      source.path,
      importsOf(source)
        .map((imported) => targetOf(source, imported))
        .filter((target) => target !== undefined),
    ]),
  );
  assert.equal(findCycle(graph)?.join(' → '), undefined);
});

test('a planted trespass of each kind is seen', () => {
  const planted: readonly [path: string, line: string][] = [
    ['src/names/a.ts', "import { x } from '../stores/index.ts';"],
    ['src/names/a.ts', "import type { x } from '../stores/index.ts';"],
    ['src/cname/a.ts', "import { x } from '../stores/ports/cnames.ts';"],
    ['src/cname/a.ts', "import { x } from './index.ts';"],
    ['src/cname/a.ts', "import { x } from '../server.ts';"],
    ['src/cname/a.ts', "import { x } from '../../test/support/world.ts';"],
    ['src/cname/a.ts', "import { resolve } from 'node:dns';"],
    ['src/cname/a.ts', "import { readFile } from 'fs';"],
    ['src/server.ts', "import { x } from './cname/cnames.ts';"],
    ['src/cname/a.ts', "import { isIP, connect } from 'node:net';"],
    ['src/server.ts', "import { x } from './stores/sqlite/index.ts';"],
    ['src/stores/sqlite/a.ts', "import { x } from '../fs/blobs.ts';"],
    ['src/stores/sql/a.ts', "import { x } from '../sqlite/engine.ts';"],
    ['src/stores/ports/a.ts', "import { x } from '../sql/writes.ts';"],
  ];
  for (const [path, line] of planted) {
    const source = readSource(path, line);
    const [imported] = importsOf(source);
    assert.ok(imported && trespass(source, imported), `${path}: ${line}`);
  }
  assert.deepEqual(
    findCycle(
      new Map([
        ['a', ['b']],
        ['b', ['c']],
        ['c', ['b']],
      ]),
    ),
    ['b', 'c', 'b'],
  );
});
