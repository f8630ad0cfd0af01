/** `cnamed domain`: clients of the HTTP API, on this machine or anywhere. */
import { type Command, InvalidArgumentError } from 'commander';
import type { ListedCname } from '../client/index.ts';
import { parseDomain } from '../names/index.ts';
import { type ApiAccess, addAccessFlags, openAccess } from './access.ts';
import type { CliContext } from './context.ts';
import { addDomain } from './domain-add.ts';
import { changeCertificate } from './domain-certificate.ts';
import { showDomain } from './domain-show.ts';
import { readDuration } from './duration.ts';
import { CliFailure, exitCodes } from './failure.ts';
import { addJsonFlag, type Flags } from './flags.ts';
import { formatTime, printJson, printLine, printTable } from './print.ts';

export function addDomainCommands(
  program: Command,
  context: CliContext,
  setCode: (code: number) => void,
): void {
  const group = program.command('domain').description('map domains to buckets');
  const add = (usage: string, description: string): Command =>
    addJsonFlag(addAccessFlags(group.command(usage).description(description)));

  add('add <domain>', 'map a domain, with a certificate if you have one')
    .option('--cert <file>', 'PEM certificate, leaf first, then intermediates')
    .option('--key <file>', 'PEM private key of it')
    .option('--wait [duration]', 'wait until the TXT record is seen [default: 15m]', readWait)
    .addHelpText('after', addExamples(context.program))
    .action(async (text: string, flags: Flags) => {
      const domain = domainOf(text);
      setCode(await addDomain(context, await openAccess(context, flags), domain, flags));
    });

  add('list', 'list the domains of a bucket').action(async (flags: Flags) =>
    listDomains(context, await openAccess(context, flags), flags),
  );

  add('show <domain>', 'show one domain: mapping, certificate, and what DNS answers now').action(
    async (text: string, flags: Flags) =>
      showDomain(context, await openAccess(context, flags), domainOf(text), flags),
  );

  add('cert <domain>', 'bind, replace or unbind the certificate of a mapped domain')
    .option('--cert <file>', 'PEM certificate, leaf first, then intermediates')
    .option('--key <file>', 'PEM private key of it')
    .option('--cert-id <id>', 'a stored certificate instead')
    .option('--previous <id>', 'replace only this one [default: the one bound now]')
    .option('--force', 'replace whatever is bound')
    .option('--unbind', 'take the certificate off; the domain stays mapped')
    .action(async (text: string, flags: Flags) =>
      changeCertificate(context, await openAccess(context, flags), domainOf(text), flags),
    );

  add('remove <domain>', 'stop serving a domain').action(async (text: string, flags: Flags) =>
    removeDomain(context, await openAccess(context, flags), domainOf(text), flags),
  );
}

function addExamples(program: string): string {
  return `
Examples:
  ${program} domain add www.example.com --bucket site --wait
  ${program} domain add www.example.com --bucket site --cert chain.pem --key key.pem --wait 2h
  ${program} domain add www.example.com --bucket site --region cn-hangzhou \\
      --endpoint https://oss-cn-hangzhou.aliyuncs.com --access-key-id ID --access-key-secret SECRET

Exit codes: 0 mapped, 1 not mapped (the TXT record to create was printed), 2 wrong usage.`;
}

function readWait(text: string): number {
  const ms = readDuration(text);
  if (ms === undefined) throw new InvalidArgumentError('Expected a duration such as 15m or 2h.');
  return ms;
}

function domainOf(text: string): string {
  const parsed = parseDomain(text);
  if (parsed.ok) return parsed.domain;
  throw new CliFailure(`"${text}" is no domain that can be mapped: ${parsed.message}`, {
    exitCode: exitCodes.usage,
  });
}

async function listDomains(context: CliContext, access: ApiAccess, flags: Flags): Promise<void> {
  const list = await access.client.listCname();
  if (flags.json) {
    printJson(context.stdout, list);
    return;
  }
  const rows = list.cnames.map((cname) => [
    cname.domain,
    cname.status,
    formatTime(cname.lastModified) ?? '',
    ...certificateCells(cname),
  ]);
  const heading = ['DOMAIN', 'STATUS', 'SINCE', 'CERTIFICATE', 'VALID UNTIL'];
  printTable(context.stdout, heading, rows);
}

function certificateCells({ certificate }: ListedCname): string[] {
  if (!certificate) return ['none: HTTP only', ''];
  return [certificate.certId, formatTime(certificate.validEndDate) ?? ''];
}

async function removeDomain(
  context: CliContext,
  access: ApiAccess,
  domain: string,
  flags: Flags,
): Promise<void> {
  const { bucket } = access;
  const before = await access.client.listCname();
  const wasMapped = before.cnames.some((cname) => cname.domain === domain);
  const { requestId } = await access.client.deleteCname({ domain });
  if (flags.json) {
    printJson(context.stdout, { domain, bucket, status: 'removed', wasMapped, requestId });
    return;
  }
  printLine(
    context.stdout,
    wasMapped
      ? `${domain} is not mapped to ${bucket} any more`
      : `${domain} was not mapped to ${bucket}; nothing changed`,
  );
  if (wasMapped) {
    printLine(context.stderr, '  next: remove its CNAME or A record from DNS as well');
  }
}
