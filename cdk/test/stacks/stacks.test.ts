import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Template } from 'aws-cdk-lib/assertions';
import { expect, test } from 'vitest';
import { evaluatorCode } from '../../lib/evaluator/evaluator-code';
import { appOf, CONFIGURATIONS, codeDirectory, resources, templatesOf } from '../fixtures';

const configuration = (name: string) => CONFIGURATIONS[name] ?? {};

test.each(Object.keys(CONFIGURATIONS))('%s: the templates', (name) => {
  const templates = templatesOf(configuration(name));
  for (const template of Object.values(templates)) {
    for (const set of Object.values(template.Resources).filter(
      ({ Type }) => Type === 'AWS::CloudFormation::StackSet',
    )) {
      set.Properties.TemplateBody = '(its own template)';
    }
  }
  expect(templates).toMatchSnapshot();
});

test('a rule has all three triggers, both kinds of stage, and a function without a version', () => {
  for (const name of ['stack-set, least', 'stack-set, most', 'account, least', 'account, most']) {
    const rules = resources(configuration(name), 'AWS::Config::ConfigRule');
    expect(rules.length, name).toBeGreaterThan(0);
    for (const { Properties: rule } of rules) {
      expect(rule.Scope).toEqual({ ComplianceResourceTypes: ['AWS::ApiGateway::Stage', 'AWS::ApiGatewayV2::Stage'] });
      expect(rule.Source.Owner).toBe('CUSTOM_LAMBDA');
      expect(rule.Source.SourceIdentifier).toEqual({
        'Fn::GetAtt': [expect.stringMatching(/^EvaluatorFunction/), 'Arn'],
      });
      expect(rule.Source.SourceDetails).toEqual([
        { EventSource: 'aws.config', MessageType: 'ConfigurationItemChangeNotification' },
        { EventSource: 'aws.config', MessageType: 'OversizedConfigurationItemChangeNotification' },
        {
          EventSource: 'aws.config',
          MessageType: 'ScheduledNotification',
          MaximumExecutionFrequency: expect.any(String),
        },
      ]);
    }
  }
});

test('an organization rule has them too, and the role to assume', () => {
  const rules = resources(configuration('organization-rule, most'), 'AWS::Config::OrganizationConfigRule');
  expect(rules).toHaveLength(4);
  for (const { Properties: rule } of rules) {
    const metadata = rule.OrganizationCustomRuleMetadata;
    expect(metadata.OrganizationConfigRuleTriggerTypes).toEqual([
      'ConfigurationItemChangeNotification',
      'OversizedConfigurationItemChangeNotification',
      'ScheduledNotification',
    ]);
    expect(JSON.parse(metadata.InputParameters)).toMatchObject({ executionRoleName: 'stagecert-member' });
    expect(rule.ExcludedAccounts).toEqual(['555555555555']);
  }
});

test('without a stack of its own, the management account has no organization rule that would fail there', () => {
  for (const [name, excluded] of [
    ['organization-rule, least', ['111111111111']],
    ['organization-rule, most', ['555555555555']],
  ] as const) {
    for (const { Properties: rule } of resources(configuration(name), 'AWS::Config::OrganizationConfigRule')) {
      expect(rule.ExcludedAccounts, name).toEqual(excluded);
    }
  }
  expect(Object.keys(templatesOf(configuration('organization-rule, most')))).toContain('stagecert-member-management');
});

test('names leave room for what an organization and a pack add', () => {
  const names = Object.values(CONFIGURATIONS).flatMap((value) => [
    ...resources(value, 'AWS::Config::ConfigRule').map(({ Properties }) => Properties.ConfigRuleName),
    ...resources(value, 'AWS::Config::OrganizationConfigRule').map(
      ({ Properties }) => Properties.OrganizationConfigRuleName,
    ),
  ]);
  expect(new Set(names)).toEqual(
    new Set([
      'stagecert-api-client-certificates',
      'stagecert-certificate-attached',
      'stagecert-certificate-expiry',
      'stagecert-certificate-unique',
      'stagecert-owner-tag',
    ]),
  );
  expect(Math.max(...names.map((name) => name.length))).toBeLessThanOrEqual(37);
});

test('the function runs as configured', () => {
  for (const [name, expected] of [
    [
      'stack-set, least',
      { Architectures: ['arm64'], MemorySize: 128, Timeout: 900, ReservedConcurrentExecutions: undefined },
    ],
    ['stack-set, most', { Architectures: ['x86_64'], MemorySize: 256, Timeout: 300, ReservedConcurrentExecutions: 1 }],
    ['organization-rule, least', { Architectures: ['arm64'], ReservedConcurrentExecutions: 10 }],
    ['organization-rule, most', { ReservedConcurrentExecutions: 5 }],
    ['account, least', { ReservedConcurrentExecutions: 1 }],
  ] as const) {
    const functions = resources(configuration(name), 'AWS::Lambda::Function');
    expect(functions.length, name).toBeGreaterThan(0);
    for (const { Properties } of functions) {
      expect(
        { ...Properties, ReservedConcurrentExecutions: Properties.ReservedConcurrentExecutions },
        name,
      ).toMatchObject({
        Runtime: 'provided.al2023',
        Handler: 'bootstrap',
        LoggingConfig: { LogFormat: 'JSON' },
        ...expected,
      });
    }
  }
});

test('log groups are kept for as long as configured', () => {
  const retention = (name: string) =>
    new Set(resources(configuration(name), 'AWS::Logs::LogGroup').map(({ Properties }) => Properties.RetentionInDays));
  expect(retention('stack-set, least')).toEqual(new Set([365]));
  expect(retention('stack-set, most')).toEqual(new Set([30]));
});

