import { Aws, Validations } from 'aws-cdk-lib';
import { PolicyStatement } from 'aws-cdk-lib/aws-iam';
import type { IConstruct } from 'constructs';
import { chosenChecks, type RuleParameters } from '../rule/rule-parameters';

/** Why a statement may name every resource. */
export const WITHOUT_RESOURCE_TYPES: Readonly<Record<string, string>> = {
  'config:BatchGetResourceConfig': 'AWS Config defines no resource type for it',
  'config:DescribeConfigRules': 'AWS Config lists rules; the function asks for its own by name',
  'config:DescribeConfigurationRecorderStatus': 'There is one recorder in an account and Region',
  'config:GetResourceConfigHistory': 'AWS Config defines no resource type for it',
  'config:PutEvaluations': 'AWS Config defines no resource type for it; the result token names the rule',
  'config:SelectResourceConfig': 'AWS Config defines no resource type for it',
  'tag:GetResources': 'the tagging API defines no resource type for it',
};

/** Why an ARN holds a wildcard. */
export const WILDCARDS: ReadonlyArray<readonly [form: RegExp, reason: string]> = [
  [/:config-rule\/\*$/, "A rule's id exists only once AWS Config may invoke the function."],
  [/::\/restapis\/\*\/stages\/\*\/exports\/\*$/, 'Any stage may owe an export.'],
  [/::\/restapis\/\*\/resources$/, 'Any API may have a stage with a canary.'],
  [/::\/restapis\/\*\/stages$/, 'Any API may have stages that AWS Config does not show.'],
  [/::\/restapis\/\*\/stages\/\*$/, 'Any stage may have to be confirmed.'],
  [/::\/apis\/\*\/stages$/, 'Any WebSocket API may have stages that AWS Config does not show.'],
  [/::\/apis\/\*\/stages\/\*$/, 'Any stage of a WebSocket API may have to be confirmed.'],
  [/:certificate\/\*$/, 'Any ACM certificate may be attached to a stage.'],
  [/:iam::\*:role\/[\w-]+$/, 'One role name, in accounts of the organization alone.'],
  [/:log-group:[\w/-]+:\*$/, 'The streams of one log group.'],
];

/** Tells cdk-nag why a role's statements stand in it, and why their wildcards are there. One without a reason stays a finding. */
export function explainStatements(role: IConstruct, statements: readonly PolicyStatement[]): void {
  Validations.of(role).acknowledge({
    id: 'NIST.800.53.R5-IAMNoInlinePolicy',
    reason: 'Written for this role alone: nothing else can have it, and it goes when the role goes.',
  });
  for (const arn of new Set(
    statements.flatMap((statement) => statement.resources).filter((arn) => arn.includes('*')),
  )) {
    const reason = arn === '*' ? 'Actions for which AWS defines no resource type.' : explanation(arn);
    if (reason !== undefined) {
      const shown = [Aws.PARTITION, Aws.REGION, Aws.ACCOUNT_ID].reduce(
        (text, token, index) => text.replaceAll(token, PSEUDO_PARAMETERS[index] ?? ''),
        arn,
      );
      Validations.of(role).acknowledge({ id: `AwsSolutions-IAM5[Resource::${shown}]`, reason });
    }
  }
}

/** Why an ARN holds a wildcard, if that is known. */
export function explanation(arn: string): string | undefined {
  return WILDCARDS.find(([form]) => form.test(arn))?.[1];
}

/** How cdk-nag writes them in a finding's id. */
const PSEUDO_PARAMETERS = ['<AWS::Partition>', '<AWS::Region>', '<AWS::AccountId>'];

/**
 * What an evaluation in one account and Region calls, and nothing that the chosen checks don't need.
 *
 * @param regions the Regions in which it is evaluated
 * @param tellsOwners whether reminders or owners' alerts are told, which say who owns a stage, whatever the checks
 */
export function evaluationStatements(
  parameters: RuleParameters,
  regions: readonly string[] = [Aws.REGION],
  tellsOwners = false,
): PolicyStatement[] {
  const checks = chosenChecks(parameters);
  const owners = checks.includes('owner-tag') ? (parameters.ownerTagOn ?? ['stage', 'certificate']) : [];
  const attached = checks.includes('certificate-attached');
  const certificates = attached || checks.includes('certificate-expiry') || owners.includes('certificate');

  const config = [
    'config:BatchGetResourceConfig',
    'config:DescribeConfigRules',
    'config:DescribeConfigurationRecorderStatus',
    'config:GetResourceConfigHistory',
    'config:PutEvaluations',
    'config:SelectResourceConfig',
  ];
  const statements = [
    statement('ReadStagesPutResults', config, ['*']),
    statement(
      'ReadEarlierResults',
      ['config:GetComplianceDetailsByConfigRule'],
      regions.map((region) => `arn:${Aws.PARTITION}:config:${region}:${Aws.ACCOUNT_ID}:config-rule/*`),
    ),
  ];
  const paths = [
    ...(certificates ? ['/clientcertificates'] : []),
    // What is deployed decides about certificate-attached, and how severe a failed certificate-expiry is.
    ...((attached && parameters.appliesTo !== 'all-stages') || checks.includes('certificate-expiry')
      ? ['/restapis/*/stages/*/exports/*', '/restapis/*/resources']
      : []),
    ...(parameters.inventory === 'apigateway' ? ['/restapis'] : []),
    // A stage is gone only if API Gateway has it no more, and Config's items of it may be out of date.
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
  if (owners.length > 0 || tellsOwners) {
    statements.push(statement('ReadOwnerTags', ['tag:GetResources'], ['*']));
  }
  return [...statements, ...findingStatements(parameters, regions)];
}

/** Findings into Security Hub, if the parameters ask for it. */
function findingStatements(parameters: RuleParameters, regions: readonly string[]): PolicyStatement[] {
  if (parameters.securityHub !== 'on') {
    return [];
  }
  const arns = (resource: string) =>
    regions.map((region) => `arn:${Aws.PARTITION}:securityhub:${region}:${Aws.ACCOUNT_ID}:${resource}`);
  return [
    // The product of the account's own findings.
    statement('ImportFindings', ['securityhub:BatchImportFindings'], arns(`product/${Aws.ACCOUNT_ID}/default`)),
    statement('ReadFindings', ['securityhub:GetFindings'], arns('hub/default')),
  ];
}

/** What the function tells, on the default bus of its own account and Region. */
export function tell(regions: readonly string[] = [Aws.REGION]): PolicyStatement {
  const buses = regions.map((region) => `arn:${Aws.PARTITION}:events:${region}:${Aws.ACCOUNT_ID}:event-bus/default`);
  return statement('Tell', ['events:PutEvents'], buses);
}

/** The one thing that a central function does with its own credentials: become the member role of an organization's account. */
export function assumeMemberRole(roleName: string, organizationId: string): PolicyStatement {
  return new PolicyStatement({
    sid: 'AssumeMemberRole',
    actions: ['sts:AssumeRole'],
    resources: [`arn:${Aws.PARTITION}:iam::*:role/${roleName}`],
    conditions: { StringEquals: { 'aws:ResourceOrgID': organizationId } },
  });
}

/** Log lines into log groups that exist already. */
export function writeLogs(logGroupArns: string[]): PolicyStatement {
  return statement('WriteLogs', ['logs:CreateLogStream', 'logs:PutLogEvents'], logGroupArns);
}

function statement(sid: string, actions: string[], resources: string[]): PolicyStatement {
  return new PolicyStatement({ sid, actions: actions.sort(), resources });
}
