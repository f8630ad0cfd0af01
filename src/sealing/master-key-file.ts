import { dirname } from 'node:path';
import type { World } from '../world/index.ts';
import { keyBytes } from './envelope.ts';
import { SealingError } from './problem.ts';

/**
 * The master key file: a comment, then one key a line, `<version> <64 hex digits>`, newest last.
 * Versions are random, so that a file made anew never looks like the one that was lost.
 */
export interface MasterKey {
  readonly version: string;
  readonly key: Buffer;
}

const heading =
  '# cnamed master key. Every private key and secret in the store is sealed under it:\n' +
  '# keep a copy elsewhere, mode 0600. One key a line, newest last; older ones still unseal.\n';
const keyLine = /^([0-9a-f]{8}) ([0-9a-f]{64})$/;
const versionBytes = 4;
/** Room for thousands of rotations; anything larger is another file. */
const fileBytesMax = 1024 * 1024;
const othersMayRead = 0o077;

export function makeMasterKey(world: World): MasterKey {
  const version = world.random.bytes(versionBytes).toString('hex');
  return { version, key: Buffer.from(world.random.bytes(keyBytes)) };
}

function renderKeys(keys: readonly MasterKey[]): Buffer {
  const lines = keys.map(({ version, key }) => `${version} ${key.toString('hex')}\n`);
  return Buffer.from(heading + lines.join(''), 'latin1');
}

function parseKeys(path: string, text: string): MasterKey[] {
  const damaged = new SealingError(
    `The master key file ${path} is damaged. Restore it from your copy; do not edit it by hand.`,
  );
  if (!text.endsWith('\n')) throw damaged;
  const keys: MasterKey[] = [];
  for (const line of text.split('\n')) {
    if (line === '' || line.startsWith('#')) continue;
    const [, version, hex] = keyLine.exec(line) ?? [];
    if (!version || !hex || keys.some((known) => known.version === version)) throw damaged;
    keys.push({ version, key: Buffer.from(hex, 'hex') });
  }
  if (keys.length === 0) throw damaged;
  return keys;
}

/** Reads the keys, newest last. Blocks: the file is one small line per rotation. */
export function readMasterKeys(path: string, world: World): MasterKey[] {
  let bytes: Buffer;
  try {
    bytes = world.disk.readNow(path);
  } catch (cause) {
    const isMissing = (cause as NodeJS.ErrnoException).code === 'ENOENT';
    const what = isMissing ? 'is missing' : `cannot be read (${(cause as Error).message})`;
    throw new SealingError(
      `The master key file ${path} ${what}. Restore it from your copy, or point ` +
        'CNAMED_MASTER_KEY_FILE to where it is.',
      { cause },
    );
  }
  try {
    if (bytes.length > fileBytesMax) throw new SealingError(`${path} is not a master key file.`);
    return parseKeys(path, bytes.toString('latin1'));
  } finally {
    bytes.fill(0);
  }
}

/** Refuses a file that others on the machine may read or write. */
export async function checkPermissions(path: string, world: World): Promise<void> {
  const facts = await world.disk.facts(path);
  // Windows has no such bits; Node shows 0666 for every writable file there.
  if (!facts || process.platform === 'win32') return;
  if ((facts.mode & othersMayRead) === 0) return;
  const mode = facts.mode.toString(8).padStart(4, '0');
  throw new SealingError(
    `The master key file ${path} is open to other users (mode ${mode}). Run: chmod 600 ${path}`,
  );
}

async function writeDurably(path: string, bytes: Buffer, world: World): Promise<void> {
  const file = await world.disk.create(path);
  try {
    await file.write(bytes);
    await file.sync();
  } finally {
    await file.close();
    bytes.fill(0);
  }
}

function isTaken(error: unknown): boolean {
  return (error as NodeJS.ErrnoException).code === 'EEXIST';
}

/**
 * A master key file with one key stands at `path` when this resolves, durably. Answers false when
 * there was one already, also one that another process made at the same moment; that one stays.
 */
export async function createMasterKeyFile(path: string, world: World): Promise<boolean> {
  if (await world.disk.facts(path)) return false;
  const folder = dirname(path);
  await world.disk.makeFolder(folder);
  const temporary = `${path}.${world.random.bytes(8).toString('hex')}.new`;
  try {
    await writeDurably(temporary, renderKeys([makeMasterKey(world)]), world);
    // A link, not a rename: it fails if another process was first, so no key is ever replaced.
    await world.disk.link(temporary, path);
    return true;
  } catch (error) {
    if (isTaken(error)) return false;
    throw error;
  } finally {
    await world.disk.remove(temporary).catch(() => {});
    await world.disk.syncFolder(folder);
  }
}

/**
 * Adds a key behind those the file holds now and answers all of them; durable when this resolves.
 * Only one process rotates at a time: two would each write a file without the other's key.
 */
export async function appendMasterKey(path: string, world: World): Promise<MasterKey[]> {
  const next = `${path}.next`;
  await checkPermissions(path, world);
  const file = await world.disk.create(next).catch((error: unknown) => {
    if (!isTaken(error)) throw error;
    throw new SealingError(
      `Another rotation of ${path} is under way, or one was cut short. If none is running, ` +
        `remove ${next} and try again; it is not in use yet.`,
    );
  });
  let isOpen = true;
  try {
    const keys = [...readMasterKeys(path, world), makeMasterKey(world)];
    const bytes = renderKeys(keys);
    await file.write(bytes);
    bytes.fill(0);
    await file.sync();
    await file.close();
    isOpen = false;
    await world.disk.rename(next, path);
    await world.disk.syncFolder(dirname(path));
    return keys;
  } catch (error) {
    if (isOpen) await file.close().catch(() => {});
    await world.disk.remove(next).catch(() => {});
    throw error;
  }
}
