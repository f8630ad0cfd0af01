/** The documents of access-control.md 9, by the names they have there: arrays of statements. */
const statements = {
  R1: '[{"Effect":"Allow","Action":"oss:*","Resource":["acs:oss:*:*:shop","acs:oss:*:*:shop/*"]}]',
  R2: '[{"Effect":"Allow","Action":["oss:GetObject","oss:ListObjects"],"Resource":["acs:oss:*:*:shop","acs:oss:*:*:shop/*"]}]',
  R3: '[{"Effect":"Allow","Action":"oss:PutObject","Resource":"acs:oss:*:*:shop/up/*"}]',
  R4: '[{"Effect":"Allow","Action":"oss:*","Resource":"*"},{"Effect":"Deny","Action":"oss:DeleteObject","Resource":"acs:oss:*:*:shop/private/*"}]',
  R5: '[{"Effect":"Allow","Action":"oss:ListObjects","Resource":"acs:oss:*:*:shop","Condition":{"StringLike":{"oss:Prefix":["","a/*"],"oss:Delimiter":"/"}}}]',
  R6: '[{"Effect":"Allow","NotAction":["oss:DeleteObject","oss:DeleteBucket"],"Resource":"*"}]',
  R7: '[{"Effect":"Allow","Action":"oss:GetObject","Resource":"acs:oss:*:*:shop/*","Condition":{"StringEquals":{"oss:ExistingObjectTag/allow":["yes"]}}}]',
  R8: '[{"Effect":"Allow","Action":["oss:PutCname","oss:ListCname"],"Resource":"acs:oss:*:1000000000000001:shop"}]',
  R9: '[{"Effect":"Allow","Action":["oss:PutCname","oss:ListCname"],"Resource":"acs:oss:*:1000000000000001:shop"},{"Effect":"Allow","Action":["yundun-cert:DescribeSSLCertificatePrivateKey","yundun-cert:DescribeSSLCertificatePublicKeyDetail","yundun-cert:CreateSSLCertificate"],"Resource":"*"}]',
  R10: '[{"Effect":"Allow","Action":"oss:*","Resource":"*","Condition":{"IpAddress":{"acs:SourceIp":["203.0.113.0/24"]}}}]',
  R11: '[{"Effect":"Allow","Action":["oss:PutObject","oss:PutObjectTagging"],"Resource":"acs:oss:*:*:shop/*","Condition":{"DateLessThan":{"acs:CurrentTime":"2026-12-01T00:00:00Z"}}}]',
  R12: '[{"Effect":"Allow","Action":"oss:PutObject","Resource":"acs:oss:*:*:shop/*"}]',
  R13: '[{"Effect":"Allow","Action":"oss:GetObject","Resource":"acs:oss:*:*:shop*"}]',
  R14: '[{"Effect":"Allow","Action":"OSS:getobject","Resource":"acs:oss:*:*:shop/*"}]',
  B1: '[{"Effect":"Allow","Action":"oss:GetObject","Principal":"*","Resource":"acs:oss:*:*:shop/*"}]',
  B2: '[{"Effect":"Allow","Action":["oss:GetObject","oss:PutObject"],"Principal":["2000000000000021"],"Resource":"acs:oss:*:*:shop/*"}]',
  B3: '[{"Effect":"Deny","Action":"oss:*","Principal":["*"],"Resource":["acs:oss:*:*:shop","acs:oss:*:*:shop/*"]}]',
  B4: '[{"Effect":"Deny","Action":"oss:*","Principal":["*"],"Resource":["acs:oss:*:*:shop","acs:oss:*:*:shop/*"],"Condition":{"Bool":{"acs:SecureTransport":"false"}}}]',
  B5: '[{"Effect":"Deny","Action":"oss:GetObject","Principal":["*"],"Resource":"acs:oss:*:*:shop/*","Condition":{"NotIpAddress":{"acs:SourceIp":["203.0.113.5"]},"StringNotLike":{"acs:SourceVpc":["vpc-*"]}}}]',
  B6: '[{"Effect":"Deny","Action":"oss:*","Principal":["*"],"Resource":["acs:oss:*:*:shop","acs:oss:*:*:shop/*"],"Condition":{"IpAddress":{"acs:SourceIp":["101.*.*.100"]},"StringLike":{"acs:SourceVpc":["*"]}}}]',
  B7: '[{"Effect":"Allow","Action":"oss:GetObject","Principal":["arn:sts::1000000000000002:assumed-role/reader/*"],"Resource":"acs:oss:*:*:shop/*"}]',
  B8: '[{"Effect":"Allow","Action":"oss:GetObject","Principal":["arn:sts::1000000000000001:assumed-role/uploader/ci-1"],"Resource":"acs:oss:*:*:shop/*"}]',
  B9: '[{"Effect":"Deny","Action":"oss:PutBucketAcl","Principal":["*"],"Resource":"acs:oss:*:*:shop","Condition":{"StringNotEquals":{"oss:x-oss-acl":"private"}}},{"Effect":"Deny","Action":["oss:PutObjectAcl"],"Principal":["*"],"Resource":"acs:oss:*:*:shop/*","Condition":{"StringNotEquals":{"oss:x-oss-object-acl":["private","default"]}}}]',
  B10: '[{"Effect":"Deny","Action":["oss:GetObject"],"Principal":["*"],"Resource":"acs:oss:*:*:shop/*","Condition":{"StringNotLike":{"acs:AccessId":["TMP.*","STS.*"]}}}]',
  B11: '[{"Effect":"Allow","Action":["oss:ListObjects"],"Principal":["*"],"Resource":"acs:oss:*:*:shop"}]',
  B12: '[{"Effect":"Deny","Action":"oss:DeleteObject","Principal":["2000000000000011"],"Resource":"acs:oss:*:*:shop/private/*"}]',
  B13: '[{"Effect":"Allow","Action":"oss:*","Principal":["1000000000000002"],"Resource":["acs:oss:*:*:shop","acs:oss:*:*:shop/*"]}]',
  B14: '[{"Effect":"Allow","Action":"oss:GetObject","Principal":"*","Resource":"acs:oss:*:*:shop/*","Condition":{"IpAddress":{"acs:SourceIp":["198.51.100.0/24"]},"StringLike":{"acs:SourceVpc":["*"]}}}]',
  B15: '[{"Effect":"Deny","Action":"oss:GetObject","Principal":[],"Resource":"acs:oss:*:*:shop/*"}]',
  B16: '[{"Effect":"Deny","Action":"oss:PutObject","Principal":["2000000000000011"],"Resource":"acs:oss:*:*:shop/*"}]',
  B17: '[{"Effect":"Allow","Action":"oss:PutCname","Principal":["2000000000000021"],"Resource":"acs:oss:*:*:shop"}]',
  S1: '[{"Effect":"Allow","Action":"oss:PutObject","Resource":"acs:oss:*:*:shop/*"}]',
  S2: '[{"Effect":"Allow","Action":["oss:*"],"Resource":["acs:oss:*:*:shop/up/*"]}]',
} as const;

export type DocumentName = keyof typeof statements;

export const documentNames = Object.keys(statements) as DocumentName[];

/** The whole document. */
export function documentOf(name: DocumentName): string {
  return `{"Version":"1","Statement":${statements[name]}}`;
}
