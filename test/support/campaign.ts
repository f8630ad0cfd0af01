/**
 * A campaign: one claim tried many times at random. `npm run campaign -- NAME` runs it at the size
 * its issue asks for; the suites in test/life run a small one. The seed replays it.
 */
export interface CampaignOptions {
  /** How many times the claim is tried; what one try is, the campaign says. */
  readonly size: number;
  readonly seed: number;
  /** One line of progress. */
  readonly log: (line: string) => void;
}

/** What was seen, by name; shown with the result and recorded in docs/reliability.md. */
export type Figures = Readonly<Record<string, number | string>>;

export interface Campaign {
  readonly name: string;
  readonly issueSize: number;
  /** Resolves when every try held; rejects with the seed of the try that did not. */
  readonly run: (options: CampaignOptions) => Promise<Figures>;
}
