import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdtempSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { App, Stack } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import { afterEach, expect, test, vi } from 'vitest';
import {
  ServiceManagedStackSet,
  type ServiceManagedStackSetProps,
  type StackSetRollout,
  type StackSetTargets,
} from '../../lib/organization/service-managed-stack-set';
import { appOf, CONFIGURATIONS, codeDirectory, resources } from '../fixtures';

const CDK = join(__dirname, '../..');
const FULL = CONFIGURATIONS['stack-set, full'] as { function: object };

/** Context that changes the templates of an app that doesn't ignore it. */
const CLI_CONTEXT = {
  'aws:cdk:enable-path-metadata': true,
  'aws:cdk:enable-asset-metadata': true,
  'aws:cdk:version-reporting': true,
  '@aws-cdk/aws-iam:minimizePolicies': true,
  '@aws-cdk/core:enablePartitionLiterals': true,
  '@aws-cdk/aws-lambda:recognizeLayerVersion': true,
};

const EVERYWHERE: StackSetRollout = {
  regionConcurrency: 'parallel',
  maxConcurrentPercentage: 100,
  failureTolerancePercentage: 100,
};

const TARGETS: StackSetTargets = {
  organizationalUnits: ['ou-exam-11111111'],
  excludedAccounts: [],
  regions: ['eu-west-1', 'us-east-1'],
};

const RECORDER = 'arn:aws:cloudformation:eu-west-1:222222222222:stackset/recorder:1';

afterEach(() => {
  vi.unstubAllEnvs();
});

/** Returns the text of each template in a cloud assembly, by file name. */
function templateFiles(directory: string): Record<string, string> {
  const names = readdirSync(directory).filter((name) => name.endsWith('.template.json'));
  return Object.fromEntries(names.map((name) => [name, readFileSync(join(directory, name), 'utf8')]));
}

function stackSetTemplates(configuration: object): string[] {
  const files = templateFiles(appOf(configuration).synth().directory);
  return Object.entries(files).flatMap(([name, text]) => (name.endsWith('.stack-set.template.json') ? [text] : []));
}

test('the template of a StackSet is a readable file of the assembly, which CDK publishes', () => {
  const { directory } = appOf(FULL).synth();
  const [, set] = resources(FULL, 'AWS::CloudFormation::StackSet');
  expect(set?.Properties.StackSetName).toBe('stagecert');
  expect(set?.Properties.TemplateBody).toBeUndefined();
  const name = 'stagecert-accounts.stack-set.template.json';
  const text = readFileSync(join(directory, name), 'utf8');
  expect(text.split('\n').length).toBeGreaterThan(500);
  const hash = createHash('sha256').update(text).digest('hex');
  expect(JSON.stringify(set?.Properties.TemplateURL)).toContain(`${hash}.json`);
  const manifest = JSON.parse(readFileSync(join(directory, 'stagecert-accounts.assets.json'), 'utf8'));
  expect(manifest.files[hash].source).toEqual({ path: name, packaging: 'file' });
});

/** Returns the properties of a StackSet with settings that differ from the defaults. */
// biome-ignore lint/suspicious/noExplicitAny: the properties of any resource
function stackSet(settings: Partial<ServiceManagedStackSetProps>): any {
  const stack = new Stack(new App(), 'Stack');
  new ServiceManagedStackSet(stack, 'StackSet', {
    name: 'stagecert',
    description: 'a StackSet',
    template: { Description: 'a template' },
    targets: TARGETS,
    rollout: EVERYWHERE,
    delegatedAdministrator: false,
    tags: {},
    ...settings,
  });
  const [found] = Object.values(Template.fromStack(stack).findResources('AWS::CloudFormation::StackSet'));
  return found?.Properties;
}

test('a template that is too large for CloudFormation fails the synthesis', () => {
  const stackSetOf = (length: number) => () => stackSet({ template: { Description: 'x'.repeat(length) } });
  expect(stackSetOf(900_000)).not.toThrow();
  expect(stackSetOf(1_000_000)).toThrow('stagecert: the template has 1000023 bytes; allowed: 1000000');
});

