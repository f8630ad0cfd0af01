/** Sound documents of every kind the API reads, to be spoiled. `{bucket}` is the bucket's name. */

export interface Seed {
  readonly method: string;
  readonly query: string;
  readonly key?: string;
  readonly body: string;
  readonly headers?: Readonly<Record<string, string>>;
}

const put = (query: string, body: string): Seed => ({ method: 'PUT', query, body });

export const documents: readonly Seed[] = [
  put(
    '',
    '<CreateBucketConfiguration><StorageClass>Standard</StorageClass><DataRedundancyType>LRS</DataRedundancyType></CreateBucketConfiguration>',
  ),
  put('versioning', '<VersioningConfiguration><Status>Enabled</Status></VersioningConfiguration>'),
  put(
    'website',
    '<WebsiteConfiguration><IndexDocument><Suffix>index.html</Suffix><SupportSubDir>true</SupportSubDir><Type>0</Type></IndexDocument><ErrorDocument><Key>error.html</Key><HttpStatus>404</HttpStatus></ErrorDocument><RoutingRules><RoutingRule><RuleNumber>1</RuleNumber><Condition><KeyPrefixEquals>a/</KeyPrefixEquals><HttpErrorCodeReturnedEquals>404</HttpErrorCodeReturnedEquals><IncludeHeader><Key>k</Key><Equals>v</Equals></IncludeHeader></Condition><Redirect><RedirectType>External</RedirectType><Protocol>https</Protocol><HostName>www.example.com</HostName><ReplaceKeyPrefixWith>b/</ReplaceKeyPrefixWith><HttpRedirectCode>302</HttpRedirectCode><PassQueryString>false</PassQueryString></Redirect></RoutingRule></RoutingRules></WebsiteConfiguration>',
  ),
  put(
    'cors',
    '<CORSConfiguration><CORSRule><AllowedOrigin>https://*.example.com</AllowedOrigin><AllowedMethod>GET</AllowedMethod><AllowedHeader>*</AllowedHeader><ExposeHeader>etag</ExposeHeader><MaxAgeSeconds>100</MaxAgeSeconds></CORSRule><ResponseVary>false</ResponseVary></CORSConfiguration>',
  ),
  put(
    'referer',
    '<RefererConfiguration><AllowEmptyReferer>true</AllowEmptyReferer><AllowTruncateQueryString>true</AllowTruncateQueryString><RefererList><Referer>https://*.example.org</Referer></RefererList><RefererBlacklist><Referer>http://bad.example</Referer></RefererBlacklist></RefererConfiguration>',
  ),
  put(
    'httpsConfig',
    '<HttpsConfiguration><TLS><Enable>true</Enable><TLSVersion>TLSv1.2</TLSVersion></TLS><CipherSuite><Enable>true</Enable><StrongCipherSuite>false</StrongCipherSuite><CustomCipherSuite>ECDHE-ECDSA-AES128-GCM-SHA256</CustomCipherSuite></CipherSuite></HttpsConfiguration>',
  ),
  put(
    'lifecycle',
    '<LifecycleConfiguration><Rule><ID>r</ID><Prefix>a/</Prefix><Status>Enabled</Status><Expiration><Days>30</Days></Expiration><Transition><Days>10</Days><StorageClass>IA</StorageClass></Transition><AbortMultipartUpload><Days>1</Days></AbortMultipartUpload><Tag><Key>k</Key><Value>v</Value></Tag><NoncurrentVersionExpiration><NoncurrentDays>5</NoncurrentDays></NoncurrentVersionExpiration><Filter><ObjectSizeGreaterThan>5</ObjectSizeGreaterThan><Not><Prefix>a/b</Prefix></Not></Filter></Rule></LifecycleConfiguration>',
  ),
  put(
    'logging',
    '<BucketLoggingStatus><LoggingEnabled><TargetBucket>{bucket}</TargetBucket><TargetPrefix>logs/</TargetPrefix></LoggingEnabled></BucketLoggingStatus>',
  ),
  put('tagging', '<Tagging><TagSet><Tag><Key>k</Key><Value>v</Value></Tag></TagSet></Tagging>'),
  {
    method: 'PUT',
    query: 'tagging',
    key: 'object',
    body: '<Tagging><TagSet><Tag><Key>k</Key><Value>v</Value></Tag></TagSet></Tagging>',
  },
  put(
    'encryption',
    '<ServerSideEncryptionRule><ApplyServerSideEncryptionByDefault><SSEAlgorithm>KMS</SSEAlgorithm><KMSMasterKeyID>1</KMSMasterKeyID></ApplyServerSideEncryptionByDefault></ServerSideEncryptionRule>',
  ),
  put(
    'requestPayment',
    '<RequestPaymentConfiguration><Payer>BucketOwner</Payer></RequestPaymentConfiguration>',
  ),
  put('style&styleName=s', '<Style><Content>image/resize,p_50</Content></Style>'),
  put(
    'inventory&inventoryId=i',
    '<InventoryConfiguration><Id>i</Id><IsEnabled>true</IsEnabled><Filter><Prefix>a</Prefix></Filter><Destination><OSSBucketDestination><Format>CSV</Format><AccountId>1</AccountId><RoleArn>acs:ram::1:role/r</RoleArn><Bucket>acs:oss:::{bucket}</Bucket></OSSBucketDestination></Destination><Schedule><Frequency>Daily</Frequency></Schedule><IncludedObjectVersions>All</IncludedObjectVersions></InventoryConfiguration>',
  ),
  put(
    'transferAcceleration',
    '<TransferAccelerationConfiguration><Enabled>true</Enabled></TransferAccelerationConfiguration>',
  ),
  put(
    'accessmonitor',
    '<AccessMonitorConfiguration><Status>Enabled</Status></AccessMonitorConfiguration>',
  ),
  put(
    'qosInfo',
    '<QoSConfiguration><TotalUploadBandwidth>10</TotalUploadBandwidth></QoSConfiguration>',
  ),
  put(
    'overwriteConfig',
    '<OverwriteConfiguration><Rule><ID>1</ID><Action>forbid</Action><Prefix>a</Prefix><Principals><Principal>*</Principal></Principals></Rule></OverwriteConfiguration>',
  ),
  put(
    'publicAccessBlock',
    '<PublicAccessBlockConfiguration><BlockPublicAccess>false</BlockPublicAccess></PublicAccessBlockConfiguration>',
  ),
  put(
    'userDefinedLogFieldsConfig',
    '<UserDefinedLogFieldsConfiguration><HeaderSet><header>a</header></HeaderSet><ParamSet><parameter>b</parameter></ParamSet></UserDefinedLogFieldsConfiguration>',
  ),
  put(
    'policy',
    '{"Version":"1","Statement":[{"Effect":"Allow","Action":["oss:GetObject"],"Principal":["*"],"Resource":["acs:oss:*:*:{bucket}/*"],"Condition":{"IpAddress":{"acs:SourceIp":["10.0.0.0/8"]},"Bool":{"acs:SecureTransport":["true"]}}}]}',
  ),
  put(
    'policy&comp=callback',
    '<BucketCallbackPolicy><PolicyItem><PolicyName>n</PolicyName><Callback>e30=</Callback><CallbackVar>e30=</CallbackVar></PolicyItem></BucketCallbackPolicy>',
  ),
  {
    method: 'POST',
    query: 'delete',
    body: '<Delete><Quiet>false</Quiet><Object><Key>a</Key></Object><Object><Key>b</Key><VersionId>null</VersionId></Object></Delete>',
  },
  {
    method: 'POST',
    query: 'cname&comp=token',
    body: '<BucketCnameConfiguration><Cname><Domain>www.fuzz.example</Domain></Cname></BucketCnameConfiguration>',
  },
  {
    method: 'POST',
    query: 'cname&comp=add',
    body: '<BucketCnameConfiguration><Cname><Domain>www.fuzz.example</Domain><CertificateConfiguration><CertId>493-cn-hangzhou</CertId><Certificate>-----BEGIN CERTIFICATE-----</Certificate><PrivateKey>-----BEGIN PRIVATE KEY-----</PrivateKey><Force>true</Force></CertificateConfiguration></Cname></BucketCnameConfiguration>',
  },
  {
    method: 'POST',
    query: 'cname&comp=delete',
    body: '<BucketCnameConfiguration><Cname><Domain>www.fuzz.example</Domain></Cname></BucketCnameConfiguration>',
  },
  {
    method: 'POST',
    query: 'uploadId=00000000000000000000000000000000',
    key: 'object',
    body: '<CompleteMultipartUpload><Part><PartNumber>1</PartNumber><ETag>"0"</ETag></Part></CompleteMultipartUpload>',
  },
  {
    method: 'POST',
    query: 'restore',
    key: 'object',
    body: '<RestoreRequest><Days>2</Days><JobParameters><Tier>Standard</Tier></JobParameters></RestoreRequest>',
  },
  put(
    'bucketArchiveDirectRead',
    '<ArchiveDirectReadConfiguration><Enabled>true</Enabled></ArchiveDirectReadConfiguration>',
  ),
  put(
    'requesterQosInfo&qosRequester=1',
    '<QoSConfiguration><TotalUploadBandwidth>10</TotalUploadBandwidth><IntranetUploadBandwidth>-1</IntranetUploadBandwidth></QoSConfiguration>',
  ),
  put(
    'resourceGroup',
    '<BucketResourceGroupConfiguration><ResourceGroupId>rg-aekz</ResourceGroupId></BucketResourceGroupConfiguration>',
  ),
  {
    method: 'POST',
    query: 'worm',
    body: '<InitiateWormConfiguration><RetentionPeriodInDays>1</RetentionPeriodInDays></InitiateWormConfiguration>',
  },
  {
    method: 'POST',
    query: 'wormExtend&wormId=1666E2CFB2B3418****',
    body: '<ExtendWormConfiguration><RetentionPeriodInDays>2</RetentionPeriodInDays></ExtendWormConfiguration>',
  },
];
