import type { World } from '../world/index.ts';
import { type ListedNames, ListReader } from './listed-names.ts';

/** Between two looks at a list's date and size (DESIGN ruling 4: read again when it changes). */
const lookEveryMs = 1_000;
/** Read and parsed at a time, in a few milliseconds; between two pieces others have their turn. */
const pieceBytes = 64 * 1024;
/** A line beyond this is no name; it is dropped rather than gathered in memory. */
const lineCharactersMax = 64 * 1024;

/** What became of reading a list, for the operator's log. */
export interface ListNotice {
  readonly path: string;
  readonly event: 'read' | 'missing' | 'unreadable';
  /** Names in force now: of this reading, or of the last good one. */
  readonly names: number;
  readonly skippedLines: number;
}

export interface ListFile {
  readonly path: string;
  /** The names of the file as it is now, or of its last good reading. */
  current(): Promise<ListedNames>;
}

interface Facts {
  readonly modifiedAt: number;
  readonly size: number;
}

/**
 * Opens a list of the operator and reads it. Rejects with a sentence when the file is missing or
 * cannot be read: a screen that silently screens nothing would be worse than no start. Later the
 * last good reading stays in force when the file goes away, and `report` tells.
 */
export async function openListFile(
  path: string,
  world: World,
  report: (notice: ListNotice) => void,
): Promise<ListFile> {
  const facts = await world.disk.facts(path);
  if (facts === undefined) throw new Error(`The list file ${path} does not exist.`);
  let list: ListReader;
  try {
    list = await readList(path, world);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new Error(`The list file ${path} cannot be read: ${reason}`, { cause: error });
  }
  report({ path, event: 'read', names: list.names.size, skippedLines: list.skippedLines });
  return new WatchedList(path, world, report, facts, list);
}

class WatchedList implements ListFile {
  readonly path: string;
  readonly #world: World;
  readonly #report: (notice: ListNotice) => void;
  #facts: Facts | undefined;
  #list: ListReader;
  #lookedAt: number;
  #looking: Promise<void> | undefined;
  #told: ListNotice['event'] = 'read';

  constructor(
    path: string,
    world: World,
    report: (notice: ListNotice) => void,
    facts: Facts,
    list: ListReader,
  ) {
    this.path = path;
    this.#world = world;
    this.#report = report;
    this.#facts = facts;
    this.#list = list;
    this.#lookedAt = world.clock.monotonicMs();
  }

  async current(): Promise<ListedNames> {
    const now = this.#world.clock.monotonicMs();
    if (this.#looking === undefined && now - this.#lookedAt >= lookEveryMs) {
      this.#lookedAt = now;
      this.#looking = this.#look().finally(() => {
        this.#looking = undefined;
      });
    }
    // Whoever comes while the list is read waits for it: a name just listed must not slip through.
    await this.#looking;
    return this.#list.names;
  }

  async #look(): Promise<void> {
    try {
      const facts = await this.#world.disk.facts(this.path);
      const isSame =
        facts?.modifiedAt === this.#facts?.modifiedAt && facts?.size === this.#facts?.size;
      if (isSame) return;
      // Remembered from before the reading: a change during it shows at the next look.
      this.#facts = facts;
      if (facts !== undefined) this.#list = await readList(this.path, this.#world);
      this.#tell(facts === undefined ? 'missing' : 'read');
    } catch {
      this.#facts = undefined;
      this.#tell('unreadable');
    }
  }

  /** A list that stays unreadable is tried every second but told once. */
  #tell(event: ListNotice['event']): void {
    const isNews = event === 'read' || event !== this.#told;
    this.#told = event;
    if (!isNews) return;
    const { names, skippedLines } = this.#list;
    this.#report({ path: this.path, event, names: names.size, skippedLines });
  }
}

/** Reads the file in pieces; each read lets the event loop go round. */
async function readList(path: string, world: World): Promise<ListReader> {
  const reader = new ListReader();
  const file = await world.disk.open(path);
  try {
    const piece = Buffer.alloc(pieceBytes);
    let position = 0;
    let rest = '';
    for (;;) {
      const count = await file.read(piece, position);
      if (count === 0) break;
      position += count;
      // Names are ASCII; Latin-1 keeps every other byte as a character that no name may hold.
      const lines = (rest + piece.toString('latin1', 0, count)).split('\n');
      rest = lines.pop() ?? '';
      if (rest.length > lineCharactersMax) rest = rest.slice(0, lineCharactersMax);
      for (const line of lines) reader.readLine(withoutMark(line));
    }
    if (rest !== '') reader.readLine(withoutMark(rest));
    return reader;
  } finally {
    await file.close();
  }
}

/** Some editors put a byte order mark (EF BB BF) in front of the first line. */
function withoutMark(line: string): string {
  return line.startsWith('\u00ef\u00bb\u00bf') ? line.slice(3) : line;
}
