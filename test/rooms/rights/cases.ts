/**
 * The decision table of access-control.md 9, cases 1 to 90. What a case asks is a list: every
 * action that its request needs, and the first that is refused decides.
 */
import type { AccessClass, Acl, Who } from '../../../src/rights/index.ts';
import type { DocumentName } from './documents.ts';

export const owner = '1000000000000001';
export const other = '1000000000000002';

export const callers = {
  owner: { kind: 'account', accountId: owner },
  other: { kind: 'account', accountId: other },
  alice: { kind: 'user', accountId: owner, userId: '2000000000000011', name: 'alice' },
  bob: { kind: 'user', accountId: owner, userId: '2000000000000012', name: 'bob' },
  carol: { kind: 'user', accountId: other, userId: '2000000000000021', name: 'carol' },
  ses: { kind: 'session', accountId: owner, role: 'uploader', session: 'ci-1' },
  ses2: { kind: 'session', accountId: owner, role: 'uploader', session: 'dev' },
  xses: { kind: 'session', accountId: other, role: 'reader', session: 's1' },
  anon: { kind: 'anonymous' },
} as const satisfies Record<string, Who>;

export interface Asking {
  readonly action: string;
  /** Relative to the service; left out: the object `shop/a.txt`. */
  readonly on?: string;
  readonly service?: 'yundun-cert';
  readonly accessClass: AccessClass;
}

export interface Case {
  readonly number: number;
  readonly who: keyof typeof callers;
  readonly asks: readonly Asking[];
  readonly ram?: readonly DocumentName[];
  readonly bucket?: DocumentName;
  readonly session?: DocumentName;
  readonly acl?: Acl;
  readonly objectAcl?: Acl;
  readonly isBlocked?: boolean;
  readonly keys?: Readonly<Record<string, string>>;
  /** Who let it in, or what kept it out. */
  readonly result: string;
}

type More = Partial<Omit<Case, 'number' | 'who' | 'asks' | 'result'>>;

function of(
  number: number,
  who: Case['who'],
  asks: Asking | readonly Asking[],
  result: string,
  more: More = {},
): Case {
  return { number, who, asks: 'action' in asks ? [asks] : asks, result, ...more };
}

const read = (action: string, on?: string): Asking => ({
  action,
  accessClass: 'read',
  ...(on === undefined ? {} : { on }),
});
const write = (action: string, on?: string): Asking => ({
  ...read(action, on),
  accessClass: 'write',
});
const bucketOnly = (action: string, on = 'shop'): Asking => ({
  ...read(action, on),
  accessClass: 'none',
});

const get = read('oss:GetObject');
const put = write('oss:PutObject');
const del = write('oss:DeleteObject');
const putUp = write('oss:PutObject', 'shop/up/x');
const list = bucketOnly('oss:ListObjects');
const getAcl = bucketOnly('oss:GetObjectAcl', 'shop/a.txt');
const info = bucketOnly('oss:GetBucketInfo');
const putCname = bucketOnly('oss:PutCname');
const tagging = bucketOnly('oss:PutObjectTagging', 'shop/a.txt');
const certificate = [
  'DescribeSSLCertificatePrivateKey',
  'DescribeSSLCertificatePublicKeyDetail',
  'CreateSSLCertificate',
].map(
  (name): Asking => ({
    action: `yundun-cert:${name}`,
    on: '*',
    service: 'yundun-cert',
    accessClass: 'none',
  }),
);
const putCnameWithCertificate = [putCname, ...certificate];
const copy = [read('oss:GetObject', 'shop/a'), write('oss:PutObject', 'shop/up/b')];
const http = { 'acs:SecureTransport': 'false' };
const from = (address: string) => ({ 'acs:SourceIp': address });
const prefix = (text: string, delimiter: string) => ({
  'oss:Prefix': text,
  'oss:Delimiter': delimiter,
});

const open: More = { acl: 'public-read' };
const openWrite: More = { acl: 'public-read-write' };

