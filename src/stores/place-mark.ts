/**
 * Whose place of objects this is, and which: one line of text in the place itself. The database
 * knows the same two words; only a place whose mark says them is used (claim.ts).
 */
export interface PlaceMark {
  /** Two installations in one place would sweep each other's objects away. */
  readonly installation: string;
  /**
   * Given to a place when it is marked first, and brought along by whoever copies all that is in
   * it. What stands before the `#` tells people where that was.
   */
  readonly place: string;
}

/** No id of a blob looks like it, so no listing of blobs shows it. */
export const markName = 'installation';

/** Longer than any mark of ours. */
export const markBytesMax = 4_096;

export function renderMark({ installation, place }: PlaceMark): string {
  return `${installation} ${place}\n`;
}

/** What is not of the form is some other installation's: it will be refused and shown. */
export function readMark(text: string): PlaceMark {
  const [line = ''] = text.slice(0, markBytesMax).split('\n');
  const [installation = '', place = ''] = line.trim().split(' ');
  return { installation, place };
}

/** A place for people. */
export function placeForPeople(place: string): string {
  return place.split('#')[0] ?? '';
}
