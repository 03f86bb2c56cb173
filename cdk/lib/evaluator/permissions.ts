import { Aws, Validations } from 'aws-cdk-lib';
import { PolicyStatement } from 'aws-cdk-lib/aws-iam';
import type { IConstruct } from 'constructs';
import type { DeploymentNames } from '../names';
import { type RuleParameters, selectedChecks } from '../rule/rule-parameters';

/** Why each action on `*` can't be limited to a resource. */
export const WITHOUT_RESOURCE_TYPES: Readonly<Record<string, string>> = {
  'config:BatchGetResourceConfig': 'AWS Config defines no resource type for it',
  'config:DescribeConfigRules': 'A list operation; the function requests only its own rule',
  'config:DescribeConfigurationRecorderStatus': 'Each account and Region has one recorder',
  'config:GetComplianceDetailsByResource': 'AWS Config defines no resource type for it',
  'config:GetResourceConfigHistory': 'AWS Config defines no resource type for it',
  'config:PutEvaluations': 'AWS Config defines no resource type for it; the result token identifies the rule',
  'config:SelectResourceConfig': 'AWS Config defines no resource type for it',
  'ec2:DescribeNetworkInterfaces': 'Amazon EC2 defines no resource type for it',
  'ec2:DescribeSecurityGroups': 'Amazon EC2 defines no resource type for it',
  'ec2:DescribeVpcEndpoints': 'Amazon EC2 defines no resource type for it',
  'elasticloadbalancing:DescribeListeners': 'Elastic Load Balancing defines no resource type for it',
  'elasticloadbalancing:DescribeLoadBalancers': 'Elastic Load Balancing defines no resource type for it',
  'elasticloadbalancing:DescribeRules': 'Elastic Load Balancing defines no resource type for it',
  'elasticloadbalancing:DescribeTargetGroups': 'Elastic Load Balancing defines no resource type for it',
  'elasticloadbalancing:DescribeTargetHealth': 'Elastic Load Balancing defines no resource type for it',
  'elasticloadbalancing:DescribeTrustStoreRevocations': 'Elastic Load Balancing defines no resource type for it',
  'tag:GetResources': 'The tagging API defines no resource type for it',
};

/** Why each wildcard in an ARN is needed. */
export const WILDCARD_REASONS: ReadonlyArray<readonly [form: RegExp, reason: string]> = [
  [/:config-rule\/\*$/, 'AWS Config assigns a rule id only after it is allowed to invoke the function.'],
  [/::\/restapis\/\*\/stages\/\*\/exports\/\*$/, 'Any stage may need an export.'],
  [/::\/restapis\/\*\/resources$/, 'Any API may have a stage with a canary.'],
  [/::\/restapis\/\*\/stages$/, 'Any API may have stages that AWS Config does not list.'],
  [/::\/restapis\/\*\/stages\/\*$/, 'Any stage may need confirmation.'],
  [/::\/apis\/\*\/stages$/, 'Any WebSocket API may have stages that AWS Config does not list.'],
  [/::\/apis\/\*\/stages\/\*$/, 'Any WebSocket stage may need confirmation.'],
  [/::\/clientcertificates\/\*$/, 'Any client certificate may be the one that was generated.'],
  [/::\/tags\/arn%3A.*%2Fclientcertificates%2F\*$/, 'The id of a certificate is not known before it is generated.'],
  [/:certificate\/\*$/, 'Any ACM certificate may be attached to a stage.'],
  [/::\/(apis|domainnames|restapis)\/\*$/, 'Any API and domain name may be part of the front door.'],
  [/:\/domainnames\/\*$/, 'Any private domain name may be part of the front door.'],
  [/:\/domainnames\/\*\/routingrules(\/\*)?$/, 'Any domain name may have routing rules.'],
  [/:\*:truststore\/\*$/, 'Any listener may use any trust store, also one that another account shares.'],
  [/:s3:::[a-z0-9.-]+\/\*$/, 'A bucket that the configuration names; a truststore can have any key.'],
  [/:kms:.*:\*:key\/\*$/, 'Limited by conditions to what S3 stores in the buckets of the truststores.'],
  [/:apigateway:\*:.*:\/[a-z]+$/, 'Limited by a condition to the Regions of the deployment.'],
  [/:iam::\*:role\/[\w/-]+$/, 'One role name, limited to accounts of the organization.'],
  [/:log-group:[\w/-]+:\*$/, 'The log streams of one log group.'],
];

