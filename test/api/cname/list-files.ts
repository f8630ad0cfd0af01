/** Lists of names as an operator keeps them: files in a folder that goes with the suite. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after } from 'node:test';

/** Writes a list and returns the path of its file; again, and the file has the new text. */
export type WriteList = (name: string, text: string) => string;

export function listsForSuite(): WriteList {
  const folder = mkdtempSync(join(tmpdir(), 'cnamed-lists-'));
  after(() => rmSync(folder, { recursive: true, force: true }));
  return (name, text) => {
    const path = join(folder, name);
    writeFileSync(path, text);
    return path;
  };
}