test("the context of the CDK CLI doesn't change the template of a StackSet", () => {
  for (const name of ['stack-set, full', 'organization-rule, full']) {
    vi.stubEnv('CDK_CONTEXT_JSON', undefined);
    const expected = stackSetTemplates(CONFIGURATIONS[name] ?? {});
    expect(expected.length, name).toBeGreaterThan(0);
    vi.stubEnv('CDK_CONTEXT_JSON', JSON.stringify(CLI_CONTEXT));
    expect(stackSetTemplates(CONFIGURATIONS[name] ?? {}), name).toEqual(expected);
  }
});

test('the context is effective: it changes the template of a stack that is not in a StackSet', () => {
  const account = { ...CONFIGURATIONS['account, minimal'] };
  const expected = templateFiles(appOf(account).synth().directory);
  vi.stubEnv('CDK_CONTEXT_JSON', JSON.stringify(CLI_CONTEXT));
  expect(templateFiles(appOf(account).synth().directory)).not.toEqual(expected);
});

test('the CDK CLI generates the same templates, byte by byte, as the tests', () => {
  const directory = mkdtempSync(join(tmpdir(), 'stagecert-synth-'));
  const file = join(directory, 'stagecert.yaml');
  const configuration = { ...FULL, function: { ...FULL.function, code: codeDirectory('x86_64') } };
  writeFileSync(file, JSON.stringify(configuration));
  const output = join(directory, 'cdk.out');
  execFileSync(
    join(CDK, 'node_modules/.bin/cdk'),
    ['synth', '--quiet', '--no-notices', '--context', `config=${file}`, '--output', output],
    { cwd: CDK, stdio: 'pipe', env: { ...process.env, CDK_DISABLE_CLI_TELEMETRY: 'true' } },
  );
  const deployed = templateFiles(output);
  expect(Object.keys(deployed)).toContain('stagecert-accounts.stack-set.template.json');
  expect(deployed).toEqual(templateFiles(appOf(FULL).synth().directory));
});

test('individual accounts are a permanent limit: new accounts are not included', () => {
  const { AutoDeployment: automatic, StackInstancesGroup: groups } = stackSet({
    targets: { ...TARGETS, accounts: ['333333333333'], dependsOn: [RECORDER] },
  });
  // CloudFormation accepts the other settings only if automatic deployment is enabled.
  expect(automatic).toEqual({ Enabled: false });
  expect(groups[0].DeploymentTargets).toEqual({
    OrganizationalUnitIds: ['ou-exam-11111111'],
    Accounts: ['333333333333'],
    AccountFilterType: 'INTERSECTION',
  });
});

test('new accounts are included after the StackSets that this one depends on', () => {
  expect(stackSet({}).AutoDeployment).toEqual({ Enabled: true, RetainStacksOnAccountRemoval: false });
  expect(stackSet({ targets: { ...TARGETS, dependsOn: [RECORDER] } }).AutoDeployment).toEqual({
    Enabled: true,
    RetainStacksOnAccountRemoval: false,
    DependsOn: [RECORDER],
  });
});

test('a rollout determines the order, the concurrency and the tolerance', () => {
  expect(stackSet({}).OperationPreferences).toEqual({
    RegionConcurrencyType: 'PARALLEL',
    MaxConcurrentPercentage: 100,
    FailureTolerancePercentage: 100,
    ConcurrencyMode: 'SOFT_FAILURE_TOLERANCE',
  });
  const rollout = {
    regionConcurrency: 'sequential',
    maxConcurrentPercentage: 10,
    failureTolerancePercentage: 0,
  } as const;
  const sequential = stackSet({ rollout }).OperationPreferences;
  expect(sequential).toMatchObject({
    RegionConcurrencyType: 'SEQUENTIAL',
    RegionOrder: ['eu-west-1', 'us-east-1'],
    MaxConcurrentPercentage: 10,
    FailureTolerancePercentage: 0,
  });
});