/**
 * Acknowledges cdk-nag's findings about a role's inline policy and its wildcards, with the reason
 * for each. A wildcard without a reason remains a finding.
 */
export function acknowledgeStatements(role: IConstruct, statements: readonly PolicyStatement[]): void {
  Validations.of(role).acknowledge({
    id: 'NIST.800.53.R5-IAMNoInlinePolicy',
    reason: 'The policy is specific to this role and is deleted with it.',
  });
  for (const arn of new Set(
    statements.flatMap((statement) => statement.resources).filter((arn) => arn.includes('*')),
  )) {
    const reason = arn === '*' ? 'Actions for which AWS defines no resource type.' : wildcardReason(arn);
    if (reason !== undefined) {
      const shown = [Aws.PARTITION, Aws.REGION, Aws.ACCOUNT_ID].reduce(
        (text, token, index) => text.replaceAll(token, PSEUDO_PARAMETERS[index] ?? ''),
        arn,
      );
      Validations.of(role).acknowledge({ id: `AwsSolutions-IAM5[Resource::${shown}]`, reason });
    }
  }
}

/** Returns why the wildcard in an ARN is needed, if there is a reason. */
export function wildcardReason(arn: string): string | undefined {
  return WILDCARD_REASONS.find(([form]) => form.test(arn))?.[1];
}

/** The pseudo parameters as cdk-nag writes them in the id of a finding. */
const PSEUDO_PARAMETERS = ['<AWS::Partition>', '<AWS::Region>', '<AWS::AccountId>'];

/**
 * Returns the statements for an evaluation, limited to what the selected checks need.
 *
 * @param regions the Regions in which stages are evaluated
 * @param sendsEvents whether the function sends events, which compare results with earlier ones and
 * include the owner, and so need the tags regardless of the checks
 * @param changeExports whether a change may export a stage; if not, it reads the earlier result
 */
export function evaluationStatements(
  parameters: RuleParameters,
  regions: readonly string[] = [Aws.REGION],
  sendsEvents = false,
  changeExports = true,
): PolicyStatement[] {
  const checks = selectedChecks(parameters);
  const owners = checks.includes('owner-tag') ? (parameters.ownerTagOn ?? ['stage', 'certificate']) : [];
  const attached = checks.includes('certificate-attached');
  const certificates = attached || checks.includes('certificate-expiry') || owners.includes('certificate');

  // What is deployed determines the result of certificate-attached and the severity of a failed
  // certificate-expiry.
  const deployed = (attached && parameters.appliesTo !== 'all-stages') || checks.includes('certificate-expiry');

  const config = [
    'config:BatchGetResourceConfig',
    'config:DescribeConfigRules',
    'config:DescribeConfigurationRecorderStatus',
    // An event is sent for what differs from the earlier result.
    ...(sendsEvents || (deployed && !changeExports) ? ['config:GetComplianceDetailsByResource'] : []),
    'config:GetResourceConfigHistory',
    'config:PutEvaluations',
    'config:SelectResourceConfig',
  ];
  const statements = [
    statement('ReadStagesPutResults', config, ['*']),
    statement(
      'ReadPreviousResults',
      ['config:GetComplianceDetailsByConfigRule'],
      regions.map((region) => `arn:${Aws.PARTITION}:config:${region}:${Aws.ACCOUNT_ID}:config-rule/*`),
    ),
  ];
  const paths = [
    // Events name the owner of the certificate if the stage has none.
    ...(certificates || sendsEvents ? ['/clientcertificates'] : []),
    ...(deployed ? ['/restapis/*/stages/*/exports/*', '/restapis/*/resources'] : []),
    ...(parameters.inventory === 'apigateway' ? ['/restapis'] : []),
    // A stage counts as deleted only if API Gateway confirms it: Config's items may be out of date.
    '/restapis/*/stages',
    '/restapis/*/stages/*',
    '/apis/*/stages',
    '/apis/*/stages/*',
  ];
  const apiArns = regions.flatMap((region) =>
    paths.map((path) => `arn:${Aws.PARTITION}:apigateway:${region}::${path}`),
  );
  statements.push(statement('ReadApiGateway', ['apigateway:GET'], apiArns));
  if (certificates) {
    const arns = regions.map((region) => `arn:${Aws.PARTITION}:acm:${region}:${Aws.ACCOUNT_ID}:certificate/*`);
    statements.push(statement('ReadAcmCertificates', ['acm:DescribeCertificate'], arns));
  }
  if (owners.length > 0 || sendsEvents || parameters.exemptionTag !== undefined) {
    statements.push(statement('ReadOwnerTags', ['tag:GetResources'], ['*']));
  }
  return [...statements, ...findingStatements(parameters, regions)];
}

