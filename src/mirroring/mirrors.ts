import {
  type ExpectedContent,
  type IncomingContent,
  type MirrorRequest,
  type MirrorRule,
  mirrorFacts,
  type NewObject,
  type Objects,
  type StoredObject,
} from '../buckets/index.ts';
import { OssError } from '../errors/index.ts';
import type { Dialer, FetchAnswer } from '../outbound/index.ts';
import type { World } from '../world/index.ts';
import { createHandOver } from './hand-over.ts';
import { askOrigin } from './origin.ts';

export interface MirrorWish {
  readonly rule: MirrorRule;
  readonly request: MirrorRequest;
  /** Where it is kept, and how: all that the origin does not say. */
  readonly place: Pick<NewObject, 'bucket' | 'key' | 'extras'>;
  /** Whether the content may be given while it comes; else it is `stored` first. */
  readonly isStreamTaken: boolean;
}

export type Mirrored =
  /** It stands under the key now; `object` where this very call has put it there. */
  | { readonly kind: 'stored'; readonly object: StoredObject | undefined }
  | { readonly kind: 'missing' }
  | {
      readonly kind: 'streamed';
      readonly headers: Readonly<Record<string, string>>;
      readonly length: number | undefined;
      /** Breaks off with the fetch: its end has come only when the object is stored. */
      readonly chunks: AsyncIterable<Uint8Array>;
      close(): Promise<void>;
    }
  | { readonly kind: 'passed'; readonly answer: FetchAnswer };

export interface MirrorLimits {
  /** Fetches under way at once; each holds a connection and a chunk or two. */
  readonly fetchesMax: number;
}

export interface Mirrors {
  /**
   * Fetches what a key has at its origin. One fetch for a key at a time: who comes meanwhile waits
   * for its end and is told the same. What stands under the key by then is never replaced.
   * @throws OssError MirrorFailed, ServiceUnavailable, and those of storing.
   */
  mirror(wish: MirrorWish): Promise<Mirrored>;
  /** Breaks off what is still being fetched, also for nobody any more; nothing of it is kept. */
  stop(): Promise<void>;
}

/** How a fetch ended for those who waited; `passed` is for nobody but who asked. */
type Ended =
  | { readonly kind: 'stored' | 'missing' | 'passed' }
  | { readonly kind: 'failed'; readonly problem: unknown };

/** Ours: a fetch may last as long as its origin sends. */
const mirrorLimits: MirrorLimits = { fetchesMax: 256 };

export function createMirrors(parts: {
  dialer: Dialer;
  objects: Store;
  world: Pick<World, 'clock'>;
  limits?: MirrorLimits;
}): Mirrors {
  const { objects, limits = mirrorLimits } = parts;
  const underWay = new Map<string, Promise<Ended>>();
  const answers = new Set<FetchAnswer>();
  let fetches = 0;

  async function lead(wish: MirrorWish, end: (ended: Ended) => void): Promise<Mirrored> {
    const { bucket, key } = wish.place;
    // Another fetch may have ended since this request was told that there is nothing.
    if ((await objects.findObject(bucket, key)) !== undefined) {
      end({ kind: 'stored' });
      return { kind: 'stored', object: undefined };
    }
    const origin = await askOrigin(parts, wish.rule, wish.request);
    if (origin.kind === 'failed') throw mirrorFailed(origin.why);
    if (origin.kind === 'missing') {
      end(origin);
      return origin;
    }
    const { answer } = origin;
    if (origin.kind === 'passed') {
      end({ kind: 'passed' });
      return { kind: 'passed', answer: { ...answer, body: faithful(answer) } };
    }
    answers.add(answer);
    return await keep(objects, wish, answer, (ended) => {
      answers.delete(answer);
      end(ended);
    });
  }

  /** What others wait for, until `end` is called; the first call counts. */
  function begin(name: string): (ended: Ended) => void {
    const { promise, resolve } = Promise.withResolvers<Ended>();
    const isAwaited = !underWay.has(name);
    if (isAwaited) underWay.set(name, promise);
    fetches += 1;
    let isOver = false;
    return (ended) => {
      if (isOver) return;
      isOver = true;
      fetches -= 1;
      if (isAwaited) underWay.delete(name);
      resolve(ended);
    };
  }

  return {
    async mirror(wish) {
      const name = `${wish.place.bucket.id}/${wish.place.key}`;
      const standing = underWay.get(name);
      if (standing !== undefined) {
        const ended = await standing;
        if (ended.kind === 'failed') throw ended.problem;
        if (ended.kind === 'stored') return { kind: 'stored', object: undefined };
        if (ended.kind === 'missing') return { kind: 'missing' };
      }
      if (fetches >= limits.fetchesMax) throw tooMany();
      const end = begin(name);
      try {
        return await lead(wish, end);
      } catch (problem) {
        end({ kind: 'failed', problem });
        throw problem;
      }
    },
    async stop() {
      for (const answer of answers) answer.close();
      await Promise.all(underWay.values());
    },
  };
}

