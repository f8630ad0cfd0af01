/**
 * Says whether what the nodes did may have happened. It replays the audit records of the domain,
 * which are written in the transactions of the changes while the domain's row is held, by the rules
 * of custom-domain.md: nobody gets what another has, and what was acknowledged stood.
 */
import assert from 'node:assert/strict';
import type { AuditRecord } from '../../../src/stores/index.ts';
import type { CertificateRequest } from '../histories/model.ts';
import type { Ask, Report } from './calls.ts';
import type { Stage, Transfer } from './stage.ts';

/** More than one race writes. */
const recordsMax = 1000;
const refusalsOfBuckets = [
  'NoSuchBucket',
  'AccessDenied',
  'BucketAlreadyExists',
  'BucketNotEmpty',
  'NoSuchKey',
];

export interface Standing {
  readonly bucket: string;
  readonly accountId: string;
  readonly certificate: number | undefined;
  /** SHA-1 as ListCname shows it, and SHA-256. */
  readonly leaf: { readonly fingerprint: string; readonly fingerprint256: string } | undefined;
}

/** Whose page was served, and which leaf was shown. */
export interface Sight {
  readonly accountId: string | undefined;
  /** SHA-256. */
  readonly fingerprint256: string | undefined;
}

export interface Tally {
  mapped: number;
  transferred: number;
  rebound: number;
  unmapped: number;
  refused: number;
}

export const emptyTally = (): Tally => ({
  mapped: 0,
  transferred: 0,
  rebound: 0,
  unmapped: 0,
  refused: 0,
});

export class Judge {
  readonly #stage: Stage;
  readonly #domain: string;
  #sequence = 0;
  /** `undefined` stands for nobody. The last one is what stands now. */
  #heat: (Standing | undefined)[] = [undefined];
  /** Everything that ever stood. */
  readonly #past: Standing[] = [];
  /** By bucket: the token that lives. */
  readonly live = new Map<string, string>();
  readonly spent = new Set<string>();
  /** Every value DNS ever showed. */
  readonly shown = new Set<string>();
  /** Buckets that list the domain as one that moved away. */
  readonly departed = new Set<string>();
  /** The node that made the last change of the mapping. */
  lastNode: number | undefined;
  readonly tally = emptyTally();

  constructor(stage: Stage, domain: string) {
    this.#stage = stage;
    this.#domain = domain;
  }

  get standing(): Standing | undefined {
    return this.#heat.at(-1);
  }

  /** All calls of a heat were answered: their changes, in order, explain every answer. */
  async judgeHeat(reports: readonly Report[]): Promise<void> {
    this.#heat = [this.standing];
    const given = new Map([...this.live].map(([bucket, token]) => [bucket, new Set([token])]));
    const remade = new Set(
      reports
        .filter(({ ask, answer }) => ask.kind === 'DeleteBucket' && answer.kind === 'done')
        .map(({ ask }) => ask.bucket),
    );
    const byRequest = new Map(reports.map((report) => [report.requestId, report]));
    assert.equal(byRequest.size, reports.length, 'two requests of one id');
    for (const record of await this.#newRecords()) {
      const report = byRequest.get(record.requestId);
      assert.ok(report, `nobody asked for ${record.action} ${record.requestId}`);
      const isTaken = report.answer.kind !== 'refused';
      assert.ok(isTaken, `refused, and done: ${JSON.stringify(record)}`);
      await this.#replay(record, report, remade);
      if (report.answer.kind === 'token') {
        const tokens = given.get(record.bucket) ?? new Set();
        given.set(record.bucket, tokens.add(report.answer.token));
      }
    }
    for (const bucket of remade) await this.#learnRemade(bucket);
    const mayMissBuckets = reports.some(({ ask }) => ask.kind === 'DeleteBucket');
    for (const report of reports) {
      this.#explain(report, given.get(report.ask.bucket) ?? new Set(), mayMissBuckets);
    }
  }

  /** A page and a leaf that a visitor saw in the heat are of somebody who had the domain. */
  judgeSight({ accountId, fingerprint256 }: Sight): void {
    const isOwner = this.#past.some((standing) => standing.accountId === accountId);
    assert.ok(accountId === undefined || isOwner, `the page of ${accountId}, who never had it`);
    const isBound = this.#past.some(({ leaf }) => leaf?.fingerprint256 === fingerprint256);
    assert.ok(fingerprint256 === undefined || isBound, `the leaf ${fingerprint256}, never bound`);
  }

