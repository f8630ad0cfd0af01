/** A place of the check list whose domain is mapped, with a certificate, and what lies there. */
import type { TestCertificate } from '../../support/certificates.ts';
import { expectOk, firstWay, inline, type Place, type Stage, type Way } from './stage.ts';

export const aclOf = (acl: string) => ({ 'x-oss-acl': acl });

/** A bucket of this owner and way whose domain is mapped, with a certificate. */
export async function mapPlace(
  stage: Stage,
  leaf: TestCertificate,
  way: Way = firstWay,
  acl = 'private',
): Promise<Place> {
  const place = await stage.place(way);
  await expectOk(place.call({ method: 'PUT', query: { acl: undefined }, headers: aclOf(acl) }));
  await place.prove();
  await expectOk(place.put(inline(leaf)));
  return place;
}

/** A page of HTML, unless the headers say otherwise. */
export async function upload(place: Place, key: string, body: string, headers = {}): Promise<void> {
  await expectOk(
    place.call({ method: 'PUT', key, body, headers: { 'content-type': 'text/html', ...headers } }),
  );
}
