/**
 * What the five operations answer when one comes after the other: custom-domain.md 2 to 4 and the
 * rulings 1 to 3, 6 and 8 of the design, as a function of a small state. Knows nothing of the
 * server. Time does not pass in it: no history lasts as long as a token lives.
 *
 * A history is checked whole, and again domain by domain with what each list says of that domain.
 * The second is sound (an order for the whole history is one for every part of it, and no answer
 * about a domain depends on another one, quotas being far away) but sees less: a list is one look
 * at several domains, and only the whole history shows one that mixes two moments.
 */
import type { Model } from './checker.ts';

/** A certificate as the model knows it: whose, and which. */
export interface CertificateName {
  readonly accountId: string;
  readonly fingerprint: string;
}

/** What a PutCname asks of the certificate beside the mapping (custom-domain.md 2.2). */
export type CertificateRequest =
  | { readonly form: 'none' }
  | { readonly form: 'unbind'; readonly previous?: string }
  | (Guard & { readonly form: 'inline'; readonly fingerprint: string; readonly number: number })
  | (Guard & { readonly form: 'stored'; readonly id: string });

interface Guard {
  readonly isForced: boolean;
  /** PreviousCertId. */
  readonly previous?: string;
}

export interface ListedDomain {
  readonly domain: string;
  readonly status: string;
  readonly certificate?: {
    readonly id: string;
    readonly fingerprint: string;
    readonly type: string;
  };
}

export type Answer =
  | { readonly kind: 'done' }
  | { readonly kind: 'token'; readonly token: string }
  | { readonly kind: 'list'; readonly domains: readonly ListedDomain[] }
  /** The code; with the EC where one code stands for many things. */
  | { readonly kind: 'refused'; readonly code: string };

export type Operation = { readonly client: number; readonly node: number } & (
  | {
      readonly kind: 'CreateCnameToken' | 'GetCnameToken' | 'DeleteCname';
      readonly bucket: string;
      readonly domain: string;
      readonly answer?: Answer;
    }
  | {
      readonly kind: 'PutCname';
      readonly bucket: string;
      readonly domain: string;
      readonly certificate: CertificateRequest;
      readonly answer?: Answer;
    }
  | { readonly kind: 'ListCname'; readonly bucket: string; readonly answer?: Answer }
  /** The owner of the domain adds a TXT record with this value. */
  | {
      readonly kind: 'publish';
      readonly domain: string;
      readonly token: string;
      readonly answer?: Answer;
    }
);

type PutCname = Extract<Operation, { kind: 'PutCname' }>;

interface DomainState {
  readonly owner?: string;
  /** Certificate and how it was bound, in one word. */
  readonly binding?: string;
  readonly bindingType?: string;
  /** Live tokens by bucket; `?` for one that no answer has shown yet. */
  readonly tokens: Readonly<Record<string, string>>;
  readonly spent: readonly string[];
  readonly published: readonly string[];
  /** Buckets that still list the domain as one that moved away. */
  readonly departed: readonly string[];
}

export type State = Readonly<Record<string, DomainState>>;

export interface Scene {
  readonly domains: readonly string[];
  /** Bucket to account. */
  readonly buckets: ReadonlyMap<string, string>;
  readonly transfer: 'deny' | 'proof';
  /** Every id that an answer of the history showed. */
  readonly certificates: ReadonlyMap<string, CertificateName>;
}

const untouched: DomainState = { tokens: {}, spent: [], published: [], departed: [] };
const unknownToken = '?';
const guardFailed = 'InvalidArgument 0018-00000209';

export function createModel(scene: Scene): Model<State, Operation> {
  return {
    initial: Object.fromEntries(scene.domains.map((domain) => [domain, untouched])),
    keyOf: (state) => JSON.stringify(state),
    isWithoutEffect: ({ kind, answer }) => kind === 'ListCname' || answer?.kind === 'refused',
    step(state, operation) {
      if (operation.kind === 'ListCname') {
        return isListOf(scene, state, operation.bucket, operation.answer) ? state : undefined;
      }
      const before = state[operation.domain];
      if (before === undefined) throw new Error(`${operation.domain} is not of this history`);
      const after = stepDomain(scene, before, operation);
      return after === undefined || after === before
        ? after && state
        : { ...state, [operation.domain]: after };
    },
  };
}

function stepDomain(
  scene: Scene,
  state: DomainState,
  operation: Exclude<Operation, { kind: 'ListCname' }>,
): DomainState | undefined {
  const { answer } = operation;
  switch (operation.kind) {
    case 'publish':
      return state.published.includes(operation.token)
        ? state
        : { ...state, published: [...state.published, operation.token].sort() };
    case 'CreateCnameToken':
      return createToken(state, operation.bucket, answer);
    case 'GetCnameToken':
      return getToken(state, operation.bucket, answer);
    case 'DeleteCname':
      return isDone(answer) ? release(state, operation.bucket) : undefined;
    case 'PutCname': {
      const result = put(scene, state, operation);
      if (typeof result === 'string') return isRefused(answer, result) ? state : undefined;
      return isDone(answer) ? result : undefined;
    }
  }
}

const isDone = (answer?: Answer): boolean => answer === undefined || answer.kind === 'done';
const isRefused = (answer: Answer | undefined, code: string): boolean =>
  answer === undefined || (answer.kind === 'refused' && answer.code === code);

/** custom-domain.md 3.1: the live one, or a fresh one; none for a pair that is bound. */
function createToken(
  state: DomainState,
  bucket: string,
  answer: Answer | undefined,
): DomainState | undefined {
  if (state.owner === bucket) {
    return isRefused(answer, 'NoNeedCreateCnameToken') ? state : undefined;
  }
  if (state.tokens[bucket] !== undefined) return sameToken(state, bucket, answer);
  if (answer === undefined) return withToken(state, bucket, unknownToken);
  return answer.kind === 'token' && isFresh(state, answer.token)
    ? withToken(state, bucket, answer.token)
    : undefined;
}

