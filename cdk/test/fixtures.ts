import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { App } from 'aws-cdk-lib';
import { parseConfiguration } from '../lib/configuration/configuration';
import type { Configuration } from '../lib/configuration/schema';
import { addStacks } from '../lib/stagecert';

const ORGANIZATION = {
  id: 'o-exampleorg1',
  managementAccount: '111111111111',
  administratorAccount: '222222222222',
};
const TARGETS = { organizationalUnits: ['r-exam'], regions: ['eu-west-1', 'us-east-1'] };

/** A minimal and a full configuration for each deployment mode. */
export const CONFIGURATIONS: Readonly<Record<string, object>> = {
  'stack-set, minimal': {
    organization: { ...ORGANIZATION, administratorAccount: '111111111111' },
    targets: { organizationalUnits: ['r-exam'], regions: ['eu-west-1'] },
    function: { reservedConcurrency: 'none' },
    tags: {},
  },
  'stack-set, full': {
    organization: ORGANIZATION,
    targets: {
      organizationalUnits: ['ou-exam-11111111', 'ou-exam-22222222', 'ou-exam-33333333'],
      excludedAccounts: ['333333333333'],
      regions: TARGETS.regions,
      managementAccount: true,
    },
    rollout: {
      canary: 'ou-exam-11111111',
      regionConcurrency: 'sequential',
      maxConcurrentPercentage: 25,
      failureTolerancePercentage: 10,
    },
    rule: {
      frequency: 'One_Hour',
      rules: 'per-check',
      parameters: {
        expiryWindowDays: 90,
        managedRenewalWindowDays: 14,
        ownerTagKeys: ['team', 'owner'],
        ownerTagPattern: '[a-z ]+',
        ownerTagOn: ['stage', 'certificate'],
        certificateSharing: ['same-api', 'acm'],
        appliesTo: 'http-integrations',
        includeStages: ['*/prod*'],
        excludeStages: ['a1b2c3/*', 'a1b2c3/prod checks=certificate-expiry+owner-tag until=2027-06-30'],
        exemptionTag: 'stagecert:exempt',
        exemptions: 's3://example-exemptions/stagecert.json',
        apiGatewayCallsPerSecond: 5,
        inventory: 'apigateway',
        reporting: 'all',
        securityHub: 'on',
        findingOwner: 'value',
      },
      exemptionsKmsKey: 'arn:aws:kms:eu-central-1:666666666666:key/1234abcd-12ab-34cd-56ef-1234567890ab',
    },
    function: {
      architecture: 'x86_64',
      memoryMegabytes: 256,
      timeoutSeconds: 300,
      reservedConcurrency: { default: 1, 'ou-exam-33333333': 'none' },
      logRetentionDays: 30,
      logKmsKey: 'arn:aws:kms:REGION:222222222222:key/mrk-1234abcd12ab34cd56ef1234567890ab',
    },
    alerts: {
      email: 'security@example.com',
      owners: {
        payments: 'payments@example.com',
        'team payments': 'payments@example.com',
        search: 'arn:aws:sns:eu-west-1:222222222222:search-alerts',
      },
      reminderDays: [60, 7, 0],
      eventBus: 'arn:aws:events:eu-central-1:666666666666:event-bus/security',
    },
    rotation: 'automation',
    dashboard: { everyAccount: true },
    securityHub: { suppressConfigFindings: true, resolvePassedFindings: true },
    tags: { application: 'stagecert', 'cost-center': '42' },
  },
  'organization-rule, minimal': {
    deploymentMode: 'organization-rule',
    organization: ORGANIZATION,
    targets: { ...TARGETS, regions: ['eu-west-1'] },
  },
  'organization-rule, full': {
    deploymentMode: 'organization-rule',
    organization: ORGANIZATION,
    targets: { ...TARGETS, excludedAccounts: ['555555555555'], managementAccount: true },
    roles: { path: '/security/', permissionsBoundary: 'boundaries/security' },
    rule: {
      rules: 'per-check',
      parameters: {
        checks: ['certificate-expiry', 'owner-tag'],
        ownerTagPattern: '(?<team>[a-z]+)',
        exemptions: "s3://example.exemptions/security/it's-(final).json",
        securityHub: 'on',
      },
      exemptionsKmsKey: 'arn:aws:kms:eu-central-1:666666666666:key/1234abcd-12ab-34cd-56ef-1234567890ab',
    },
    function: { reservedConcurrency: 5 },
    alerts: { email: 'security@example.com', owners: { payments: 'payments@example.com' } },
    securityHub: { suppressConfigFindings: true, resolvePassedFindings: true },
  },
  'conformance-pack, minimal': {
    deploymentMode: 'conformance-pack',
    organization: ORGANIZATION,
    targets: { ...TARGETS, regions: ['eu-west-1'] },
    alerts: { eventBus: 'arn:aws:events:eu-west-1:222222222222:event-bus/incidents', reminderDays: [] },
    dashboard: { home: false },
  },
  'conformance-pack, full': {
    deploymentMode: 'conformance-pack',
    organization: ORGANIZATION,
    targets: { ...TARGETS, regions: ['eu-west-1', 'mx-central-1'], managementAccount: true },
    rule: { frequency: 'Six_Hours', parameters: { expiryWindowDays: 30, exemptions: 's3://example-exemptions/a/b' } },
    alerts: { email: 'security@example.com' },
  },
  'account, minimal': { deploymentMode: 'account', targets: { regions: ['eu-west-1'] }, dashboard: { home: false } },
  'account, full': {
    deploymentMode: 'account',
    targets: { regions: ['eu-west-1', 'us-east-1'] },
    rule: {
      rules: 'per-check',
      parameters: { exemptions: 's3://example-exemptions/stagecert.json', securityHub: 'on' },
    },
    alerts: { email: 'security@example.com', owners: { payments: 'payments@example.com' } },
    rotation: 'automation',
    securityHub: { suppressConfigFindings: true, resolvePassedFindings: true },
  },
};