export const cases: readonly Case[] = [
  of(1, 'owner', get, 'owner'),
  of(2, 'owner', putCnameWithCertificate, 'owner'),
  of(3, 'anon', get, 'implicit'),
  of(4, 'anon', get, 'acl', open),
  of(5, 'anon', get, 'implicit', { ...open, objectAcl: 'private' }),
  of(6, 'anon', get, 'acl', { objectAcl: 'public-read' }),
  of(7, 'anon', put, 'implicit', open),
  of(8, 'anon', put, 'acl', openWrite),
  of(9, 'anon', del, 'acl', { objectAcl: 'public-read-write' }),
  of(10, 'anon', list, 'implicit', openWrite),
  of(11, 'anon', getAcl, 'implicit', open),
  of(12, 'alice', get, 'acl', open),
  of(13, 'alice', get, 'implicit'),
  of(14, 'other', get, 'implicit'),
  of(15, 'other', put, 'acl', openWrite),
  of(16, 'other', info, 'implicit', openWrite),
  of(17, 'alice', get, 'identity', { ram: ['R2'] }),
  of(18, 'alice', list, 'identity', { ram: ['R2'] }),
  of(19, 'alice', list, 'implicit', { ram: ['R3'] }),
  of(20, 'alice', putUp, 'identity', { ram: ['R3'] }),
  of(21, 'alice', write('oss:PutObject', 'shop/up'), 'implicit', { ram: ['R3'] }),
  of(22, 'alice', write('oss:DeleteObject', 'shop/private/x'), 'identity-policy', { ram: ['R4'] }),
  of(23, 'alice', write('oss:DeleteObject', 'shop/public/x'), 'identity', { ram: ['R4'] }),
  of(24, 'carol', get, 'implicit', { ram: ['R1'] }),
  of(25, 'alice', list, 'identity', { ram: ['R5'], keys: prefix('', '/') }),
  of(26, 'alice', list, 'implicit', { ram: ['R5'], keys: prefix('b/', '/') }),
  of(27, 'alice', list, 'implicit', { ram: ['R5'], keys: prefix('a/', '') }),
  of(28, 'alice', del, 'implicit', { ram: ['R6'] }),
  of(29, 'alice', bucketOnly('oss:PutBucketWebsite'), 'identity', { ram: ['R6'] }),
  of(30, 'alice', get, 'identity', { ram: ['R7'], keys: { 'oss:ExistingObjectTag/allow': 'yes' } }),
  of(31, 'alice', get, 'implicit', { ram: ['R7'] }),
  of(32, 'alice', get, 'implicit', { ram: ['R10'] }),
  of(33, 'alice', get, 'identity', { ram: ['R10'], keys: from('203.0.113.9') }),
  of(34, 'alice', [put, tagging], 'implicit', { ram: ['R12'] }),
  of(35, 'alice', [put, tagging], 'identity', { ram: ['R11'] }),
  of(36, 'alice', put, 'implicit', {
    ram: ['R11'],
    keys: { 'acs:CurrentTime': '2027-01-01T00:00:00Z' },
  }),
  of(37, 'alice', read('oss:GetObjectVersion'), 'implicit', { ram: ['R2'] }),
  of(38, 'alice', copy, 'implicit', { ram: ['R3'] }),
  of(39, 'alice', copy, 'identity', { ram: ['R2', 'R3'] }),
  of(40, 'alice', read('oss:GetObject', 'shop2/a.txt'), 'identity', { ram: ['R13'] }),
  of(41, 'alice', get, 'identity', { ram: ['R14'] }),
  of(42, 'alice', putCname, 'identity', { ram: ['R8'] }),
  of(43, 'alice', putCnameWithCertificate, 'implicit', { ram: ['R8'] }),
  of(44, 'alice', putCnameWithCertificate, 'identity', { ram: ['R9'] }),
  of(45, 'alice', bucketOnly('oss:DeleteCname'), 'implicit', { ram: ['R9'] }),
  of(46, 'carol', putCname, 'bucket-policy', { bucket: 'B17' }),
  of(47, 'anon', get, 'bucket-policy', { bucket: 'B1' }),
  of(48, 'anon', put, 'implicit', { bucket: 'B1' }),
  of(49, 'anon', list, 'bucket-policy', { bucket: 'B11' }),
  of(50, 'carol', put, 'bucket-policy', { bucket: 'B2' }),
  of(51, 'other', put, 'implicit', { bucket: 'B2' }),
  of(52, 'other', get, 'bucket-policy', { bucket: 'B13' }),
  of(53, 'carol', get, 'implicit', { bucket: 'B13' }),
  of(54, 'owner', get, 'owner', { bucket: 'B3' }),
  of(55, 'alice', get, 'bucket-policy', { ram: ['R1'], bucket: 'B3' }),
  of(56, 'anon', get, 'bucket-policy', { bucket: 'B3', ...open }),
  of(57, 'owner', get, 'bucket-policy', { bucket: 'B4', keys: http }),
  of(58, 'owner', get, 'owner', { bucket: 'B4' }),
  of(59, 'anon', get, 'bucket-policy', { bucket: 'B4', ...open, keys: http }),
  of(60, 'anon', get, 'acl', { bucket: 'B5', ...open, keys: from('203.0.113.5') }),
  of(61, 'anon', get, 'bucket-policy', { bucket: 'B5', ...open }),
  of(62, 'anon', get, 'bucket-policy', { bucket: 'B6', ...open, keys: from('101.7.8.100') }),
  of(63, 'anon', get, 'acl', { bucket: 'B6', ...open, keys: from('101.7.8.101') }),
  of(64, 'owner', bucketOnly('oss:PutBucketAcl'), 'bucket-policy', {
    bucket: 'B9',
    keys: { 'oss:x-oss-acl': 'public-read' },
  }),
  of(65, 'owner', bucketOnly('oss:PutBucketAcl'), 'owner', {
    bucket: 'B9',
    keys: { 'oss:x-oss-acl': 'private' },
  }),
  of(66, 'alice', bucketOnly('oss:PutObjectAcl', 'shop/a.txt'), 'identity', {
    ram: ['R1'],
    bucket: 'B9',
    keys: { 'oss:x-oss-object-acl': 'default' },
  }),
  of(67, 'alice', get, 'bucket-policy', {
    ram: ['R2'],
    bucket: 'B10',
    keys: { 'acs:AccessId': 'LTAI5tEXAMPLE' },
  }),
  of(68, 'ses', get, 'identity', {
    ram: ['R2'],
    bucket: 'B10',
    keys: { 'acs:AccessId': 'STS.NUexample' },
  }),
  of(69, 'anon', get, 'bucket-policy', { bucket: 'B10', ...open }),
  of(70, 'alice', write('oss:DeleteObject', 'shop/private/x'), 'both-policies', {
    ram: ['R4'],
    bucket: 'B12',
  }),
  of(
    71,
    'alice',
    [write('oss:DeleteObject', 'shop/x'), write('oss:DeleteObject', 'shop/private/y')],
    'identity-policy',
    { ram: ['R4'] },
  ),
  of(72, 'alice', get, 'bucket-policy', { ram: ['R2'], bucket: 'B15' }),
  of(73, 'alice', put, 'bucket-policy', { bucket: 'B16', ...openWrite }),
  of(74, 'ses', putUp, 'identity', { ram: ['R3'] }),
  of(75, 'ses', put, 'implicit', { ram: ['R3'], session: 'S1' }),
  of(76, 'ses', putUp, 'identity', { ram: ['R3'], session: 'S1' }),
  of(77, 'ses', write('oss:DeleteObject', 'shop/up/x'), 'session-policy', {
    ram: ['R1'],
    session: 'S1',
  }),
  of(78, 'ses', read('oss:GetObject', 'shop/b.txt'), 'session-policy', {
    ram: ['R1'],
    session: 'S2',
    ...open,
  }),
  of(79, 'ses', get, 'bucket-policy', { bucket: 'B8' }),
  of(80, 'ses2', get, 'implicit', { bucket: 'B8' }),
  of(81, 'xses', get, 'bucket-policy', { bucket: 'B7' }),
  of(82, 'xses', get, 'implicit', { ram: ['R1'] }),
  of(83, 'ses', del, 'session-policy', { ram: ['R1'], session: 'S1' }),
  of(84, 'anon', get, 'implicit', { ...open, isBlocked: true }),
  of(85, 'anon', get, 'implicit', { objectAcl: 'public-read', isBlocked: true }),
  of(86, 'anon', get, 'implicit', { bucket: 'B1', isBlocked: true }),
  of(87, 'carol', get, 'bucket-policy', { bucket: 'B2', isBlocked: true }),
  of(88, 'anon', get, 'bucket-policy', { bucket: 'B14', isBlocked: true }),
  of(89, 'alice', get, 'implicit', { ...open, isBlocked: true }),
  of(90, 'owner', get, 'owner', { isBlocked: true }),
];