function getToken(
  state: DomainState,
  bucket: string,
  answer: Answer | undefined,
): DomainState | undefined {
  if (state.tokens[bucket] !== undefined) return sameToken(state, bucket, answer);
  return isRefused(answer, 'CnameTokenNotFound') ? state : undefined;
}

function sameToken(
  state: DomainState,
  bucket: string,
  answer: Answer | undefined,
): DomainState | undefined {
  if (answer === undefined) return state;
  if (answer.kind !== 'token') return undefined;
  const live = state.tokens[bucket];
  if (live === answer.token) return state;
  const isFirstSight = live === unknownToken && isFresh(state, answer.token);
  return isFirstSight ? withToken(state, bucket, answer.token) : undefined;
}

/** No other bucket's, and none that was spent. */
function isFresh(state: DomainState, token: string): boolean {
  return !state.spent.includes(token) && !Object.values(state.tokens).includes(token);
}

function withToken(state: DomainState, bucket: string, token: string): DomainState {
  return { ...state, tokens: sorted({ ...state.tokens, [bucket]: token }) };
}

/** Keys in one order, so that equal states have equal texts. */
function sorted(tokens: Record<string, string>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(tokens).sort(([one], [other]) => (one < other ? -1 : 1)),
  );
}

/** custom-domain.md 4.2: also when nothing was mapped; a list forgets what moved away. */
function release(state: DomainState, bucket: string): DomainState {
  const departed = without(state.departed, bucket);
  if (state.owner === bucket) {
    const { owner: _, binding: __, bindingType: ___, ...rest } = state;
    return { ...rest, departed };
  }
  return departed === state.departed ? state : { ...state, departed };
}

function without(buckets: readonly string[], bucket: string): readonly string[] {
  return buckets.includes(bucket) ? buckets.filter((other) => other !== bucket) : buckets;
}

/** The checks of custom-domain.md 2.6 in their order: the state after it, or the refusal. */
function put(scene: Scene, state: DomainState, operation: PutCname): DomainState | string {
  const { bucket, certificate } = operation;
  const account = scene.buckets.get(bucket) ?? '';
  const isStanding = state.owner === bucket;
  let mapped = state;
  if (!isStanding) {
    const ownerAccount = state.owner === undefined ? undefined : scene.buckets.get(state.owner);
    if (ownerAccount === account) return 'CnameAlreadyExists';
    const token = state.tokens[bucket];
    if (token === undefined || !state.published.includes(token)) return 'NeedVerifyDomainOwnership';
    if (ownerAccount !== undefined && scene.transfer === 'deny') return 'CnameDenied';
    if (certificate.form === 'unbind') return 'NoSuchCname';
    mapped = claim(state, bucket, token);
  }
  return bind(scene, mapped, account, certificate);
}

/** The token is spent; whoever had the domain lists it as gone, and its certificate stays there. */
function claim(state: DomainState, bucket: string, token: string): DomainState {
  const { [bucket]: _, ...tokens } = state.tokens;
  const left = state.owner === undefined ? [] : [state.owner];
  return {
    owner: bucket,
    tokens,
    spent: [...state.spent, token].sort(),
    published: state.published,
    departed: [...new Set([...without(state.departed, bucket), ...left])].sort(),
  };
}

/** custom-domain.md 2.3 and 2.4. */
function bind(
  scene: Scene,
  state: DomainState,
  account: string,
  request: CertificateRequest,
): DomainState | string {
  if (request.form === 'none') return state;
  if (request.form === 'unbind') {
    const isGuarded = request.previous !== undefined;
    if (isGuarded && nameOf(scene, request.previous) !== state.binding) return guardFailed;
    if (state.binding === undefined) return state;
    const { binding: _, bindingType: __, ...rest } = state;
    return rest;
  }
  let name = `${account} ${request.form === 'inline' ? request.fingerprint : ''}`;
  if (request.form === 'stored') {
    if (scene.certificates.get(request.id)?.accountId !== account) return 'CertificateInvalidCasId';
    name = nameOf(scene, request.id) ?? '';
  }
  if (!request.isForced && nameOf(scene, request.previous) !== state.binding) return guardFailed;
  if (name === state.binding) return state;
  return { ...state, binding: name, bindingType: request.form === 'stored' ? 'CAS' : 'Upload' };
}

/** `none` for an id that nobody has seen: it matches nothing. */
function nameOf(scene: Scene, id: string | undefined): string | undefined {
  if (id === undefined) return undefined;
  const name = scene.certificates.get(id);
  return name === undefined ? 'none' : `${name.accountId} ${name.fingerprint}`;
}

/** custom-domain.md 4.1, of the domains of this scene. */
function isListOf(scene: Scene, state: State, bucket: string, answer: Answer | undefined): boolean {
  if (answer === undefined) return true;
  if (answer.kind !== 'list') return false;
  return scene.domains.every((domain) => {
    const is = state[domain] ?? untouched;
    const listed = answer.domains.filter((each) => each.domain === domain);
    const expected =
      is.owner === bucket ? 'Enabled' : is.departed.includes(bucket) ? 'Disabled' : undefined;
    if (expected === undefined) return listed.length === 0;
    const [first, ...more] = listed;
    if (first === undefined || more.length > 0 || first.status !== expected) return false;
    const certificate = first.certificate;
    if (expected === 'Disabled') return certificate === undefined;
    return nameOf(scene, certificate?.id) === is.binding && certificate?.type === is.bindingType;
  });
}