/** The settings of the front door. */
export const FRONT_DOOR = {
  enabled: true,
  requireMutualTls: ['api.example.com', '*.partner.example.com', 'a1b2c3d4e5'],
  truststoreWindowDays: 120,
  truststoreBuckets: ['arn:aws:s3:::example-truststores', 'arn:aws:s3:::example.partners'],
  frequency: 'Six_Hours',
};

/** Configurations with the rule for the front door, for each deployment mode. */
export const FRONT_DOOR_CONFIGURATIONS: Readonly<Record<string, object>> = {
  ...Object.fromEntries(
    Object.entries(CONFIGURATIONS)
      .filter(([name]) => name.endsWith(', full'))
      .map(([name, value]) => [name.replace('full', 'front door'), { ...value, frontDoor: FRONT_DOOR }]),
  ),
  'account, front door only': {
    deploymentMode: 'account',
    targets: { regions: ['us-east-1'] },
    rule: { parameters: { checks: ['owner-tag'] } },
    frontDoor: { enabled: true, checks: ['truststore'] },
    alerts: { eventBus: 'arn:aws:events:eu-west-1:222222222222:event-bus/incidents', reminderDays: [90] },
    dashboard: { home: false },
  },
  'organization-rule, front door only': {
    ...CONFIGURATIONS['organization-rule, minimal'],
    rule: { parameters: { checks: ['owner-tag'] } },
    frontDoor: { enabled: true, checks: ['domain-certificate', 'tls-policy'] },
    alerts: { email: 'security@example.com' },
    dashboard: { home: false },
  },
};

/** All configurations. */
export const ALL_CONFIGURATIONS = { ...CONFIGURATIONS, ...FRONT_DOOR_CONFIGURATIONS };