  /** A bucket takes its tokens and notices with it, and no record says which were the new one's. */
  async #learnRemade(name: string): Promise<void> {
    const { buckets, cnames } = this.#stage.engines.metadata;
    this.departed.delete(name);
    this.live.delete(name);
    const bucket = await buckets.findBucket(name);
    if (bucket === undefined) return;
    const token = await cnames.findTokenOfAnyAge(bucket.id, this.#domain);
    if (token !== undefined) this.live.set(name, token.token);
    const listed = await cnames.listDomains(bucket.id);
    if (listed.some(({ cname }) => cname.status === 'Disabled')) this.departed.add(name);
  }

  async #newRecords(): Promise<AuditRecord[]> {
    const { audit } = this.#stage.engines.metadata;
    const all = await audit.listAudit({ domain: this.#domain, limit: recordsMax });
    const fresh = all.filter(({ sequence }) => sequence > this.#sequence).reverse();
    this.#sequence = fresh.at(-1)?.sequence ?? this.#sequence;
    // Refusals worth keeping change nothing.
    return fresh.filter(({ detail }) => detail.outcome === undefined);
  }

  async #replay(record: AuditRecord, report: Report, remade: ReadonlySet<string>): Promise<void> {
    const { bucket, ownerId, detail } = record;
    const before = this.standing;
    if (record.action === 'CreateCnameToken') {
      assert.ok(report.answer.kind === 'token');
      const { token } = report.answer;
      assert.ok(!this.spent.has(token), 'a spent token was given again');
      const isSecond = this.live.has(bucket) && !remade.has(bucket);
      assert.ok(!isSecond, `a second token of ${bucket} while the first lives`);
      this.live.set(bucket, token);
      return;
    }
    assert.ok(report.ask.bucket === bucket || detail.nextOwnerId !== undefined, 'another bucket');
    if (record.action === 'DeleteCname' && detail.status === 'Disabled') {
      assert.ok(this.departed.delete(bucket), `nothing moved away from ${bucket}`);
      return;
    }
    this.lastNode = report.ask.node;
    if (detail.nextOwnerId !== undefined) {
      assert.equal(before?.bucket, bucket, 'taken from a stranger');
      assert.equal(before?.accountId, ownerId, 'taken from another account');
      this.departed.add(bucket);
      return;
    }
    if (record.action === 'DeleteCname' || record.action === 'DeleteBucket') {
      assert.equal(before?.bucket, bucket, `${record.action} took it from a stranger`);
      this.departed.delete(bucket);
      if (record.action === 'DeleteBucket') this.live.delete(bucket);
      this.#heat.push(undefined);
      this.tally.unmapped++;
      return;
    }
    const after = await this.#standingAfter(record);
    if (detail.isNew === true) this.#checkClaim(record, before);
    else {
      assert.equal(before?.bucket, bucket, 'changed by a stranger');
      assert.equal(detail.previousCertificateNumber ?? undefined, before?.certificate, 'before');
      this.tally.rebound++;
    }
    this.#checkCertificate(report, after, detail.isNew === true ? undefined : before);
    this.#heat.push(after);
    this.#past.push(after);
  }

  async #standingAfter({ bucket, ownerId, detail }: AuditRecord): Promise<Standing> {
    const number = (detail.certificateNumber ?? undefined) as number | undefined;
    const found =
      number === undefined
        ? undefined
        : await this.#stage.engines.metadata.certificates.findCertificate(number);
    if (number !== undefined) assert.equal(found?.accountId, ownerId, "another's certificate");
    return { bucket, accountId: ownerId, certificate: number, leaf: found };
  }

  #checkClaim({ bucket, ownerId, detail }: AuditRecord, before: Standing | undefined): void {
    this.tally.mapped++;
    if (before !== undefined) {
      assert.equal(this.#stage.transfer, 'proof', 'moved without leave');
      assert.notEqual(before.accountId, ownerId, 'moved within an account');
      this.tally.transferred++;
    }
    assert.equal(detail.previousOwnerId, before?.accountId, 'a second owner');
    const token = this.live.get(bucket);
    assert.ok(token, `${bucket} has it without a live token`);
    assert.ok(this.shown.has(token), 'by a token that DNS never showed');
    this.live.delete(bucket);
    this.spent.add(token);
    this.departed.delete(bucket);
  }

