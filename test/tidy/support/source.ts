/**
 * Reads TypeScript as far as the rules of the house need it: which characters are code, which are
 * text, which are comments; and what a file imports. TypeScript 7 has no JavaScript API, and a
 * scanner of one screen is cheaper than a second parser among the dependencies.
 */
import { globSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';

export const root = resolve(import.meta.dirname, '../../..');

export interface Source {
  /** From the root of the repository, with forward slashes. */
  readonly path: string;
  readonly text: string;
  /** `text` with comments and the insides of strings blanked out; every position is kept. */
  readonly code: string;
  /** `text` with comments alone blanked out. */
  readonly uncommented: string;
}

const beforeRegex =
  /(?:^|[([{,;:=!&|?+\-*%~^<>]|\b(?:return|typeof|case|in|of|await|throw|yield))$/;

/** End of the regular expression literal that begins at `start`. */
function skipRegex(text: string, start: number): number {
  let isClass = false;
  for (let at = start + 1; at < text.length; at++) {
    const character = text[at];
    if (character === '\\') at++;
    else if (character === '\n') return at;
    else if (character === '[') isClass = true;
    else if (character === ']') isClass = false;
    else if (character === '/' && !isClass) return at + 1;
  }
  return text.length;
}

/** End of the quoted string that begins at `start`. */
function skipString(text: string, start: number): number {
  for (let at = start + 1; at < text.length; at++) {
    if (text[at] === '\\') at++;
    else if (text[at] === text[start] || text[at] === '\n') return at + 1;
  }
  return text.length;
}

function blank(text: string): string {
  return text.replace(/[^\n]/g, ' ');
}

/** Splits `text` into code, strings and comments; templates are walked, so `${}` stays code. */
export function readSource(path: string, text: string): Source {
  let code = '';
  let uncommented = '';
  const templates: number[] = [];
  let at = 0;
  const take = (end: number, kind: 'code' | 'string' | 'comment') => {
    const piece = text.slice(at, end);
    code += kind === 'code' ? piece : blank(piece);
    uncommented += kind === 'comment' ? blank(piece) : piece;
    at = end;
  };
  const takeTemplate = () => {
    let end = at + 1;
    while (end < text.length && text[end] !== '`' && !text.startsWith('${', end)) {
      end += text[end] === '\\' ? 2 : 1;
    }
    if (text.startsWith('${', end)) templates.push(0);
    take(Math.min(text.length, end + (text[end] === '`' ? 1 : 2)), 'string');
  };
  const endOf = (mark: string, from: number) => {
    const found = text.indexOf(mark, from);
    return found === -1 ? text.length : found;
  };
  while (at < text.length) {
    const character = text[at];
    const depth = templates.at(-1);
    if (text.startsWith('//', at)) take(endOf('\n', at), 'comment');
    else if (text.startsWith('/*', at)) take(endOf('*/', at + 2) + 2, 'comment');
    else if (character === '"' || character === "'") take(skipString(text, at), 'string');
    else if (character === '`') takeTemplate();
    else if (character === '}' && depth === 0) {
      templates.pop();
      takeTemplate();
    } else if (character === '/' && beforeRegex.test(code.trimEnd().slice(-12))) {
      take(skipRegex(text, at), 'string');
    } else {
      if (depth !== undefined && character === '{') templates[templates.length - 1] = depth + 1;
      if (depth !== undefined && character === '}') templates[templates.length - 1] = depth - 1;
      take(at + 1, 'code');
    }
  }
  return { path, text, code, uncommented };
}

/** Every source file of ours that matches, by path. */
export function readSources(...patterns: readonly string[]): Source[] {
  return globSync([...patterns], { cwd: root, exclude: ['**/node_modules/**', '**/dist/**'] })
    .map((path) => path.replaceAll('\\', '/'))
    .sort()
    .map((path) => readSource(path, readFileSync(resolve(root, path), 'utf8')));
}

export interface Import {
  readonly specifier: string;
  /** What stands before the specifier: `import { a, type b } from`. */
  readonly clause: string;
  readonly line: number;
}

const importForms = [
  /\b(?:import|export)\b[^;'"`=()]*?\bfrom\s*(['"])(?<specifier>[^'"]+)\1/g,
  /\bimport\s*(['"])(?<specifier>[^'"]+)\1/g,
  /\bcreateRequire\([^()]*\)\s*\(\s*(['"`])(?<specifier>[^'"`]+)\1/g,
  /\b(?:import|require)\s*\(\s*(['"`])(?<specifier>[^'"`]+)\1/g,
];

/** All that a file imports: values and types, static and dynamic, re-exports too. */
export function importsOf(source: Source): Import[] {
  const found = new Map<number, Import>();
  for (const form of importForms) {
    for (const match of source.uncommented.matchAll(form)) {
      const quote = match[0].search(/['"`]/);
      // An import inside a string is text, not an import: its keyword was blanked.
      if (
        !/\b(?:import|export|require|createRequire)\b/.test(
          source.code.slice(match.index, match.index + quote),
        )
      ) {
        continue;
      }
      found.set(match.index + quote, {
        specifier: match.groups?.specifier ?? '',
        clause: match[0].slice(0, quote),
        line: lineOf(source, match.index),
      });
    }
  }
  return [...found.values()];
}

export function lineOf(source: Source, index: number): number {
  return source.text.slice(0, index).split('\n').length;
}
