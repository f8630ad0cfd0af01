/**
 * Patterns with wildcards, matched without regular expressions: each literal piece is looked for
 * once, from where the piece before it ended, so that no pattern takes a matcher back and forth.
 */
export interface Wildcards {
  matches(text: string): boolean;
}

/** `*` is any run of characters, also none; with `hasSingles`, `?` is any one character. */
export function wildcards(pattern: string, hasSingles = false): Wildcards {
  if (pattern === '*') return { matches: () => true };
  const pieces = pattern.split('*');
  const find = hasSingles ? findWithSingles : findLiteral;
  const [first = '', ...rest] = pieces;
  const last = rest.pop();
  if (last === undefined) {
    return { matches: (text) => text.length === first.length && find(text, first, 0, 0) === 0 };
  }
  const middle = rest.filter((piece) => piece !== '');
  return {
    matches(text) {
      if (text.length < first.length + last.length) return false;
      if (find(text, first, 0, 0) !== 0) return false;
      const endsAt = text.length - last.length;
      let at = first.length;
      for (const piece of middle) {
        const found = find(text, piece, at, endsAt - piece.length);
        if (found < 0) return false;
        at = found + piece.length;
      }
      return at <= endsAt && find(text, last, endsAt, endsAt) === endsAt;
    },
  };
}

/** Where the piece begins, at `from` at the earliest and `to` at the latest; else -1. */
type Find = (text: string, piece: string, from: number, to: number) => number;

const findLiteral: Find = (text, piece, from, to) => {
  if (from === to) return text.startsWith(piece, from) ? from : -1;
  const found = text.indexOf(piece, from);
  return found <= to ? found : -1;
};

const findWithSingles: Find = (text, piece, from, to) => {
  if (!piece.includes('?')) return findLiteral(text, piece, from, to);
  for (let at = from; at <= to; at += 1) {
    let length = 0;
    while (
      length < piece.length &&
      (piece[length] === '?' ? at + length < text.length : piece[length] === text[at + length])
    ) {
      length += 1;
    }
    if (length === piece.length) return at;
  }
  return -1;
};