/** Values of the rule parameter `exemptions`, and whether they are allowed. */
export const EXEMPTION_DOCUMENTS: readonly [value: string, allowed: boolean][] = [
  ['s3://example-exemptions/stagecert.json', true],
  ["s3://a.b/A!_.'()-/.../.9/..a/b.", true],
  [`s3://${'a'.repeat(63)}/${'k'.repeat(512)}`, true],
  [`s3://${'a'.repeat(64)}/key`, false],
  [`s3://${'a'.repeat(63)}/${'k'.repeat(513)}`, false],
  ['s3://ab/key', false],
  ['s3://-bucket/key', false],
  ['s3://bucket./key', false],
  ['s3://Bucket/key', false],
  ['s3://bucket/', false],
  ['s3://bucket//key', false],
  ['s3://bucket/key/', false],
  ['s3://bucket/./key', false],
  ['s3://bucket/key/..', false],
  ['s3://bucket', false],
  ['bucket/key', false],
  ['https://bucket.s3.amazonaws.com/key', false],
  ['s3://bucket/*', false],
  ['s3://bucket/k?y', false],
  ['s3://bucket/$key', false],
  ['s3://bucket/a b', false],
  ['s3://bucket/k\u00e9y', false],
  ['s3://bucket/key\n', false],
];

const MACHINES = { arm64: 0xb7, x86_64: 0x3e };

/** Returns a directory with a `bootstrap` that consists only of an ELF header. */
export function codeDirectory(architecture: Configuration['function']['architecture']): string {
  const directory = join(tmpdir(), 'stagecert-test-code', architecture);
  mkdirSync(directory, { recursive: true });
  const executable = Buffer.alloc(64);
  executable.write('\x7fELF', 'latin1');
  executable.writeUInt16LE(MACHINES[architecture], 18);
  // Other test files read it at the same time, so it must never be incomplete.
  const temporary = `${directory}.${process.pid}`;
  writeFileSync(temporary, executable);
  renameSync(temporary, join(directory, 'bootstrap'));
  return directory;
}

/** Returns an app with the stacks for a configuration. */
export function appOf(value: object): App {
  const configuration = parseConfiguration(value);
  const app = new App({ analyticsReporting: false });
  addStacks(app, configuration, codeDirectory(configuration.function.architecture));
  return app;
}

/** Returns all templates by stack. The templates of StackSets have the key `stack > template`. */
export function templatesOf(value: object): Record<string, TemplateObject> {
  // Synthesis is slow, and many tests look at the same configurations.
  const key = JSON.stringify([value, process.env.CDK_CONTEXT_JSON]);
  const templates = synthesized.get(key) ?? synthesize(value);
  synthesized.set(key, templates);
  return structuredClone(templates);
}

const synthesized = new Map<string, Record<string, TemplateObject>>();

function synthesize(value: object): Record<string, TemplateObject> {
  const templates: Record<string, TemplateObject> = {};
  for (const stack of appOf(value).synth().stacks) {
    templates[stack.stackName] = stack.template;
    const file = join(stack.assembly.directory, `${stack.id}.stack-set.template.json`);
    if (existsSync(file)) {
      templates[`${stack.stackName} > template`] = JSON.parse(readFileSync(file, 'utf8'));
    }
  }
  return templates;
}

/** A CloudFormation template. */
export interface TemplateObject {
  readonly Resources: Record<string, Resource>;
  readonly Outputs?: Record<string, unknown>;
  readonly Conditions?: Record<string, unknown>;
}

/** A resource of a template. */
export interface Resource {
  readonly Type: string;
  // biome-ignore lint/suspicious/noExplicitAny: the properties of any resource
  readonly Properties: any;
}

/** Returns all resources of a type in all templates of a configuration. */
export function resources(value: object, type: string): Resource[] {
  return Object.values(templatesOf(value)).flatMap((template) =>
    Object.values(template.Resources).filter((resource) => resource.Type === type),
  );
}

/**
 * Returns a value as text after resolving CloudFormation's functions for an account in eu-west-1.
 */
export function resolved(value: unknown, account = '111122223333'): string {
  if (typeof value === 'string') {
    return value;
  }
  const [[name, argument]] = Object.entries(value as Record<string, unknown>) as [[string, unknown]];
  if (name === 'Fn::Join') {
    const [separator, parts] = argument as [string, unknown[]];
    return parts.map((part) => resolved(part, account)).join(separator);
  }
  const pseudoParameter = { 'AWS::AccountId': account, 'AWS::Region': 'eu-west-1', 'AWS::Partition': 'aws' }[
    String(argument)
  ];
  return pseudoParameter ?? `\${${String(argument)}}`;
}
