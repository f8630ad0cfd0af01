/** Forms as browsers send them, and their policies signed, written on their own. */
import { createHmac } from 'node:crypto';
import type { TestCredentials } from './sign.ts';

export interface FormFileToSend {
  /** Left out of the part when undefined. */
  readonly name?: string;
  readonly type?: string;
  readonly content: string | Buffer;
}

export type FormFields = readonly (readonly [name: string, value: string | Buffer])[];

export const boundary = '----TestBoundary7MA4YWxk';
export const formType = `multipart/form-data; boundary=${boundary}`;

/** Fields, the file if there is one, then `after`. */
export function formBody(
  fields: FormFields,
  file: FormFileToSend | undefined = undefined,
  after: FormFields = [],
): Buffer {
  const parts: Buffer[] = [];
  const part = (head: string, content: string | Buffer): void => {
    const value = typeof content === 'string' ? Buffer.from(content, 'utf8') : content;
    parts.push(Buffer.from(`--${boundary}\r\n${head}\r\n\r\n`, 'utf8'), value);
    parts.push(Buffer.from('\r\n'));
  };
  const field = (name: string, value: string | Buffer): void =>
    part(`Content-Disposition: form-data; name="${name}"`, value);
  for (const [name, value] of fields) field(name, value);
  if (file !== undefined) {
    const name = file.name === undefined ? '' : `; filename="${file.name}"`;
    const type = file.type === undefined ? '' : `\r\nContent-Type: ${file.type}`;
    part(`Content-Disposition: form-data; name="file"${name}${type}`, file.content);
  }
  for (const [name, value] of after) field(name, value);
  parts.push(Buffer.from(`--${boundary}--\r\n`));
  return Buffer.concat(parts);
}

/** The document of a policy that ends at `until`. */
export function policyText(until: number, conditions: readonly unknown[]): string {
  return JSON.stringify({ expiration: new Date(until).toISOString(), conditions });
}

const base64 = (text: string): string => Buffer.from(text, 'utf8').toString('base64');

export function signFormV1(key: TestCredentials, policy: string): FormFields {
  const text = base64(policy);
  const signature = createHmac('sha1', key.accessKeySecret).update(text).digest('base64');
  return [
    ['OSSAccessKeyId', key.accessKeyId],
    ['policy', text],
    ['Signature', signature],
  ];
}

/** `at`: x-oss-date; `region` is that of the tests' servers unless given. */
export function signFormV4(
  key: TestCredentials,
  policy: string,
  at: number,
  region = 'cn-hangzhou',
): FormFields {
  const date = new Date(at).toISOString().replace(/[-:]|\.\d{3}/g, '');
  const day = date.slice(0, 8);
  const mac = (secret: string | Buffer, text: string): Buffer =>
    createHmac('sha256', secret).update(text).digest();
  const dayKey = mac(`aliyun_v4${key.accessKeySecret}`, day);
  const signing = mac(mac(mac(dayKey, region), 'oss'), 'aliyun_v4_request');
  const text = base64(policy);
  return [
    ['x-oss-signature-version', 'OSS4-HMAC-SHA256'],
    ['x-oss-credential', `${key.accessKeyId}/${day}/${region}/oss/aliyun_v4_request`],
    ['x-oss-date', date],
    ['policy', text],
    ['x-oss-signature', mac(signing, text).toString('hex')],
  ];
}
