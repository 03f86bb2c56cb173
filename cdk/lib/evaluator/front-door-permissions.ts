import { Aws } from 'aws-cdk-lib';
import { PolicyStatement } from 'aws-cdk-lib/aws-iam';
import { type FrontDoorSettings, selectedFrontDoorChecks } from '../rule/front-door';

/**
 * The paths of API Gateway's resources. `*` in an ARN also matches slashes, so these include the
 * mappings of a domain name and the exports of a stage.
 */
const PATHS = ['/apis', '/apis/*', '/domainnames', '/domainnames/*', '/restapis', '/restapis/*'];

/** The same for private domain names, whose ARNs have an account. */
const PRIVATE_PATHS = ['/domainnames/*'];

/** Certificates of edge-optimized domain names are in this Region. */
const EDGE_REGION = 'us-east-1';

/**
 * Returns the statements for evaluating the front door, limited to what the selected checks need.
 * They belong to the role that reads the account; without the setting, there are none.
 *
 * @param regions the Regions in which the front door is evaluated
 */
export function frontDoorStatements(
  frontDoor: FrontDoorSettings | undefined,
  regions: readonly string[] = [Aws.REGION],
): PolicyStatement[] {
  if (frontDoor === undefined) {
    return [];
  }
  const checks = selectedFrontDoorChecks(frontDoor);
  const asks = (...codes: typeof checks) => codes.some((code) => checks.includes(code));
  const { region, conditions } = limitedTo(regions);
  const account = `${region}:${Aws.ACCOUNT_ID}`;
  const statement = (sid: string, actions: string[], resources: string[]) =>
    new PolicyStatement({ sid, actions, resources, conditions });
  const statements = [
    statement(
      'ReadFrontDoor',
      ['apigateway:GET'],
      [
        ...PATHS.map((path) => `arn:${Aws.PARTITION}:apigateway:${region}::${path}`),
        ...PRIVATE_PATHS.map((path) => `arn:${Aws.PARTITION}:apigateway:${account}:${path}`),
      ],
    ),
    statement(
      'ReadRoutingRules',
      ['apigateway:ListRoutingRules'],
      [
        `arn:${Aws.PARTITION}:apigateway:${account}:/domainnames/*/routingrules`,
        `arn:${Aws.PARTITION}:apigateway:${account}:/domainnames/*/routingrules/*`,
      ],
    ),
  ];
  if (asks('domain-certificate')) {
    statements.push(readCertificates(regions));
  }
  if (asks('mutual-tls', 'truststore', 'private-front-door')) {
    statements.push(statement('ReadPrivateFrontDoor', LOAD_BALANCER_ACTIONS, ['*']));
  }
  if (asks('truststore', 'private-front-door')) {
    // Another account may share a trust store with this one.
    const trustStores = `arn:${Aws.PARTITION}:elasticloadbalancing:${region}:*:truststore/*`;
    statements.push(statement('ReadListenerTrustStores', TRUST_STORE_ACTIONS, [trustStores]));
  }
  return asks('truststore') ? [...statements, ...readTruststores(frontDoor, regions)] : statements;
}

/** From a private API to what is in front of it: AWS defines no resource types for these. */
const LOAD_BALANCER_ACTIONS = [
  'ec2:DescribeNetworkInterfaces',
  'ec2:DescribeSecurityGroups',
  'ec2:DescribeVpcEndpoints',
  'elasticloadbalancing:DescribeListeners',
  'elasticloadbalancing:DescribeLoadBalancers',
  'elasticloadbalancing:DescribeRules',
  'elasticloadbalancing:DescribeTargetGroups',
  'elasticloadbalancing:DescribeTargetHealth',
  'elasticloadbalancing:DescribeTrustStoreRevocations',
];

const TRUST_STORE_ACTIONS = [
  'elasticloadbalancing:GetTrustStoreCaCertificatesBundle',
  'elasticloadbalancing:GetTrustStoreRevocationContent',
];

/**
 * Returns a Region for ARNs, and what limits it to these Regions. With several Regions, one ARN for
 * each would exceed the size of a role's policies.
 */
function limitedTo(regions: readonly string[]): { region: string; conditions?: Record<string, object> } {
  const [only, ...others] = regions.includes('*') ? ['*'] : regions;
  return only !== undefined && others.length === 0
    ? { region: only }
    : { region: '*', conditions: { StringEquals: { 'aws:RequestedRegion': [...regions] } } };
}

/** Returns the statement for the certificates of domain names, some of which are in us-east-1. */
function readCertificates(regions: readonly string[]): PolicyStatement {
  const { region, conditions } = limitedTo([...new Set([...regions, EDGE_REGION])]);
  return new PolicyStatement({
    sid: 'ReadDomainCertificates',
    actions: ['acm:DescribeCertificate'],
    resources: [`arn:${Aws.PARTITION}:acm:${region}:${Aws.ACCOUNT_ID}:certificate/*`],
    conditions,
  });
}

/**
 * Returns the statements for the truststores in S3. KMS decrypts only what S3 stores in these
 * buckets: S3's encryption context is the ARN of the object, or of the bucket with a bucket key.
 */
function readTruststores({ truststoreBuckets: buckets = [] }: FrontDoorSettings, regions: readonly string[]) {
  if (buckets.length === 0) {
    return [];
  }
  const objects = buckets.map((bucket) => `${bucket}/*`);
  const { region } = limitedTo(regions);
  return [
    new PolicyStatement({
      sid: 'ReadTruststores',
      actions: ['s3:GetObject', 's3:GetObjectVersion'],
      resources: objects,
    }),
    new PolicyStatement({
      sid: 'DecryptTruststores',
      actions: ['kms:Decrypt'],
      resources: [`arn:${Aws.PARTITION}:kms:${region}:*:key/*`],
      conditions: {
        StringLike: {
          'kms:EncryptionContext:aws:s3:arn': [...buckets, ...objects],
          // The domain differs by partition.
          'kms:ViaService': regions.map((it) => `s3.${it}.*`),
        },
      },
    }),
  ];
}