/** Returns the statements for importing findings into Security Hub, if the parameters enable it. */
function findingStatements(parameters: RuleParameters, regions: readonly string[]): PolicyStatement[] {
  if (parameters.securityHub !== 'on') {
    return [];
  }
  const arns = (resource: string) =>
    regions.map((region) => `arn:${Aws.PARTITION}:securityhub:${region}:${Aws.ACCOUNT_ID}:${resource}`);
  return [
    // The default product ARN for the account's own findings.
    statement('ImportFindings', ['securityhub:BatchImportFindings'], arns(`product/${Aws.ACCOUNT_ID}/default`)),
    statement('ReadFindings', ['securityhub:GetFindings'], arns('hub/default')),
  ];
}

/**
 * Returns the statements for reading the exemption document, if there is one. The function reads it
 * with its own role in every mode, so for a central function the bucket's policy names one role.
 *
 * @param kmsKey the ARN of the key that encrypts the document, unless S3 encrypts it with its own
 */
export function readExemptions({ exemptions }: RuleParameters, kmsKey?: string): PolicyStatement[] {
  if (exemptions === undefined) {
    return [];
  }
  const object = exemptions.slice('s3://'.length);
  const read = statement('ReadExemptions', ['s3:GetObject'], [`arn:${Aws.PARTITION}:s3:::${object}`]);
  if (kmsKey === undefined) {
    return [read];
  }
  // S3 decrypts an object only with a key in the bucket's Region. The domain differs by partition.
  const [, , , region] = kmsKey.split(':');
  const decrypt = new PolicyStatement({
    sid: 'DecryptExemptions',
    actions: ['kms:Decrypt'],
    resources: [kmsKey],
    conditions: { StringLike: { 'kms:ViaService': `s3.${region}.*` } },
  });
  return [read, decrypt];
}

/**
 * Returns the statement for sending events to the default bus of the function's account and Region.
 */
export function sendEvents(regions: readonly string[] = [Aws.REGION]): PolicyStatement {
  return statement('SendEvents', ['events:PutEvents'], regions.map(defaultBusArn));
}

/** Returns the ARN of the default bus of the function's account in a Region. */
export const defaultBusArn = (region: string) =>
  `arn:${Aws.PARTITION}:events:${region}:${Aws.ACCOUNT_ID}:event-bus/default`;

/** Returns the parameters with the last complete runs of the reminders that a function sends. */
export const lastReminders = (
  names: DeploymentNames,
  sends: { readonly sendsReminders: boolean; readonly sendsFrontDoorReminders?: boolean | undefined },
): string[] => [
  ...(sends.sendsReminders ? [names.lastReminders] : []),
  ...(sends.sendsFrontDoorReminders ? [names.lastFrontDoorReminders] : []),
];

/**
 * Returns the statement for the parameters with the instants of the last complete reminder runs, in
 * the account whose certificates are checked, if there are any.
 */
export function rememberReminders(
  parameters: readonly string[],
  regions: readonly string[] = [Aws.REGION],
): PolicyStatement[] {
  const arns = parameters.flatMap((parameter) =>
    regions.map((region) => `arn:${Aws.PARTITION}:ssm:${region}:${Aws.ACCOUNT_ID}:parameter${parameter}`),
  );
  return arns.length === 0 ? [] : [statement('RememberReminders', ['ssm:GetParameter', 'ssm:PutParameter'], arns)];
}

/**
 * Returns the statement that lets a central function assume the member role in the organization.
 */
export function assumeMemberRole(roleName: string, organizationId: string): PolicyStatement {
  return new PolicyStatement({
    sid: 'AssumeMemberRole',
    actions: ['sts:AssumeRole'],
    resources: [`arn:${Aws.PARTITION}:iam::*:role/${roleName}`],
    conditions: { StringEquals: { 'aws:ResourceOrgID': organizationId } },
  });
}

/** Returns the statement for writing to existing log groups. */
export function writeLogs(logGroupArns: string[]): PolicyStatement {
  return statement('WriteLogs', ['logs:CreateLogStream', 'logs:PutLogEvents'], logGroupArns);
}

function statement(sid: string, actions: string[], resources: string[]): PolicyStatement {
  return new PolicyStatement({ sid, actions: actions.sort(), resources });
}