  /** custom-domain.md 2.3, and that it is the one that was brought. */
  #checkCertificate({ ask }: Report, after: Standing, before: Standing | undefined): void {
    assert.ok(ask.kind === 'PutCname', ask.kind);
    const { certificate } = ask;
    if (certificate.form === 'none') {
      assert.equal(after.certificate, before?.certificate, 'changed by nobody');
    } else if (certificate.form === 'unbind') {
      assert.equal(after.certificate, undefined, 'still bound');
    } else if (certificate.form === 'inline') {
      assert.equal(after.leaf?.fingerprint, certificate.fingerprint, 'another leaf');
      if (certificate.isForced) return;
      const isGuardMet = numberOf(certificate.previous) === before?.certificate;
      assert.ok(isGuardMet, 'the guard let a wrong caller pass');
    }
  }

  /** Some moment of the heat explains the answer. */
  #explain(report: Report, given: ReadonlySet<string>, mayMissBuckets: boolean): void {
    const { ask, accountId, answer } = report;
    const told = `${ask.kind} of ${ask.bucket} on node ${ask.node}: ${JSON.stringify(answer)}`;
    const some = (is: (standing: Standing | undefined) => boolean): void =>
      assert.ok(this.#heat.some(is), `${told}; stood: ${JSON.stringify(this.#heat)}`);
    if (answer.kind === 'token') assert.ok(given.has(answer.token), `${told}: not given`);
    if (answer.kind === 'refused') {
      this.tally.refused++;
      const isMissing = mayMissBuckets && refusalsOfBuckets.includes(answer.code);
      if (!isMissing) some(refusalOf(report, answer.code, this.#stage.transfer));
      return;
    }
    if (ask.kind === 'DeleteCname') some((standing) => standing?.bucket !== ask.bucket);
    if (ask.kind !== 'PutCname') return;
    const { certificate } = ask;
    some((standing) => {
      if (standing?.bucket !== ask.bucket || standing.accountId !== accountId) return false;
      if (certificate.form === 'unbind') return standing.certificate === undefined;
      if (certificate.form !== 'inline') return true;
      return standing.leaf?.fingerprint === certificate.fingerprint;
    });
  }
}

/** When a call is refused with this code. */
function refusalOf(
  { ask, accountId }: Report,
  code: string,
  transfer: Transfer,
): (standing: Standing | undefined) => boolean {
  switch (code) {
    case 'NoNeedCreateCnameToken':
      return (standing) => standing?.bucket === ask.bucket;
    case 'NeedVerifyDomainOwnership':
      return (standing) => standing?.bucket !== ask.bucket;
    case 'CnameAlreadyExists':
      return (standing) => standing?.accountId === accountId && standing.bucket !== ask.bucket;
    case 'CnameDenied':
      return (standing) =>
        transfer === 'deny' && standing !== undefined && standing.accountId !== accountId;
    case 'NoSuchCname':
      return (standing) => isUnbind(ask) && standing?.bucket !== ask.bucket;
    case 'InvalidArgument 0018-00000209':
      return (standing) => {
        const bound = standing?.bucket === ask.bucket ? standing.certificate : undefined;
        return isUnforced(ask) && numberOf(ask.certificate.previous) !== bound;
      };
    default:
      return () => false;
  }
}

type Put = Extract<Ask, { kind: 'PutCname' }>;

const isUnbind = (ask: Ask): boolean =>
  ask.kind === 'PutCname' && ask.certificate.form === 'unbind';

const isUnforced = (
  ask: Ask,
): ask is Put & { certificate: Extract<CertificateRequest, { form: 'inline' }> } =>
  ask.kind === 'PutCname' && ask.certificate.form === 'inline' && !ask.certificate.isForced;

/** Of a CertId: the part before the region. */
function numberOf(certId: string | undefined): number | undefined {
  return certId === undefined ? undefined : Number.parseInt(certId, 10);
}
