/**
 * `cnamed domain add`: map at once if the service allows it; else show the TXT record that proves
 * the domain, and with `--wait` stay until it is seen and the domain is mapped.
 */
import { type CertificateConfiguration, CnameError, type CnameToken } from '../client/index.ts';
import { createTxtResolver } from '../dns/index.ts';
import { registrableDomain } from '../names/index.ts';
import { type ApiAccess, readPem } from './access.ts';
import type { CliContext } from './context.ts';
import { CliFailure, type ExitCode, exitCodes } from './failure.ts';
import { type Flags, textFlag } from './flags.ts';
import { formatSpan, formatTime, printFacts, printJson, printLine } from './print.ts';
import { Progress } from './progress.ts';
import { watchForProof } from './proof-watch.ts';

const waitMsDefault = 15 * 60_000;
/** Suggested in the zone-file form: short, so that a wrong value can be put right soon. */
const recordTtlSeconds = 300;

export async function addDomain(
  context: CliContext,
  access: ApiAccess,
  domain: string,
  flags: Flags,
): Promise<ExitCode> {
  const certificateConfiguration = await readCertificate(context, flags);
  const map = async (): Promise<void> => {
    await access.client.putCname({ domain, certificateConfiguration });
  };
  if (await mapsAtOnce(map)) {
    reportMapped(context, access, domain, certificateConfiguration !== undefined, flags);
    return exitCodes.done;
  }
  const token = await access.client.createCnameToken({ domain });
  const waitMs = waitOf(flags);
  if (waitMs === undefined) {
    reportUnproven(context, access, token, flags);
    return exitCodes.failed;
  }
  // Programs get one document at the end; the person who has to create the record reads this.
  printRecord(context, flags.json ? 'stderr' : 'stdout', context.world.clock.now(), token);
  const progress = new Progress(context.stderr, context.world.timers);
  try {
    const { dnsServers } = access.config;
    const resolver = createTxtResolver({
      servers: dnsServers.length > 0 ? dnsServers : undefined,
      world: context.world,
    });
    await watchForProof({ world: context.world, resolver, token, map, progress, waitMs });
  } finally {
    progress.finish();
  }
  reportMapped(context, access, domain, certificateConfiguration !== undefined, flags);
  return exitCodes.done;
}

/** Mapped here already, proven by a record that still stands, or ownership is not asked for. */
async function mapsAtOnce(map: () => Promise<void>): Promise<boolean> {
  try {
    await map();
    return true;
  } catch (error) {
    if (error instanceof CnameError && error.code === 'NeedVerifyDomainOwnership') return false;
    throw error;
  }
}

/** Undefined when neither file is given. */
export async function readCertificate(
  context: CliContext,
  flags: Flags,
): Promise<CertificateConfiguration | undefined> {
  const [chain, key] = [textFlag(flags, 'cert'), textFlag(flags, 'key')];
  if (chain === undefined && key === undefined) return undefined;
  if (chain === undefined || key === undefined) {
    throw new CliFailure('--cert and --key belong together.', { exitCode: exitCodes.usage });
  }
  return {
    certificate: await readPem(context, '--cert', chain),
    privateKey: await readPem(context, '--key', key),
  };
}

function waitOf(flags: Flags): number | undefined {
  if (typeof flags.wait === 'number') return flags.wait;
  return flags.wait === true ? waitMsDefault : undefined;
}

function reportMapped(
  context: CliContext,
  access: ApiAccess,
  domain: string,
  hasCertificate: boolean,
  flags: Flags,
): void {
  const { bucket } = access;
  if (flags.json) {
    printJson(context.stdout, { domain, bucket, status: 'mapped', hasCertificate });
    return;
  }
  printLine(context.stdout, `${domain} is mapped to ${bucket}`);
  const address = hasCertificate ? `https://${domain}/` : `http://${domain}/`;
  printLine(
    context.stderr,
    `  next: point ${domain} at the server (CNAME or A record): ${address}`,
  );
  if (!hasCertificate) {
    const next = `${context.program} domain cert ${domain} --bucket ${bucket} --cert F --key F`;
    printLine(context.stderr, '  next: HTTPS needs a certificate, unless one was bound before:');
    printLine(context.stderr, `        ${next}`);
  }
}

function reportUnproven(
  context: CliContext,
  access: ApiAccess,
  token: CnameToken,
  flags: Flags,
): void {
  const { bucket } = access;
  const { domain } = token;
  if (flags.json) {
    const txt = recordOf(token);
    printJson(context.stdout, { domain, bucket, status: 'unproven', txt });
    return;
  }
  printRecord(context, 'stdout', context.world.clock.now(), token);
  printLine(context.stderr, '  next: run this command again with --wait, or when DNS shows it');
}

function recordOf(token: CnameToken): Record<string, string> {
  return {
    name: token.txtName,
    type: 'TXT',
    value: token.token,
    zoneFile: `${token.txtName}. ${recordTtlSeconds} IN TXT "${token.token}"`,
    ...(token.expiresAt ? { expiresAt: token.expiresAt.toISOString() } : {}),
  };
}

/** Everything a DNS panel may ask for, each in a form that can be copied. */
function printRecord(
  context: CliContext,
  stream: 'stdout' | 'stderr',
  now: number,
  token: CnameToken,
): void {
  const output = context[stream];
  const zone = registrableDomain(token.domain);
  const host = zone ? token.txtName.slice(0, -zone.length - 1) : undefined;
  const left = token.expiresAt ? token.expiresAt.getTime() - now : undefined;
  printLine(output, `To prove that ${token.domain} is yours, create this DNS record:\n`);
  printFacts(
    output,
    [
      ['name', token.txtName],
      ['type', 'TXT'],
      ['value', token.token],
      ['host', host && `${host}   (where the panel of the zone ${zone} asks for it)`],
      ['zone file', recordOf(token).zoneFile],
      [
        'good until',
        left === undefined
          ? undefined
          : `${formatTime(token.expiresAt)} (${formatSpan(left)} from now)`,
      ],
    ],
    '  ',
  );
  printLine(output);
}
