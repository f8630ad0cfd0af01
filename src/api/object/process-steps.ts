/** What `x-oss-process` asks for: steps, those of styles of the bucket among them. */
import type { Bucket } from '../../buckets/index.ts';
import { OssError } from '../../errors/index.ts';
import { readSteps, type Step, stepsMax } from '../../images/index.ts';
import { invalidArgument } from '../document.ts';
import type { OperationContext } from '../types.ts';

/** Pipes of one request; ours. */
const pipesMax = 4;

/**
 * `image/...` and `style/NAME`, several of them joined by `|`.
 * @throws OssError InvalidArgument, MissingArgument, TooManyPipes, NoSuchStyle; NotImplemented for
 * what is done to other things than images
 */
export async function readProcess(
  { services }: Pick<OperationContext, 'services'>,
  bucket: Bucket,
  pipes: readonly string[],
): Promise<readonly Step[]> {
  if (pipes.length > pipesMax) throw new OssError('TooManyPipes');
  const steps: Step[] = [];
  for (const pipe of pipes) {
    const [kind, rest] = split(pipe);
    if (kind === 'image') steps.push(...readSteps(rest));
    else if (kind === 'style') steps.push(...(await styleSteps({ services }, bucket, rest)));
    else throw refuseKind(kind);
  }
  if (steps.length > stepsMax) throw new OssError('TooManyPipes');
  return steps;
}

function split(pipe: string): readonly [kind: string, rest: string] {
  const slash = pipe.indexOf('/');
  return slash === -1 ? [pipe, ''] : [pipe.slice(0, slash), pipe.slice(slash + 1)];
}

/** A style may hold what is no process at all: it is not looked at when it is put. */
async function styleSteps(
  { services }: Pick<OperationContext, 'services'>,
  bucket: Bucket,
  name: string,
): Promise<readonly Step[]> {
  const document = await services.documents.find(bucket, 'styles');
  const style = document?.styles.find((each) => each.name === name);
  if (style === undefined) throw new OssError('NoSuchStyle', { fields: { Style: name } });
  const [kind, rest] = split(style.content);
  if (kind === 'image') return readSteps(rest);
  throw invalidArgument(
    'x-oss-process',
    style.content.slice(0, 100),
    'The style is no image process.',
  );
}

/** Other things that the reference processes, by the first word. */
const others: readonly string[] = [
  'async-process',
  'audio',
  'csv',
  'doc',
  'hls',
  'imm',
  'json',
  'sys',
  'text',
  'video',
];

function refuseKind(kind: string): OssError {
  if (!others.includes(kind)) {
    const message = 'x-oss-process must begin with image/ or style/.';
    return invalidArgument('x-oss-process', kind.slice(0, 100), message);
  }
  return new OssError('NotImplemented', {
    message: `This server does not implement the process ${kind}.`,
    fields: { Header: 'x-oss-process' },
  });
}
