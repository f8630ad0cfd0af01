/**
 * Finds the row of the table a request means. Pure; looks at level, method, query and one header.
 *
 * A sub-resource the table knows is never ignored: when no row takes it together with the method,
 * the answer is MethodNotAllowed or NotImplemented by name (DESIGN rulings 11 and 18), never a
 * listing or an object. Unknown parameters are no sub-resources: a page may be asked as `/a?v=2`.
 */
import { withoutAnyBucket } from '../auth/index.ts';
import { OssError } from '../errors/index.ts';
import type { HttpRequest } from '../http/index.ts';
import { operations } from './operations.ts';
import type { Level, Operation, QueryRequirement } from './types.ts';

/**
 * Parameters that change what an operation does but select none. They are refused here while no
 * operation honours them: ignoring one would serve something else than was asked for.
 */
const refusedOptions = ['x-oss-async-process', 'x-oss-write-get-object-response'];

/** Honoured by reads of objects, and where a row asks for it. */
const processOption = 'x-oss-process';

/** Honoured by uploads alone. */
const callbackOptions = ['callback', 'callback-var'];

/**
 * Conditions are for reads: a write that carried one must not go ahead as if it held
 * (oss-protocol.md 2.1).
 */
const conditions = ['If-Match', 'If-None-Match', 'If-Modified-Since', 'If-Unmodified-Since'];
const reads: readonly string[] = ['GET', 'HEAD', 'OPTIONS'];

/** Parameters in rows that only refine a selector; alone they select nothing. */
const refinements = new Set([
  'list-type',
  'position',
  'status',
  'startTime',
  'endTime',
  'continuation-token',
  'inventoryId',
  'styleName',
  'qosRequester',
  'x-oss-redundancy-transition-taskid',
  'sequential',
  processOption,
]);

/** Sub-resources of buckets that filter lists of the service, once they have a value. */
const serviceFilters = new Set(['tagging']);

interface LevelIndex {
  readonly byMethod: ReadonlyMap<string, readonly Operation[]>;
  /** Names that select an operation at this level. */
  readonly selectors: ReadonlySet<string>;
}

function indexLevel(level: Level): LevelIndex {
  const byMethod = new Map<string, Operation[]>();
  const selectors = new Set<string>();
  for (const operation of operations) {
    if (operation.on !== level) continue;
    const rows = byMethod.get(operation.method) ?? [];
    rows.push(operation);
    byMethod.set(operation.method, rows);
    for (const name of Object.keys(operation.query)) {
      if (!refinements.has(name)) selectors.add(name);
    }
  }
  return { byMethod, selectors };
}

const levels: Readonly<Record<Level, LevelIndex>> = {
  service: indexLevel('service'),
  bucket: indexLevel('bucket'),
  object: indexLevel('object'),
};

/** Names of parameters that select an operation at `level`; all others only refine one. */
export function selectorsAt(level: Level): ReadonlySet<string> {
  return levels[level].selectors;
}

export function isRequirementMet(
  requirement: QueryRequirement,
  value: string | undefined,
): boolean {
  if (requirement === 'flag') return value !== undefined;
  if (requirement === 'given') return value !== undefined && value !== '';
  if (requirement === 'absent') return value === undefined;
  if ('is' in requirement) return value === requirement.is;
  return value !== requirement.not;
}

/** Whether the row takes this request; every selector of the request must stand in the row. */
export function isRowMatched(
  row: Operation,
  values: ReadonlyMap<string, string>,
  selected: readonly string[],
  hasCopySource: boolean,
): boolean {
  if (row.copySource !== undefined && row.copySource !== hasCopySource) return false;
  for (const name of selected) {
    if (!(name in row.query)) return false;
  }
  for (const name in row.query) {
    const requirement = row.query[name];
    if (requirement && !isRequirementMet(requirement, values.get(name))) return false;
  }
  return true;
}

