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
      set.Properties.TemplateURL = '(see the template of the StackSet)';
    }
    for (const document of Object.values(template.Resources).filter(({ Type }) => Type === 'AWS::SSM::Document')) {
      document.Properties.Content = '(see the tests in rotation/)';
    }
  }
  // stack-set-mode.test.ts compares these with the template of the other accounts.
  const same = ['stagecert-accounts-canary > template', 'stagecert-accounts-unreserved > template'];
  expect(Object.fromEntries(Object.entries(templates).filter(([stack]) => !same.includes(stack)))).toMatchSnapshot();
});

test('a rule has all three triggers, both resource types and an unqualified function ARN', () => {
  for (const name of ['stack-set, minimal', 'stack-set, full', 'account, minimal', 'account, full']) {
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

test('an organization rule has all three triggers and the role to assume', () => {
  const rules = resources(configuration('organization-rule, full'), 'AWS::Config::OrganizationConfigRule');
  expect(rules).toHaveLength(4);
  for (const { Properties: rule } of rules) {
    const metadata = rule.OrganizationCustomRuleMetadata;
    expect(metadata.OrganizationConfigRuleTriggerTypes).toEqual([
      'ConfigurationItemChangeNotification',
      'OversizedConfigurationItemChangeNotification',
      'ScheduledNotification',
    ]);
    expect(JSON.parse(metadata.InputParameters)).toMatchObject({ executionRoleName: 'security/stagecert-member' });
    expect(rule.ExcludedAccounts).toEqual(['555555555555']);
  }
});

test('the management account has an organization rule only if it has a member role', () => {
  for (const [name, excluded] of [
    ['organization-rule, minimal', ['111111111111']],
    ['organization-rule, full', ['555555555555']],
  ] as const) {
    for (const { Properties: rule } of resources(configuration(name), 'AWS::Config::OrganizationConfigRule')) {
      expect(rule.ExcludedAccounts, name).toEqual(excluded);
    }
  }
  expect(Object.keys(templatesOf(configuration('organization-rule, full')))).toContain('stagecert-member-management');
});

test("rule names leave room for AWS Config's suffixes", () => {
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

test('the function has the configured settings', () => {
  for (const [name, expected] of [
    [
      'stack-set, minimal',
      { Architectures: ['arm64'], MemorySize: 128, Timeout: 900, ReservedConcurrentExecutions: undefined },
    ],
    ['stack-set, full', { Architectures: ['x86_64'], MemorySize: 256, Timeout: 300 }],
    ['organization-rule, minimal', { Architectures: ['arm64'], ReservedConcurrentExecutions: 10 }],
    ['organization-rule, full', { ReservedConcurrentExecutions: 5 }],
    ['account, minimal', { ReservedConcurrentExecutions: 1 }],
  ] as const) {
    const functions = resources(configuration(name), 'AWS::Lambda::Function').filter(
      ({ Properties }) => Properties.FunctionName === 'stagecert-evaluator',
    );
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

test('functions without a reserved concurrency make no export for a change', () => {
  const settings = (stack: string) => {
    const template = templatesOf(configuration('stack-set, full'))[stack];
    const [lambda] = Object.values(template?.Resources ?? {}).filter(({ Type }) => Type === 'AWS::Lambda::Function');
    const { ReservedConcurrentExecutions: reserved, Environment } = lambda?.Properties ?? {};
    return [reserved, Environment.Variables.STAGECERT_CHANGE_EXPORTS];
  };
  expect(settings('stagecert-accounts-canary > template')).toEqual([1, 'on']);
  expect(settings('stagecert-accounts > template')).toEqual([1, 'on']);
  expect(settings('stagecert-accounts-unreserved > template')).toEqual([undefined, 'off']);
  expect(settings('stagecert-management-eu-west-1')).toEqual([1, 'on']);
});

test('log groups have the configured retention', () => {
  const retention = (name: string) =>
    new Set(resources(configuration(name), 'AWS::Logs::LogGroup').map(({ Properties }) => Properties.RetentionInDays));
  expect(retention('stack-set, minimal')).toEqual(new Set([365]));
  expect(retention('stack-set, full')).toEqual(new Set([30]));
});

test('a StackSet deploys automatically to new accounts', () => {
  const [, set] = resources(configuration('stack-set, full'), 'AWS::CloudFormation::StackSet');
  expect(set?.Properties).toMatchObject({
    PermissionModel: 'SERVICE_MANAGED',
    CallAs: 'DELEGATED_ADMIN',
    AutoDeployment: { Enabled: true, RetainStacksOnAccountRemoval: false },
    ManagedExecution: { Active: true },
    StackInstancesGroup: [
      {
        Regions: ['eu-west-1', 'us-east-1'],
        DeploymentTargets: {
          OrganizationalUnitIds: ['ou-exam-22222222'],
          Accounts: ['333333333333'],
          AccountFilterType: 'DIFFERENCE',
        },
      },
    ],
  });
  const [minimal] = resources(configuration('stack-set, minimal'), 'AWS::CloudFormation::StackSet');
  expect(minimal?.Properties.CallAs).toBe('SELF');
  expect(minimal?.Properties.OperationPreferences).toMatchObject({
    RegionConcurrencyType: 'PARALLEL',
    FailureTolerancePercentage: 100,
  });
  expect(minimal?.Properties.StackInstancesGroup[0].DeploymentTargets).toEqual({ OrganizationalUnitIds: ['r-exam'] });
});

test('the template of a StackSet loads its code from the bucket of its Region and has no other assets', () => {
  const textOf = (value: object) => JSON.stringify(templatesOf(value)['stagecert-accounts > template']);
  expect(textOf({ ...configuration('stack-set, full'), rotation: 'none' }).length).toBeLessThan(51_200);
  const templates = templatesOf(configuration('stack-set, full'));
  const text = textOf(configuration('stack-set, full'));
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

test('code is published to a bucket in each Region that is readable only within the organization', () => {
  const assembly = appOf(configuration('stack-set, full')).synth();
  for (const region of ['eu-west-1', 'us-east-1']) {
    const manifest = readFileSync(join(assembly.directory, `stagecert-code-${region}.assets.json`), 'utf8');
    const [code] = Object.values<{ destinations: object }>(JSON.parse(manifest).files).flatMap(({ destinations }) =>
      Object.values(destinations),
    );
    expect(code).toMatchObject({ bucketName: `stagecert-code-222222222222-${region}`, region });
  }
  const [bucket] = resources(configuration('stack-set, minimal'), 'AWS::S3::Bucket');
  expect(bucket?.Properties.PublicAccessBlockConfiguration.BlockPublicPolicy).toBe(true);
  const [policy] = resources(configuration('stack-set, minimal'), 'AWS::S3::BucketPolicy');
  const allowed = policy?.Properties.PolicyDocument.Statement.filter(
    ({ Effect }: { Effect: string }) => Effect === 'Allow',
  );
  // Each statement is limited to the organization by a fixed value. S3 treats a wildcard alone as
  // public and rejects the policy.
  expect(allowed).toEqual([
    expect.objectContaining({
      Action: 's3:GetObject',
      Principal: { AWS: '*' },
      Condition: { StringEquals: { 'aws:PrincipalOrgID': 'o-exampleorg1' } },
    }),
    expect.objectContaining({
      Action: expect.arrayContaining(['s3:PutObject']),
      // With the account as principal, the role's own policy would apply, which doesn't include
      // this bucket.
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

test('all resources that support tags have them', () => {
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
  for (const name of ['stack-set, full', 'conformance-pack, full']) {
    for (const type of taggable) {
      for (const { Properties } of resources(configuration(name), type)) {
        expect(Properties.Tags, `${name}, ${type}`).toContainEqual({ Key: 'application', Value: 'stagecert' });
      }
    }
  }
});

test('the outputs of an account stack', () => {
  const outputs = Object.values(templatesOf(configuration('account, minimal')))[0]?.Outputs ?? {};
  expect(Object.keys(outputs)).toEqual(['FunctionArn', 'RuleNames']);
});

test('missing code and code for another architecture are rejected', () => {
  expect(() => evaluatorCode('nowhere', 'arm64')).toThrow(
    'nowhere/bootstrap does not exist; build it with `make function`',
  );
  expect(() => evaluatorCode(codeDirectory('x86_64'), 'arm64')).toThrow(
    'is built for x86_64; build it with `make function ARCHITECTURE=arm64`',
  );
});
