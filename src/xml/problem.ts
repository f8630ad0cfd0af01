/**
 * Why a document was refused, in a sentence fit for the caller: `line 3, column 14: unclosed tag`.
 * The API answers it as MalformedXML with the sentence in ErrorDetail.
 */
export class XmlProblem extends Error {
  /** From 1; `undefined` when the problem is the document as a whole. */
  readonly line: number | undefined;
  readonly column: number | undefined;

  constructor(what: string, line?: number, column?: number) {
    super(line === undefined ? what : `line ${line}, column ${column}: ${what}`);
    this.name = 'XmlProblem';
    this.line = line;
    this.column = column;
  }
}