type Store = Pick<Objects, 'findObject' | 'putObject'>;

async function keep(
  objects: Store,
  wish: MirrorWish,
  answer: FetchAnswer,
  end: (ended: Ended) => void,
): Promise<Mirrored> {
  const facts = mirrorFacts(answer.headers);
  const announced = answer.headers['content-length'];
  const length = announced === undefined ? undefined : Number(announced);
  const md5 = wish.rule.isMd5Checked ? answer.headers['content-md5'] : undefined;
  const handOver = createHandOver(faithful(answer));
  // What is to be verified as a whole is given to nobody before it was.
  const isGiven = wish.isStreamTaken && md5 === undefined;
  if (!isGiven) handOver.leave();
  const content: IncomingContent = { length, stream: () => handOver.kept() };
  const storing = store(objects, wish, content, { facts, expected: { md5: asText(md5) } })
    .finally(answer.close)
    .then(
      (object) => {
        end({ kind: 'stored' });
        return object;
      },
      (problem: unknown) => {
        end({ kind: 'failed', problem });
        throw problem;
      },
    );
  if (!isGiven) return { kind: 'stored', object: await storing };
  // Whoever reads to the end is told; when the reader has gone, nobody need be.
  storing.catch(() => {});
  return {
    kind: 'streamed',
    headers: facts.headers,
    length,
    chunks: handOver.given(storing),
    close: async () => handOver.leave(),
  };
}

function asText(header: string | string[] | undefined): string | undefined {
  return Array.isArray(header) ? header.join() : header;
}

/** `undefined`: somebody else has put an object there meanwhile, and that one stays. */
async function store(
  objects: Store,
  { place }: MirrorWish,
  content: IncomingContent,
  { facts, expected }: { facts: NewObject['facts']; expected: ExpectedContent },
): Promise<StoredObject | undefined> {
  const how = { acl: 'default', storageClass: undefined, isOverwriteForbidden: true } as const;
  try {
    return (await objects.putObject({ ...place, ...how, content, expected, facts })).object;
  } catch (problem) {
    if (problem instanceof OssError && problem.code === 'FileAlreadyExists') return undefined;
    throw refused(problem);
  }
}

/** What a writer would be told of a bad upload, its origin is to blame for here. */
const faultsOfContent: readonly string[] = ['EntityTooLarge', 'InvalidDigest', 'RequestTimeout'];

function refused(problem: unknown): unknown {
  const isOfContent = problem instanceof OssError && faultsOfContent.includes(problem.code);
  return isOfContent ? mirrorFailed(problem.code) : problem;
}

/** The body, whose breaking off is no fault of the server. */
async function* faithful({ body }: FetchAnswer): AsyncGenerator<Buffer> {
  try {
    yield* body;
  } catch (problem) {
    throw mirrorFailed('the content broke off', problem);
  }
}

function mirrorFailed(why: string, problem?: unknown): OssError {
  return new OssError('MirrorFailed', { cause: new Error(why, { cause: problem }) });
}

function tooMany(): OssError {
  return new OssError('ServiceUnavailable', {
    message: 'Too many objects are being fetched from their origins. Please retry.',
    headers: { 'Retry-After': '2' },
  });
}
