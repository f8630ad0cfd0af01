/** A policy document that cannot be taken; the message is for whoever sent it. */
export class PolicyProblem extends Error {
  override readonly name = 'PolicyProblem';
  /** What of the document it is about, for callers with wordings of their own. */
  readonly about: 'size' | 'grammar';

  constructor(message: string, about: 'size' | 'grammar' = 'grammar') {
    super(message);
    this.about = about;
  }
}
