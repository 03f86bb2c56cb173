import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdtempSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { App, Stack } from 'aws-cdk-lib';
import { afterEach, expect, test, vi } from 'vitest';
import { ServiceManagedStackSet } from '../../lib/organization/service-managed-stack-set';
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
  const [set] = resources(FULL, 'AWS::CloudFormation::StackSet');
  expect(set?.Properties.TemplateBody).toBeUndefined();
  const name = 'stagecert-accounts.stack-set.template.json';
  const text = readFileSync(join(directory, name), 'utf8');
  expect(text.split('\n').length).toBeGreaterThan(500);
  const hash = createHash('sha256').update(text).digest('hex');
  expect(JSON.stringify(set?.Properties.TemplateURL)).toContain(`${hash}.json`);
  const manifest = JSON.parse(readFileSync(join(directory, 'stagecert-accounts.assets.json'), 'utf8'));
  expect(manifest.files[hash].source).toEqual({ path: name, packaging: 'file' });
});

test('a template that is too large for CloudFormation fails the synthesis', () => {
  const stackSetOf = (length: number) => () =>
    new ServiceManagedStackSet(new Stack(new App(), 'Stack'), 'StackSet', {
      name: 'stagecert',
      description: 'a StackSet',
      template: { Description: 'x'.repeat(length) },
      targets: { organizationalUnits: ['r-exam'], excludedAccounts: [], regions: ['eu-west-1'] },
      delegatedAdministrator: false,
      tags: {},
    });
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
