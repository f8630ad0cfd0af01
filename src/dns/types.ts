/** Why a question got no usable answer. */
export type TxtFailure =
  | 'timeout'
  | 'servfail'
  | 'refused'
  /** Any other error code of the resolver (FORMERR, NOTIMP ...). */
  | 'error-code'
  /** Something came that is no answer to the question, or that cannot be read. */
  | 'malformed'
  /** The resolver points to other servers instead of answering: it does not resolve for us. */
  | 'referral'
  /** More records or bytes than are read of one answer. */
  | 'too-large'
  | 'alias-loop'
  /** More CNAME records in a row than are followed. */
  | 'too-many-aliases'
  | 'no-servers'
  | 'unreachable'
  /** A connection was closed before the whole answer had come. */
  | 'cut-off';

export type TxtAnswer =
  /**
   * At least one TXT record; each is the concatenation of its character-strings, one character per
   * byte (Latin-1), because a record may hold anything.
   */
  | { readonly outcome: 'found'; readonly records: readonly string[]; readonly resolver: string }
  | {
      readonly outcome: 'none';
      readonly reason: 'no-such-name' | 'no-such-record';
      readonly resolver: string;
    }
  /** `resolver` is the last one asked; empty when there was none. */
  | { readonly outcome: 'failed'; readonly reason: TxtFailure; readonly resolver: string };

export interface TxtResolver {
  /** Settles within its budget (8 s, DESIGN ruling 24) and never rejects. `name` is canonical. */
  askTxt(name: string): Promise<TxtAnswer>;
}
