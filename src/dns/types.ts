/** Why a question got no usable answer. */
export type TxtFailure =
  | 'timeout'
  | 'servfail'
  | 'refused'
  | 'malformed'
  | 'too-large'
  | 'alias-loop'
  | 'no-servers'
  | 'unreachable';

export type TxtAnswer =
  /** At least one TXT record; each is the concatenation of its character-strings. */
  | { readonly outcome: 'found'; readonly records: readonly string[]; readonly resolver: string }
  | {
      readonly outcome: 'none';
      readonly reason: 'no-such-name' | 'no-such-record';
      readonly resolver: string;
    }
  | { readonly outcome: 'failed'; readonly reason: TxtFailure; readonly resolver: string };

export interface TxtResolver {
  /** Settles within its budget (8 s, DESIGN ruling 24) and never rejects. `name` is canonical. */
  askTxt(name: string): Promise<TxtAnswer>;
}
