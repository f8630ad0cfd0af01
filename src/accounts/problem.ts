/** The operator asked for something that cannot be; the message tells what to do instead. */
export class AccountProblem extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'AccountProblem';
  }
}
