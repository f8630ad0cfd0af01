/** `cnamed domain cert`: the certificate of a domain that is mapped already. */
import type { CertificateConfiguration, ListedCname } from '../client/index.ts';
import type { ApiAccess } from './access.ts';
import type { CliContext } from './context.ts';
import { readCertificate } from './domain-add.ts';
import { CliFailure, exitCodes } from './failure.ts';
import { type Flags, textFlag } from './flags.ts';
import { formatTime, printJson, printLine } from './print.ts';

export async function changeCertificate(
  context: CliContext,
  access: ApiAccess,
  domain: string,
  flags: Flags,
): Promise<void> {
  const wanted = await readWanted(context, flags);
  const before = await findCname(access, domain);
  const certificateConfiguration = {
    ...wanted,
    ...guardOf(before, wanted, flags),
  };
  const { requestId } = await access.client.putCname({ domain, certificateConfiguration });
  const { certificate } = await findCname(access, domain);
  const { bucket } = access;
  if (flags.json) {
    printJson(context.stdout, {
      domain,
      bucket,
      certificate: certificate ?? null,
      requestId,
    });
    return;
  }
  if (!certificate) {
    printLine(context.stdout, `${domain} has no certificate now; it is served over HTTP`);
    return;
  }
  const previous = before.certificate?.certId;
  const until = formatTime(certificate.validEndDate) ?? 'an unknown date';
  const change =
    previous === undefined || previous === certificate.certId ? '' : ` in place of ${previous}`;
  printLine(
    context.stdout,
    `${domain} is served with ${certificate.certId}${change}, valid until ${until}`,
  );
}

/** Exactly one of: files, a stored certificate, none any more. */
async function readWanted(context: CliContext, flags: Flags): Promise<CertificateConfiguration> {
  const material = await readCertificate(context, flags);
  const certId = textFlag(flags, 'certId');
  const wanted = [
    material,
    certId === undefined ? undefined : { certId },
    flags.unbind ? { deleteCertificate: true } : undefined,
  ].filter((choice) => choice !== undefined);
  const [only, ...others] = wanted;
  if (only && others.length === 0) return only;
  throw new CliFailure('Give one of: --cert with --key, --cert-id, --unbind.', {
    exitCode: exitCodes.usage,
  });
}

/**
 * Without `--force` the replace is guarded by the certificate bound now, so that of two people who
 * replace it at the same time one is told. Unbinding knows no Force (custom-domain.md 2.4).
 */
function guardOf(
  before: ListedCname,
  wanted: CertificateConfiguration,
  flags: Flags,
): CertificateConfiguration {
  if (flags.force && !wanted.deleteCertificate) return { force: true };
  const previous = textFlag(flags, 'previous') ?? before.certificate?.certId;
  return previous === undefined ? {} : { previousCertId: previous };
}

export async function findCname(access: ApiAccess, domain: string): Promise<ListedCname> {
  const list = await access.client.listCname();
  const found = list.cnames.find((cname) => cname.domain === domain);
  if (found) return found;
  throw new CliFailure(`${domain} is not mapped to ${access.bucket}.`, {
    next: ['domain list shows what is; domain add maps it.'],
  });
}
