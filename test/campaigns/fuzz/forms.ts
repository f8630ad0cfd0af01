/** Forms as browsers post them, signed in every way, with fields, policy and bytes spoiled. */
import type { Chance } from '../../support/chance.ts';
import {
  boundary,
  type FormFields,
  formBody,
  formType,
  signFormV1,
  signFormV4,
} from '../../support/forms.ts';
import type { TestCredentials } from '../../support/sign.ts';
import { base64, callbacks, drawHeader, drawValue, variables } from './requests.ts';
import { spoil } from './spoil.ts';

export interface PostedForm {
  readonly headers: Record<string, string>;
  readonly body: Buffer;
}

const hourMs = 3_600_000;

const fieldSeeds: Readonly<Record<string, readonly string[]>> = {
  'Cache-Control': ['no-cache'],
  'Content-Disposition': ['attachment; filename="a"'],
  'Content-Encoding': ['gzip'],
  'Content-Type': ['text/plain'],
  Expires: ['Sun, 22 Nov 2026 09:00:00 GMT'],
  success_action_redirect: ['https://www.example.com/done?a=b'],
  success_action_status: ['200', '201', '204'],
  'x-oss-content-type': ['text/html'],
  'x-oss-forbid-overwrite': ['true'],
  'x-oss-meta-a': ['a value', '\u{1d4b3}'],
  'x-oss-meta-__proto__': ['a'],
  'x-oss-object-acl': ['public-read', 'default'],
  'x-oss-security-token': ['token'],
  'x-oss-server-side-encryption': ['AES256', 'KMS'],
  'x-oss-server-side-encryption-key-id': ['9468da86'],
  'x-oss-storage-class': ['IA'],
  'x-oss-tagging': ['<Tagging><TagSet><Tag><Key>k</Key><Value>v</Value></Tag></TagSet></Tagging>'],
  'x-oss-traffic-limit': ['819200'],
  callback: callbacks,
  'callback-var': variables,
  'x:v': ['a'],
  Key: ['twice'],
  policy: ['twice'],
};

const conditions: readonly unknown[] = [
  { bucket: '{bucket}' },
  ['eq', '$key', 'posted/${filename}'],
  ['starts-with', '$key', 'posted/'],
  ['in', '$content-type', ['text/plain', 'text/html', '']],
  ['not-in', '$cache-control', ['no-store']],
  ['content-length-range', 0, 1_000],
  ['content-length-range', '1', '20'],
  { 'x-oss-object-acl': 'public-read' },
  ['eq', '$success_action_status', '201'],
  ['starts-with', '$x-oss-meta-a', ''],
  ['eq', '$x:v', 'a'],
  {},
  [],
  null,
  ['eq', '$__proto__', ''],
  ['eq', '$constructor', {}],
];

export function drawForm(
  chance: Chance,
  { bucket, now, credentials }: { bucket: string; now: number; credentials: TestCredentials },
): PostedForm {
  const fields: [string, string][] = [
    ['key', drawValue(['posted/${filename}', 'posted/a'], chance)],
  ];
  if (chance.one(20)) fields.pop();
  fields.push(...signFields(chance, bucket, now, credentials));
  const { securityToken } = credentials;
  if (securityToken !== undefined) fields.push(['x-oss-security-token', securityToken]);
  for (let times = chance.int(5); times > 0; times--) {
    const name = chance.pick(Object.keys(fieldSeeds));
    const isTaken = fields.some(([other]) => other.toLowerCase() === name.toLowerCase());
    if (isTaken && !chance.one(10)) continue;
    const value = drawValue(fieldSeeds[name] ?? [''], chance);
    fields.push([name, name.startsWith('callback') ? base64(value) : value]);
  }
  const file = chance.one(20) ? undefined : drawFile(chance);
  const after: FormFields = chance.one(5) ? [['submit', drawValue(['upload'], chance)]] : [];
  const whole = formBody(fields, file, after);
  // As latin1 every byte is a character, and stays one.
  const body = chance.one(3)
    ? Buffer.from(spoil(whole.toString('latin1'), chance), 'latin1')
    : whole;
  const headers: Record<string, string> = { 'content-type': drawType(chance) };
  while (chance.one(3)) {
    const [name, value] = drawHeader(chance);
    if (name !== 'content-type') headers[name] = value;
  }
  return { headers, body };
}

function signFields(
  chance: Chance,
  bucket: string,
  now: number,
  credentials: TestCredentials,
): [string, string][] {
  const kind = chance.int(5);
  if (kind === 0) return [];
  const policy = drawPolicy(chance, now).replaceAll('{bucket}', bucket);
  const signed = kind < 3 ? signFormV1(credentials, policy) : signFormV4(credentials, policy, now);
  const fields = signed.map(([name, value]): [string, string] => [name, String(value)]);
  const spoiled = chance.one(6) ? chance.pick(fields) : undefined;
  if (spoiled !== undefined) spoiled[1] = drawValue([spoiled[1]], chance);
  return chance.one(15) ? fields.slice(chance.int(fields.length)) : fields;
}

function drawPolicy(chance: Chance, now: number): string {
  const expiration = chance.one(8)
    ? drawValue(['2099-01-01T00:00:00Z'], chance)
    : new Date(now + hourMs).toISOString();
  const some = Array.from({ length: 1 + chance.int(3) }, () => chance.pick(conditions));
  const text = JSON.stringify({ expiration, conditions: some });
  return chance.one(3) ? spoil(text, chance) : text;
}

function drawFile(chance: Chance) {
  const name = drawValue(['a.txt', 'C:\\\\a\\\\b.txt'], chance).replace(/[\r\n]/g, '');
  const type = drawValue(['text/plain'], chance).replace(/[\r\n]/g, '');
  return {
    ...(chance.one(5) ? {} : { name }),
    ...(chance.one(3) ? {} : { type }),
    content: 'bytes of a file '.repeat(chance.int(100)),
  };
}

function drawType(chance: Chance): string {
  if (!chance.one(10)) return formType;
  const types = [
    `multipart/form-data; boundary="${boundary}"`,
    'multipart/form-data',
    'text/plain',
  ];
  return chance.pick([...types, `multipart/form-data; boundary=${'b'.repeat(100)}`]);
}