/**
 * The operation a request at `level` means.
 * @throws OssError InvalidArgument for a sub-resource given twice, MethodNotAllowed, NotImplemented
 * (also for a sub-resource of buckets where none is named).
 */
export function matchOperation(request: HttpRequest, level: Level): Operation {
  const index = levels[level];
  // A preflight has the whole query of the request it asks about, and is the same for every one.
  const preflight = request.method === 'OPTIONS' ? index.byMethod.get('OPTIONS')?.[0] : undefined;
  if (preflight !== undefined) return preflight;
  const values = new Map<string, string>();
  const selected: string[] = [];
  for (const { name, value } of request.query) {
    if (values.has(name)) {
      if (index.selectors.has(name)) throw doubled(name, value);
      continue;
    }
    values.set(name, value);
    if (index.selectors.has(name)) selected.push(name);
    else if (level === 'service' && levels.bucket.selectors.has(name)) {
      if (serviceFilters.has(name) && value !== '') continue;
      throw bucketMissing(name, request.host);
    }
  }
  refuseOptions(request, values, level);
  const hasCopySource = request.headers['x-oss-copy-source'] !== undefined;
  for (const row of index.byMethod.get(request.method) ?? []) {
    if (!isRowMatched(row, values, selected, hasCopySource)) continue;
    const refused = callbackOptions.find((name) => !row.takesCallback && values.has(name));
    if (refused !== undefined) throw notImplemented(refused);
    if (values.has(processOption) && !takesProcess(row)) throw notImplemented(processOption);
    return row;
  }
  throw refuse(request, index, values, selected, hasCopySource);
}

function takesProcess({ name, query }: Operation): boolean {
  return processOption in query || name === 'GetObject' || name === 'HeadObject';
}

function refuseOptions(
  request: HttpRequest,
  values: ReadonlyMap<string, string>,
  level: Level,
): void {
  for (const name of refusedOptions) {
    if (values.has(name)) throw notImplemented(name);
  }
  // Of objects it names a version, which the operations know; anything else has none.
  if (level !== 'object' && values.has('versionId')) throw notImplemented('versionId');
  if (reads.includes(request.method)) return;
  for (const name of conditions) {
    if (request.headers[name.toLowerCase()] === undefined) continue;
    throw new OssError('NotImplemented', { fields: { Header: name } });
  }
}

function refuse(
  request: HttpRequest,
  index: LevelIndex,
  values: ReadonlyMap<string, string>,
  selected: readonly string[],
  hasCopySource: boolean,
): OssError {
  const allowed: string[] = [];
  for (const [method, rows] of index.byMethod) {
    if (rows.some((row) => isRowMatched(row, values, selected, hasCopySource))) {
      allowed.push(method);
    }
  }
  if (allowed.length > 0 || selected.length === 0) {
    const subject = selected.length > 0 ? `?${selected.join('&')}` : 'this resource';
    return new OssError('MethodNotAllowed', {
      message: `The method ${request.method} is not allowed on ${subject}.`,
      fields: { Method: request.method, ResourceType: selected.join(',') || 'Resource' },
      headers: { Allow: allowed.join(', ') || 'GET, HEAD, PUT, POST, DELETE' },
    });
  }
  return notImplemented(selected.join('&'));
}

function doubled(name: string, value: string): OssError {
  return new OssError('InvalidArgument', {
    message: `The query parameter ${name} was given more than once.`,
    fields: { ArgumentName: name, ArgumentValue: value },
  });
}

/** A sub-resource of buckets where no bucket is named: it must not become a list of buckets. */
function bucketMissing(name: string, host: string): OssError {
  return new OssError('NotImplemented', {
    message:
      `The query parameter ${name} belongs to a bucket, and the request names none in Host or ` +
      `path: ${withoutAnyBucket(host)}`,
    fields: { Header: name },
  });
}

function notImplemented(name: string): OssError {
  return new OssError('NotImplemented', {
    message: `This server does not implement the query parameter ${name} here.`,
    fields: { Header: name },
  });
}
