/**
 * JSON as policies need it (RFC 8259): a name that comes twice in an object is refused, because
 * which of the two counts is for nobody to guess, and so is what would nest without end.
 */
import { PolicyProblem } from './problem.ts';

export type JsonValue = string | number | boolean | null | readonly JsonValue[] | JsonObject;
export type JsonObject = ReadonlyMap<string, JsonValue>;

export function isJsonObject(value: JsonValue | undefined): value is JsonObject {
  return value instanceof Map;
}

/** Deeper than any policy; the reader calls itself once for each level. */
const depthMax = 16;
const numberForm = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y;
/** A string's text up to the next quote or escape. */
const plainForm = /[^"\\]*/y;
/** Control characters before it must be escaped (RFC 8259 section 7). */
const firstPlainCode = 0x20;
const spaceForm = /[ \t\n\r]*/y;
const escapes: Readonly<Record<string, string>> = {
  '"': '"',
  '\\': '\\',
  '/': '/',
  b: '\b',
  f: '\f',
  n: '\n',
  r: '\r',
  t: '\t',
};
const words: readonly (readonly [string, JsonValue])[] = [
  ['true', true],
  ['false', false],
  ['null', null],
];

/** @throws PolicyProblem with the service's own words for a first character that begins nothing. */
export function parseJson(text: string): JsonValue {
  const reader = new Reader(text);
  const value = reader.value(0);
  reader.end();
  return value;
}

class Reader {
  readonly #text: string;
  #at = 0;

  constructor(text: string) {
    this.#text = text;
  }

  value(depth: number): JsonValue {
    if (depth > depthMax) throw this.#problem();
    this.#take(spaceForm);
    const next = this.#text[this.#at];
    if (next === '{') return this.#object(depth);
    if (next === '[') return this.#array(depth);
    if (next === '"') return this.#string();
    for (const [word, value] of words) {
      if (!this.#text.startsWith(word, this.#at)) continue;
      this.#at += word.length;
      return value;
    }
    const number = this.#take(numberForm);
    if (number !== '') return Number(number);
    throw this.#problem();
  }

  end(): void {
    this.#take(spaceForm);
    if (this.#at < this.#text.length) throw this.#problem();
  }

  #object(depth: number): JsonObject {
    const members = new Map<string, JsonValue>();
    this.#at += 1;
    if (this.#skipTo('}')) return members;
    do {
      this.#take(spaceForm);
      const startsAt = this.#at;
      const name = this.#string();
      if (members.has(name)) throw this.#problem(startsAt);
      if (!this.#skipTo(':')) throw this.#problem();
      members.set(name, this.value(depth + 1));
    } while (this.#skipTo(','));
    if (this.#skipTo('}')) return members;
    throw this.#problem();
  }

  #array(depth: number): JsonValue[] {
    const values: JsonValue[] = [];
    this.#at += 1;
    if (this.#skipTo(']')) return values;
    do values.push(this.value(depth + 1));
    while (this.#skipTo(','));
    if (this.#skipTo(']')) return values;
    throw this.#problem();
  }

  #string(): string {
    if (this.#text[this.#at] !== '"') throw this.#problem();
    this.#at += 1;
    let value = '';
    for (;;) {
      const plain = this.#take(plainForm);
      for (let index = 0; index < plain.length; index += 1) {
        if (plain.charCodeAt(index) >= firstPlainCode) continue;
        throw this.#problem(this.#at - plain.length + index);
      }
      value += plain;
      const next = this.#text[this.#at];
      if (next === '"') break;
      if (next !== '\\') throw this.#problem();
      value += this.#escape();
    }
    this.#at += 1;
    return value;
  }

  #escape(): string {
    const letter = this.#text[this.#at + 1] ?? '';
    if (letter === 'u') {
      const hex = this.#text.slice(this.#at + 2, this.#at + 6);
      if (!/^[0-9A-Fa-f]{4}$/.test(hex)) throw this.#problem();
      this.#at += 6;
      return String.fromCharCode(Number.parseInt(hex, 16));
    }
    const character = escapes[letter];
    if (character === undefined) throw this.#problem();
    this.#at += 2;
    return character;
  }

  #skipTo(character: string): boolean {
    this.#take(spaceForm);
    if (this.#text[this.#at] !== character) return false;
    this.#at += 1;
    return true;
  }

  #take(form: RegExp): string {
    form.lastIndex = this.#at;
    const taken = form.exec(this.#text)?.[0] ?? '';
    this.#at += taken.length;
    return taken;
  }

  #problem(at = this.#at): PolicyProblem {
    const isAtStart = this.#text.slice(0, at).trim() === '' && at < this.#text.length;
    // Asserted by an official suite for the first character (access-control.md 2.5).
    if (isAtStart) return new PolicyProblem(`unknown char ${this.#text[at]}`);
    return new PolicyProblem(`Invalid JSON: ${at}`);
  }
}
