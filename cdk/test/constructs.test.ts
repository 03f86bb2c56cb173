import { App, Aws, Stack } from 'aws-cdk-lib';
import { Match, Template } from 'aws-cdk-lib/assertions';
import { RetentionDays } from 'aws-cdk-lib/aws-logs';
import { expect, test } from 'vitest';
import { AccountStack, codeFromBucket } from '../lib';
import { appOf, CONFIGURATIONS, type Resource, resources, templatesOf } from './fixtures';

/** Returns a stack as another CDK app would create it. */
function accountStack(app: App, name: string): AccountStack {
  return new AccountStack(app, `${name}-stack`, {
    code: (stack) => codeFromBucket(stack, `code-${Aws.REGION}`, 'stagecert.zip'),
    evaluator: {
      name,
      architecture: 'arm64',
      memoryMegabytes: 128,
      timeoutSeconds: 900,
      reservedConcurrency: 1,
      logRetention: RetentionDays.ONE_MONTH,
    },
    rule: { name, frequency: 'TwentyFour_Hours', rules: 'combined', parameters: { expiryWindowDays: 30 } },
    dashboard: false,
  });
}

test('another app can import the stacks', () => {
  const template = Template.fromStack(accountStack(new App(), 'stagecert'));
  template.hasResourceProperties('AWS::Config::ConfigRule', { InputParameters: { expiryWindowDays: '30' } });
  template.hasResourceProperties('AWS::Lambda::Function', {
    Environment: { Variables: Match.objectLike({ STAGECERT_NAME: 'stagecert', STAGECERT_CHANGE_EXPORTS: 'on' }) },
  });
});

test('the constructs leave no trace in the process: a second app gives the same template', () => {
  const before = { ...process.env };
  const first = Template.fromStack(accountStack(new App(), 'stagecert')).toJSON();
  const second = Template.fromStack(accountStack(new App(), 'stagecert')).toJSON();
  expect(second).toEqual(first);
  expect(process.env).toEqual(before);
});

/** Properties that name a resource, and so must differ between two deployments in an account. */
const NAME_PROPERTIES = [
  'AlarmName',
  'BucketName',
  'ConfigRuleName',
  'DashboardName',
  'FunctionName',
  'LogGroupName',
  'Name',
  'OrganizationConfigRuleName',
  'OrganizationConformancePackName',
  'QueueName',
  'RoleName',
  'RuleName',
  'StackSetName',
  'TableName',
  'TopicName',
];

/** Types whose `FunctionName` or `LogGroupName` is a reference. */
const PARTS_OF_OTHERS = [
  'AWS::Lambda::EventInvokeConfig',
  'AWS::Lambda::EventSourceMapping',
  'AWS::Lambda::Permission',
  'AWS::Logs::MetricFilter',
];

const namesIn = (value: object) =>
  Object.entries(templatesOf(value)).flatMap(([stack, template]) => [
    stack.split(' > ')[0] ?? '',
    ...Object.values(template.Resources).flatMap(({ Type, Properties }: Resource) =>
      NAME_PROPERTIES.filter((key) => Properties?.[key] !== undefined && !PARTS_OF_OTHERS.includes(Type)).map(
        (key) => `${Type} ${JSON.stringify(Properties[key])}`,
      ),
    ),
  ]);

test.each(Object.entries(CONFIGURATIONS).filter(([name]) => name.endsWith('full')))(
  '%s: two deployments have no name in common',
  (_, value) => {
    const [one, other] = [namesIn(value), namesIn({ ...value, name: 'audit' })];
    expect(one.length).toBeGreaterThan(8);
    expect(one.filter((name) => other.includes(name))).toEqual([]);
    const withoutName = other.filter((name) => !name.includes('audit'));
    expect(withoutName).toEqual([]);
  },
);

test('every resource that supports tags has the name of the deployment and the version', () => {
  const [lambda] = resources(CONFIGURATIONS['account, minimal'] ?? {}, 'AWS::Lambda::Function');
  expect(lambda?.Properties.Tags).toEqual([
    { Key: 'application', Value: 'stagecert' },
    { Key: 'stagecert:deployment', Value: 'stagecert' },
    { Key: 'stagecert:version', Value: '0.1.0' },
  ]);
  expect(lambda?.Properties.Description).toContain('stagecert 0.1.0');
});

test('roles have the configured path and permissions boundary, also inside StackSets', () => {
  const roles = resources(CONFIGURATIONS['organization-rule, full'] ?? {}, 'AWS::IAM::Role');
  expect(roles.length).toBeGreaterThan(4);
  for (const { Properties } of roles) {
    expect(Properties.Path).toBe('/security/');
    expect(JSON.stringify(Properties.PermissionsBoundary)).toContain('policy/boundaries/security');
  }
  for (const { Properties } of resources(CONFIGURATIONS['account, full'] ?? {}, 'AWS::IAM::Role')) {
    expect(Properties.Path).toBeUndefined();
    expect(Properties.PermissionsBoundary).toBeUndefined();
  }
});

test('log groups are encrypted with the configured key in their own Region', () => {
  const groups = resources(CONFIGURATIONS['stack-set, full'] ?? {}, 'AWS::Logs::LogGroup');
  expect(groups.length).toBeGreaterThan(3);
  for (const { Properties } of groups) {
    expect(Properties.KmsKeyId).toEqual({
      'Fn::Join': [
        '',
        ['arn:aws:kms:', { Ref: 'AWS::Region' }, ':222222222222:key/mrk-1234abcd12ab34cd56ef1234567890ab'],
      ],
    });
  }
});

test('a bucket that the configuration names replaces the code buckets', () => {
  const value = {
    ...CONFIGURATIONS['stack-set, minimal'],
    function: { code: { bucket: 'artifacts-REGION', key: 'stagecert/1.0.0.zip' } },
  };
  const templates = templatesOf(value);
  expect(Object.keys(templates).filter((stack) => stack.includes('code'))).toEqual([]);
  const [lambda] = Object.values(templates['stagecert-accounts > template']?.Resources ?? {}).filter(
    ({ Type }) => Type === 'AWS::Lambda::Function',
  );
  expect(lambda?.Properties.Code).toEqual({
    S3Bucket: { 'Fn::Join': ['', ['artifacts-', { Ref: 'AWS::Region' }]] },
    S3Key: 'stagecert/1.0.0.zip',
  });
  // CDK Pipelines publishes all assets before it deploys a stack: there is none in a code bucket.
  expect(appOf(value).node.findAll().filter(Stack.isStack)).toHaveLength(2);
});
