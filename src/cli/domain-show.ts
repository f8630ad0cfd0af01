/** `cnamed domain show`: everything about one domain in one place (custom-domain.md 10). */
import { CnameError, type CnameToken, type ListedCname } from '../client/index.ts';
import { createTxtResolver, type TxtAnswer } from '../dns/index.ts';
import type { ApiAccess } from './access.ts';
import type { CliContext } from './context.ts';
import { CliFailure } from './failure.ts';
import type { Flags } from './flags.ts';
import { formatSpan, formatTime, printFacts, printJson } from './print.ts';
import { describeAnswer, isProven } from './proof-watch.ts';

export async function showDomain(
  context: CliContext,
  access: ApiAccess,
  domain: string,
  flags: Flags,
): Promise<void> {
  const list = await access.client.listCname();
  const cname = list.cnames.find((each) => each.domain === domain);
  if (cname) return showMapped(context, access, cname, flags);
  const token = await findToken(access, domain);
  if (!token) {
    throw new CliFailure(
      `${domain} is not mapped to ${access.bucket}, and no token waits for it.`,
      {
        next: [`${context.program} domain add ${domain} --bucket ${access.bucket}`],
      },
    );
  }
  return showWaiting(context, access, token, flags);
}

async function findToken(access: ApiAccess, domain: string): Promise<CnameToken | undefined> {
  try {
    return await access.client.getCnameToken({ domain });
  } catch (error) {
    if (error instanceof CnameError && error.code === 'CnameTokenNotFound') return undefined;
    throw error;
  }
}

function showMapped(
  context: CliContext,
  access: ApiAccess,
  cname: ListedCname,
  flags: Flags,
): void {
  const { bucket } = access;
  if (flags.json) {
    printJson(context.stdout, { ...cname, bucket, status: 'mapped' });
    return;
  }
  const { certificate } = cname;
  const until = certificate?.validEndDate;
  const left = until ? until.getTime() - context.world.clock.now() : undefined;
  printFacts(context.stdout, [
    ['domain', cname.domain],
    ['bucket', bucket],
    ['status', cname.status],
    ['mapped since', formatTime(cname.lastModified)],
    ['certificate', certificate ? certificate.certId : 'none: served over HTTP only'],
    ['  status', certificate?.status],
    ['  bound since', formatTime(certificate?.creationDate)],
    ['  SHA-1', certificate?.fingerprint],
    ['  valid from', formatTime(certificate?.validStartDate)],
    ['  valid until', until && `${formatTime(until)} (${describeLeft(left ?? 0)})`],
  ]);
}

function describeLeft(ms: number): string {
  return ms > 0 ? `${formatSpan(ms)} left` : 'expired';
}

async function showWaiting(
  context: CliContext,
  access: ApiAccess,
  token: CnameToken,
  flags: Flags,
): Promise<void> {
  const { bucket, config } = access;
  const resolver = createTxtResolver({
    servers: config.dnsServers.length > 0 ? config.dnsServers : undefined,
    world: context.world,
  });
  const answer: TxtAnswer = await resolver.askTxt(token.txtName);
  if (flags.json) {
    printJson(context.stdout, {
      domain: token.domain,
      bucket,
      status: 'unproven',
      txt: { name: token.txtName, type: 'TXT', value: token.token, expiresAt: token.expiresAt },
      dns: { ...answer, isProven: isProven(answer, token) },
    });
    return;
  }
  printFacts(context.stdout, [
    ['domain', token.domain],
    ['bucket', bucket],
    ['status', 'not mapped; a token waits for its TXT record'],
    ['TXT name', token.txtName],
    ['TXT value', token.token],
    ['good until', formatTime(token.expiresAt)],
    ['DNS now', describeAnswer(answer, token)],
  ]);
}