test('a StackSet reaches new accounts, all Regions at once, and is told who asks', () => {
  const [set] = resources(configuration('stack-set, most'), 'AWS::CloudFormation::StackSet');
  expect(set?.Properties).toMatchObject({
    PermissionModel: 'SERVICE_MANAGED',
    CallAs: 'DELEGATED_ADMIN',
    AutoDeployment: { Enabled: true, RetainStacksOnAccountRemoval: false },
    ManagedExecution: { Active: true },
    OperationPreferences: { RegionConcurrencyType: 'PARALLEL' },
    StackInstancesGroup: [
      {
        Regions: ['eu-west-1', 'us-east-1'],
        DeploymentTargets: {
          OrganizationalUnitIds: ['ou-exam-11111111', 'ou-exam-22222222'],
          Accounts: ['333333333333'],
          AccountFilterType: 'DIFFERENCE',
        },
      },
    ],
  });
  const [least] = resources(configuration('stack-set, least'), 'AWS::CloudFormation::StackSet');
  expect(least?.Properties.CallAs).toBe('SELF');
  expect(least?.Properties.StackInstancesGroup[0].DeploymentTargets).toEqual({ OrganizationalUnitIds: ['r-exam'] });
});

test('the template of a StackSet takes its code from the bucket of its Region and names no other asset', () => {
  const templates = templatesOf(configuration('stack-set, most'));
  const text = JSON.stringify(templates['stagecert-accounts > template']);
  expect(text.length).toBeLessThan(51_200);
  expect(text).not.toMatch(/cdk-hnb659fds|AssetParameters|BootstrapVersion/);
  const [evaluator] = Object.values(templates['stagecert-accounts > template']?.Resources ?? {}).filter(
    ({ Type }) => Type === 'AWS::Lambda::Function',
  );
  expect(evaluator?.Properties.Code.S3Bucket).toEqual({
    'Fn::Join': ['', ['stagecert-code-222222222222-', { Ref: 'AWS::Region' }]],
  });
  for (const region of ['eu-west-1', 'us-east-1']) {
    const published = Template.fromJSON(templates[`stagecert-code-${region}`] ?? {});
    published.hasResourceProperties('AWS::SSM::Parameter', { Value: evaluator?.Properties.Code.S3Key });
  }
});

test("code is published to each Region's own bucket, which the organization alone reads", () => {
  const assembly = appOf(configuration('stack-set, most')).synth();
  for (const region of ['eu-west-1', 'us-east-1']) {
    const manifest = readFileSync(join(assembly.directory, `stagecert-code-${region}.assets.json`), 'utf8');
    const [code] = Object.values<{ destinations: object }>(JSON.parse(manifest).files).flatMap(({ destinations }) =>
      Object.values(destinations),
    );
    expect(code).toMatchObject({ bucketName: `stagecert-code-222222222222-${region}`, region });
  }
  const [bucket] = resources(configuration('stack-set, least'), 'AWS::S3::Bucket');
  expect(bucket?.Properties.PublicAccessBlockConfiguration.BlockPublicPolicy).toBe(true);
  const [policy] = resources(configuration('stack-set, least'), 'AWS::S3::BucketPolicy');
  const allowed = policy?.Properties.PolicyDocument.Statement.filter(
    ({ Effect }: { Effect: string }) => Effect === 'Allow',
  );
  // Each within the organization, and by a fixed value: S3 takes a wildcard alone for public, and refuses the policy.
  expect(allowed).toEqual([
    expect.objectContaining({
      Action: 's3:GetObject',
      Principal: { AWS: '*' },
      Condition: { StringEquals: { 'aws:PrincipalOrgID': 'o-exampleorg1' } },
    }),
    expect.objectContaining({
      Action: expect.arrayContaining(['s3:PutObject']),
      // The account as principal would leave it to the role's own policy, which doesn't give this bucket.
      Principal: { AWS: '*' },
      Condition: {
        StringEquals: { 'aws:PrincipalOrgID': 'o-exampleorg1' },
        ArnLike: {
          'aws:PrincipalArn': { 'Fn::Join': ['', expect.arrayContaining([':role/cdk-*-file-publishing-role-'])] },
        },
      },
    }),
  ]);
});

test('everything that takes tags has them', () => {
  const taggable = [
    'AWS::Lambda::Function',
    'AWS::IAM::Role',
    'AWS::Logs::LogGroup',
    'AWS::S3::Bucket',
    'AWS::SNS::Topic',
    'AWS::KMS::Key',
    'AWS::CloudFormation::StackSet',
    'AWS::CloudWatch::Alarm',
    'AWS::Config::OrganizationConformancePack',
  ];
  for (const name of ['stack-set, most', 'conformance-pack, most']) {
    for (const type of taggable) {
      for (const { Properties } of resources(configuration(name), type)) {
        expect(Properties.Tags, `${name}, ${type}`).toContainEqual({ Key: 'application', Value: 'stagecert' });
      }
    }
  }
});

test('outputs say what a person needs', () => {
  const outputs = Object.values(templatesOf(configuration('account, least')))[0]?.Outputs ?? {};
  expect(Object.keys(outputs)).toEqual(['FunctionArn', 'RuleNames']);
});

test('code that is missing or built for another processor is refused', () => {
  expect(() => evaluatorCode('nowhere', 'arm64')).toThrow(
    'nowhere/bootstrap does not exist; `make function` builds it',
  );
  expect(() => evaluatorCode(codeDirectory('x86_64'), 'arm64')).toThrow(
    'is built for x86_64; `make function ARCHITECTURE=arm64`',
  );
});
