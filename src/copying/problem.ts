/** The copy cannot be made as asked, told to a person. */
export class CopyProblem extends Error {
  override readonly name = 'CopyProblem';
  /** What to do, a line each. */
  readonly next: readonly string[];
  constructor(message: string, next: readonly string[] = []) {
    super(message);
    this.next = next;
  }
}
