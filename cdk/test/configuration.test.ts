import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { DEFAULT_EXPIRY_WINDOW_DAYS, reminderDays } from '../lib/alerts/alert-settings';
import { parseConfiguration, readConfiguration } from '../lib/configuration/configuration';
import { DEFAULT_TRUSTSTORE_WINDOW_DAYS, frontDoorSchema } from '../lib/rule/front-door';
import { DEPLOYMENT_PARAMETERS, inputParameters, ruleParametersSchema } from '../lib/rule/rule-parameters';
import { includesManagementAccount } from '../lib/stacks/settings';
import { CONFIGURATIONS } from './fixtures';

const organization = { id: 'o-exampleorg1', managementAccount: '111111111111', administratorAccount: '222222222222' };
const targets = { organizationalUnits: ['r-exam'], regions: ['eu-west-1'] };
const valid = { organization, targets };
const UNIT = 'ou-exam-11111111';
const RECORDER = 'arn:aws:cloudformation:eu-west-1:222222222222:stackset/recorder:8d4b1f6e-1c2d-4e5f-8a9b-0c1d2e3f4a5b';

/** Returns the documentation of the rule parameters. */
function parameterTable(): string {
  const pages = ['docs/parameters.md', 'README.md'].map((page) => join(__dirname, '../..', page));
  const page = readFileSync(pages.find(existsSync) ?? '', 'utf8');
  return page.slice(page.indexOf('# Rule parameters'));
}

const BUS_REFUSED = /^stagecert\.yaml: alerts\.eventBus: allowed: a bus that no events of this deployment come from\./;

test.each([
  ['account mode: the account is not known', { deploymentMode: 'account', targets: { regions: ['eu-west-1'] } }, '1'],
  ['the account of the functions', valid, '222222222222'],
  ['the management account, from which events of StackSets come', valid, '111111111111'],
  ['the account of the alarms', { ...valid, dashboard: { account: '444444444444' } }, '444444444444'],
  ['an account that may be in an organizational unit', valid, '333333333333'],
  ['a named account', { organization, targets: { ...targets, accounts: ['333333333333'] } }, '333333333333'],
  ['a central deployment', { ...valid, deploymentMode: 'organization-rule' }, '333333333333'],
])('eventBus must not be a default bus that events come from: %s', (_, configuration, account) => {
  const busOf = (region: string, bus: string) => ({
    ...configuration,
    alerts: { eventBus: `arn:aws:events:${region}:${account.padStart(12, '5')}:event-bus/${bus}` },
  });
  expect(() => parseConfiguration(busOf('eu-west-1', 'default'))).toThrow(BUS_REFUSED);
  // Events come only from the Regions with a rule, and only from default buses.
  expect(() => parseConfiguration(busOf('us-east-1', 'default'))).not.toThrow();
  expect(() => parseConfiguration(busOf('eu-west-1', 'security'))).not.toThrow();
});

test('eventBus may be the default bus of an account without a rule', () => {
  const alerts = { eventBus: 'arn:aws:events:eu-west-1:333333333333:event-bus/default' };
  for (const more of [{ excludedAccounts: ['333333333333'] }, { accounts: ['444444444444'] }]) {
    expect(() => parseConfiguration({ organization, targets: { ...targets, ...more }, alerts })).not.toThrow();
  }
});

test("eventBus must not be one of the deployment's own buses", () => {
  const withBus = (bus: string, more: object = {}) => ({
    ...valid,
    name: 'payments',
    alerts: { eventBus: `arn:aws:events:eu-west-1:222222222222:event-bus/${bus}`, ...more },
  });
  for (const bus of ['payments', 'payments-function']) {
    expect(() => parseConfiguration(withBus(bus))).toThrow(BUS_REFUSED);
  }
  expect(() => parseConfiguration(withBus('stagecert'))).not.toThrow();
  const eventBus = 'arn:aws:events:eu-west-1:333333333333:event-bus/payments';
  expect(() => parseConfiguration(withBus('', { eventBus, account: '333333333333' }))).toThrow(BUS_REFUSED);
  expect(() => parseConfiguration(withBus('', { eventBus }))).not.toThrow();
});

test('the shipped configuration file and all test configurations are valid', () => {
  expect(readConfiguration(join(__dirname, '../stagecert.yaml')).deploymentMode).toBe('stack-set');
  for (const value of Object.values(CONFIGURATIONS)) {
    parseConfiguration(value);
  }
});

test('defaults are filled in', () => {
  expect(parseConfiguration(valid)).toMatchSnapshot();
});

const KEY = 'arn:aws:kms:eu-west-1:222222222222:key/mrk-1234abcd';
const SEVERAL_REGIONS = { organization, targets: { ...targets, regions: ['eu-west-1', 'us-east-1'] } };
const CHINA = { organization, targets: { ...targets, regions: ['cn-north-1'] } };
const ACCOUNTS = Array.from({ length: 1000 }, (_, index) => String(500000000000 + index));

test.each([
  [
    { organization, targets: { ...targets, regions: ['eu-west-1', 'eusc-de-east-1'] } },
    'targets.regions: allowed: Regions of one partition; eusc-de-east-1: not in aws as eu-west-1',
  ],
  [
    { organization, targets: { ...targets, regions: ['us-gov-west-1'], dependsOn: [RECORDER] } },
    'targets.dependsOn.0: allowed: an ARN of the partition aws-us-gov',
  ],
  [{ ...CHINA, function: { logKmsKey: KEY } }, 'function.logKmsKey: allowed: an ARN of the partition aws-cn'],
  [
    { ...CHINA, rule: { parameters: { exemptions: 's3://bucket/key' }, exemptionsKmsKey: KEY } },
    'rule.exemptionsKmsKey: allowed: an ARN of the partition aws-cn',
  ],
  [
    { ...valid, rule: { exemptionsKmsKey: KEY } },
    'rule.exemptionsKmsKey: allowed only with rule.parameters.exemptions, the document that it encrypts',
  ],
  [
    { ...valid, rule: { parameters: { exemptions: 's3://bucket/key' }, exemptionsKmsKey: 'alias/exemptions' } },
    'rule.exemptionsKmsKey: allowed: the ARN of a key (arn:aws:kms:REGION:ACCOUNT:key/ID)',
  ],
  [
    { ...valid, rule: { parameters: { exemptions: 's3://bucket/*' } } },
    "rule.parameters.exemptions: allowed: s3://BUCKET/KEY, with a key of at most 512 letters, digits and !_.'()/-",
  ],
  [
    { ...valid, rule: { parameters: { exemptionTag: 'a,b' } } },
    'rule.parameters.exemptionTag: allowed: a tag key of 1 to 128 characters',
  ],
  [
    { ...valid, rule: { parameters: { excludeStages: ['*/dev checks=owner-tag', '*/dev until=2027-12-31'] } } },
    'rule.parameters.excludeStages: allowed: each glob once per check',
  ],
  ...[0, 9, 2.5, '3'].map((apiGatewayCallsPerSecond): [object, string] => [
    { ...valid, rule: { parameters: { apiGatewayCallsPerSecond } } },
    'rule.parameters.apiGatewayCallsPerSecond: allowed: a whole number from 1 to 8',
  ]),
  [
    { ...CHINA, roles: { permissionsBoundary: 'arn:aws:iam::aws:policy/PowerUserAccess' } },
    'roles.permissionsBoundary: allowed: an ARN of the partition aws-cn',
  ],
  [
    { ...CHINA, alerts: { eventBus: 'arn:aws:events:eu-west-1:222222222222:event-bus/security' } },
    'alerts.eventBus: allowed: an ARN of the partition aws-cn',
  ],
  [
    { ...CHINA, alerts: { email: 'a@example.com', alarmTopic: 'arn:aws:sns:REGION:222222222222:on-call' } },
    'alerts.alarmTopic: allowed: an ARN of the partition aws-cn',
  ],
  [
    { ...CHINA, alerts: { owners: { payments: 'arn:aws:sns:cn-north-1:222222222222:team' } } },
    'alerts.owners.payments: allowed: an ARN of the partition aws-cn',
  ],
  [{ ...SEVERAL_REGIONS, function: { logKmsKey: KEY } }, 'function.logKmsKey: allowed with these Regions: an ARN with'],
  [
    { ...SEVERAL_REGIONS, function: { code: { bucket: 'artifacts', key: 'a.zip' } } },
    'function.code.bucket: allowed with several Regions: a name that includes REGION',
  ],
  [
    { ...SEVERAL_REGIONS, function: { code: { bucket: `${'a'.repeat(55)}REGION`, key: 'a.zip' } } },
    'function.code.bucket: allowed: at most 63 characters with each Region; eu-west-1: more',
  ],
  [
    { ...valid, roles: { permissionsBoundary: 'arn:aws:iam::222222222222:policy/boundary' } },
    'roles.permissionsBoundary: allowed for an organization: the path and name of a policy in each account',
  ],
  [
    { ...valid, roles: { path: '/security' } },
    'roles.path: allowed: a path of letters, digits and +=,.@_- between slashes',
  ],
  [
    { ...valid, roles: { path: 'security/' } },
    'roles.path: allowed: a path of letters, digits and +=,.@_- between slashes',
  ],
  [{ ...valid, roles: { path: '//' } }, 'roles.path: allowed: a path of letters, digits and +=,.@_- between slashes'],
  [
    { ...valid, roles: { path: '/a*b/' } },
    'roles.path: allowed: a path of letters, digits and +=,.@_- between slashes',
  ],
  [
    { ...valid, roles: { path: '/a:b/' } },
    'roles.path: allowed: a path of letters, digits and +=,.@_- between slashes',
  ],
  [{ ...valid, roles: { path: '/a?/' } }, 'roles.path: allowed: a path of letters, digits and +=,.@_- between slashes'],
  [{ ...valid, roles: { path: `/${'a'.repeat(511)}/` } }, 'roles.path: allowed: at most 512 characters'],
  [
    { ...valid, deploymentMode: 'organization-rule', targets: { ...targets, excludedAccounts: ACCOUNTS } },
    'targets.excludedAccounts: allowed: at most 999, because the management account is excluded too',
  ],
  [
    { ...valid, deploymentMode: 'stackset' },
    'deploymentMode: allowed: stack-set, organization-rule, conformance-pack, account',
  ],
  [{ ...valid, ways: 'account' }, 'ways: unknown key'],
  [{ targets }, 'organization: required with deploymentMode stack-set: id, managementAccount and administratorAccount'],
  [
    { organization: { ...organization, id: 'exampleorg1' }, targets },
    "organization.id: allowed: the organization's id (o-…)",
  ],
  [
    { organization: { ...organization, managementAccount: 111111111111 }, targets },
    'organization.managementAccount: allowed: an account id: twelve digits in quotes',
  ],
  [{ organization, targets: { ...targets, regions: [] } }, 'targets.regions: allowed: at least one Region'],
  [
    { organization, targets: { ...targets, regions: ['Ireland'] } },
    'targets.regions.0: allowed: a Region, such as eu-west-1',
  ],
  [
    { organization, targets: { ...targets, regions: ['eu-west-1', 'eu-west-1'] } },
    'targets.regions: allowed: each entry once',
  ],
  [
    { organization, targets: { ...targets, organizationalUnits: [] } },
    'targets.organizationalUnits: required with deploymentMode stack-set: at least one',
  ],
  [
    { organization, targets: { ...targets, organizationalUnits: ['Root'] } },
    "targets.organizationalUnits.0: allowed: an organizational unit (ou-…) or the organization's root (r-…)",
  ],
  [
    { organization, targets: { ...targets, accounts: ['333333333333'], excludedAccounts: ['444444444444'] } },
    'targets.excludedAccounts: allowed only without targets.accounts',
  ],
  [
    {
      ...valid,
      deploymentMode: 'organization-rule',
      targets: { ...targets, organizationalUnits: ['ou-exam-11111111'] },
    },
    "targets.organizationalUnits: allowed with deploymentMode organization-rule: only the organization's root (r-…)",
  ],
  [
    { ...valid, deploymentMode: 'conformance-pack', targets: { ...targets, accounts: ['333333333333'] } },
    'targets.accounts: allowed only with deploymentMode stack-set',
  ],
  [{ deploymentMode: 'account', targets }, 'targets: allowed with deploymentMode account: only regions'],
  [{ ...valid, rule: { frequency: 'Daily' } }, 'rule.frequency: allowed: One_Hour, Three_Hours'],
  [
    { ...valid, rule: { parameters: { expiryWindowDays: 0 } } },
    'rule.parameters.expiryWindowDays: allowed: a whole number from 1 to 365',
  ],
  [
    { ...valid, rule: { parameters: { expiryWindowDays: '60' } } },
    'rule.parameters.expiryWindowDays: allowed: a whole number from 1 to 365',
  ],
  [{ ...valid, rule: { parameters: { executionRoleName: 'x' } } }, 'rule.parameters.executionRoleName: unknown key'],
  [
    { ...valid, rule: { parameters: { checks: ['expiry'] } } },
    'rule.parameters.checks.0: allowed: certificate-attached, certificate-expiry',
  ],
  [{ ...valid, rule: { parameters: { checks: [] } } }, 'rule.parameters.checks: allowed: at least one entry'],
  [
    { ...valid, rule: { parameters: { ownerTagKeys: ['a,b'] } } },
    'rule.parameters.ownerTagKeys.0: allowed: an entry without commas',
  ],
  [
    { ...valid, function: { memoryMegabytes: 64 } },
    'function.memoryMegabytes: allowed: a whole number from 128 to 10240',
  ],
  [{ ...valid, function: { logRetentionDays: 100 } }, 'function.logRetentionDays: allowed: 1, 3, 5, 7'],
  [{ ...valid, function: { architecture: 'arm' } }, 'function.architecture: allowed: arm64, x86_64'],
  [{ ...valid, alerts: { email: 'security' } }, 'alerts.email: allowed: an email address'],
  ...['http://wiki.example.com/', 'https://', 'https://wiki.example.com/a b', 'https://a.example.com/"', 'wiki'].map(
    (runbook): [object, string] => [
      { ...valid, alerts: { email: 'a@example.com', runbook } },
      'alerts.runbook: allowed: a URL that starts with https://',
    ],
  ),
  [
    { ...valid, alerts: { email: 'a@example.com', runbook: `https://${'a'.repeat(493)}` } },
    'alerts.runbook: allowed: at most 500 characters',
  ],
  [{ ...valid, alerts: {} }, 'alerts: allowed: at least one of email, owners, eventBus'],
  [{ ...valid, alerts: { reminderDays: [7] } }, 'alerts: allowed: at least one of email, owners, eventBus'],
  [
    { ...valid, alerts: { owners: { payments: 'payments@example.com' } } },
    'alerts.owners: allowed only with email or eventBus, which receive what no owner does',
  ],
  [
    { ...valid, alerts: { email: 'a@example.com', owners: { payments: 'a@example.com', Payments: 'b@example.com' } } },
    'alerts.owners.Payments: allowed: each owner once; upper and lower case are the same as in payments',
  ],
  [
    {
      ...valid,
      rule: { parameters: { ownerTagPattern: 'team-[a-z]+' } },
      alerts: { email: 'a@example.com', owners: { 'TEAM-payments': 'a@example.com', payments: 'a@example.com' } },
    },
    'alerts.owners.payments: allowed: an owner that matches rule.parameters.ownerTagPattern, team-[a-z]+',
  ],
  [
    { ...valid, alerts: { owners: { payments: 'slack' } } },
    'alerts.owners.payments: allowed: an email address, or the ARN of a topic',
  ],
  [
    { ...valid, alerts: { owners: { payments: 'arn:aws:sns:us-east-1:222222222222:team' } } },
    'alerts.owners.payments: allowed: a topic in eu-west-1 of account 222222222222',
  ],
  [
    { ...valid, alerts: { owners: { payments: 'arn:aws:sns:eu-west-1:333333333333:team' } } },
    'alerts.owners.payments: allowed: a topic in eu-west-1 of account 222222222222',
  ],
  [
    { ...valid, alerts: { eventBus: 'security' } },
    'alerts.eventBus: allowed: the ARN of an event bus (arn:aws:events:REGION:ACCOUNT:event-bus/NAME)',
  ],
  [
    { ...valid, alerts: { email: 'a@example.com', reminderDays: [-1] } },
    'alerts.reminderDays.0: allowed: a whole number from 0 to 365',
  ],
  [
    { ...valid, alerts: { email: 'a@example.com', reminderDays: [7, 7] } },
    'alerts.reminderDays: allowed: each entry once',
  ],
  [
    { ...valid, alerts: { email: 'a@example.com', reminderDays: [90] } },
    'alerts.reminderDays: allowed: at most 60, the value of rule.parameters.expiryWindowDays',
  ],
  [
    {
      ...valid,
      alerts: { email: 'a@example.com', reminderDays: [7] },
      rule: { parameters: { checks: ['owner-tag'] } },
    },
    'alerts.reminderDays: allowed only with the check certificate-expiry',
  ],
  [{ ...valid, dashboard: true }, 'dashboard: '],
  [{ ...valid, rotation: 'automatic' }, 'rotation: allowed: none, automation'],
  [{ ...valid, rotation: true }, 'rotation: allowed: none, automation'],
  [
    { ...valid, rotation: 'automation' },
    'rotation: automation: allowed only with alerts.email or alerts.eventBus, which receive each new certificate',
  ],
  ...['organization-rule', 'conformance-pack'].map((deploymentMode): [object, string] => [
    { ...valid, deploymentMode, alerts: { email: 'a@example.com' }, rotation: 'automation' },
    'rotation: automation: allowed only with deploymentMode stack-set or account; AWS Config accepts no remediation for',
  ]),
  [
    {
      ...valid,
      alerts: { email: 'a@example.com' },
      rule: { parameters: { checks: ['owner-tag'] } },
      rotation: 'automation',
    },
    'rotation: automation: allowed only with the check certificate-expiry, whose rule it remediates',
  ],
  ...['aws-audit', 'amazonia', 'amzn'].map((name): [object, string] => [
    { ...valid, name, alerts: { email: 'a@example.com' }, rotation: 'automation' },
    "rotation: automation: allowed only with a name that doesn't start with a",
  ]),
  [
    { deploymentMode: 'account', targets: { regions: ['eu-west-1'] }, dashboard: { everyAccount: true } },
    'dashboard.everyAccount: allowed only with deploymentMode stack-set',
  ],
  [
    { ...valid, securityHub: { suppressConfigFindings: true } },
    'securityHub.suppressConfigFindings: allowed only with rule.parameters.securityHub: on',
  ],
  [
    { ...valid, securityHub: { resolvePassedFindings: true } },
    'securityHub.resolvePassedFindings: allowed only with rule.parameters.securityHub: on',
  ],
  [{ ...valid, rule: { parameters: { securityHub: true } } }, 'rule.parameters.securityHub: allowed: off, on'],
  [{ ...valid, name: 'Stagecert' }, 'name: allowed: a name of at most 13 lowercase letters'],
  [{ ...valid, name: 'a1b2c3d4e5f6g7' }, 'name: allowed: '],
  [{ ...valid, name: 'a-b-c-d-e-f-g-h' }, 'name: allowed: '],
  [{ ...valid, name: 'a--b' }, 'name: allowed: '],
  [{ ...valid, name: 'security-' }, 'name: allowed: '],
  [
    { ...valid, organization: { ...organization, invokingAccounts: ['333333333333'] } },
    'organization.invokingAccounts: not supported: an organization rule reaches every account of the root',
  ],
  [
    { organization, targets: { ...targets, accounts: ['333333333333'], managementAccount: true } },
    'targets.managementAccount: allowed: true only if targets.accounts',
  ],
  [
    { organization, targets: { ...targets, excludedAccounts: ['111111111111'], managementAccount: true } },
    'targets.managementAccount: allowed: true only if targets.accounts',
  ],
  [
    { organization, targets: { ...targets, accounts: ['111111111111'], managementAccount: false } },
    'targets.managementAccount: allowed: true, or leave the key out',
  ],
  [{ organization, targets: { ...targets, dependsOn: ['recorder'] } }, 'targets.dependsOn.0: allowed: the ARN'],
  [
    { organization, targets: { ...targets, accounts: ['333333333333'], dependsOn: [RECORDER] } },
    'targets.dependsOn: allowed only without targets.accounts',
  ],
  [{ ...valid, rollout: { canary: 'r-exam' } }, 'rollout.canary: allowed: an organizational unit (ou-…)'],
  [{ ...valid, rollout: { canary: 'ou-exam-11111111' } }, 'rollout.canary: allowed: one of several'],
  [
    { organization, targets: { ...targets, organizationalUnits: [UNIT] }, rollout: { canary: UNIT } },
    'rollout.canary: allowed: one of several',
  ],
  [
    { ...valid, deploymentMode: 'organization-rule', rollout: { canary: UNIT } },
    'rollout.canary: allowed only with deploymentMode stack-set',
  ],
  [
    { ...valid, rollout: { maxConcurrentPercentage: 0 } },
    'rollout.maxConcurrentPercentage: allowed: a whole number from 1 to 100',
  ],
  [
    { ...valid, function: { reservedConcurrency: { default: 1, [UNIT]: 'none' } } },
    `function.reservedConcurrency.${UNIT}: allowed: one of targets.organizationalUnits`,
  ],
  [
    {
      organization,
      targets: { ...targets, organizationalUnits: [UNIT] },
      function: { reservedConcurrency: { [UNIT]: 2 } },
    },
    `function.reservedConcurrency.${UNIT}: allowed: none`,
  ],
  [
    { ...valid, deploymentMode: 'conformance-pack', function: { reservedConcurrency: { default: 2 } } },
    'function.reservedConcurrency: allowed for organizational units only with deploymentMode stack-set',
  ],
  [{ ...valid, function: { reservedConcurrency: 0 } }, 'function.reservedConcurrency: allowed: a whole number from 1'],
  [{ ...valid, function: { logKmsKey: 'alias/logs' } }, 'function.logKmsKey: allowed: the ARN of a key'],
  [{ ...valid, function: { code: { bucket: 'code' } } }, 'function.code: allowed: a directory, a zip file, or'],
  [
    {
      organization,
      targets: { ...targets, regions: ['eu-west-1', 'us-east-1'] },
      function: { code: { bucket: 'code', key: 'stagecert.zip' } },
    },
    'function.code.bucket: allowed with several Regions: a name that includes REGION',
  ],
  [
    { ...valid, roles: { path: 'security' } },
    'roles.path: allowed: a path of letters, digits and +=,.@_- between slashes',
  ],
  [{ ...valid, roles: { permissionsBoundary: 'a b' } }, "roles.permissionsBoundary: allowed: a policy's ARN"],
  [{ ...valid, metrics: 'some' }, 'metrics: allowed: full, few, none'],
  [
    { deploymentMode: 'account', targets: { regions: ['eu-west-1'] }, dashboard: { account: '333333333333' } },
    'dashboard.account: allowed only for an organization',
  ],
  [
    { ...valid, alerts: { account: '333333333333', owners: { a: 'arn:aws:sns:eu-west-1:222222222222:team' } } },
    'alerts.owners.a: allowed: a topic in eu-west-1 of account 333333333333',
  ],
])('%j is rejected: %s', (value, message) => {
  expect(() => parseConfiguration(value)).toThrow(`stagecert.yaml: ${message}`);
});

test.each([
  { ...valid, name: 'a' },
  { ...valid, name: 'security-2026' },
  { organization, targets: { ...targets, regions: ['eusc-de-east-1'] } },
  { organization, targets: { ...targets, regions: ['us-gov-west-1', 'us-gov-east-1'] } },
  { organization, targets: { ...targets, regions: ['us-iso-east-1'] } },
  { organization, targets: { ...targets, dependsOn: [RECORDER] } },
  { organization, targets: { ...targets, accounts: ['111111111111'] } },
  { organization, targets: { ...targets, accounts: ['111111111111'], managementAccount: true } },
  { ...valid, function: { code: { bucket: 'code-REGION', key: 'stagecert.zip' } } },
  { ...valid, function: { code: { bucket: 'code', key: 'stagecert.zip' } } },
  { ...valid, roles: { path: '/security/audit/', permissionsBoundary: 'arn:aws:iam::aws:policy/ReadOnlyAccess' } },
])('%j is accepted', (value) => {
  parseConfiguration(value);
});

test.each([
  [{}, false],
  [{ managementAccount: true }, true],
  [{ accounts: ['333333333333'] }, false],
  [{ accounts: ['333333333333', '111111111111'] }, true],
  [{ excludedAccounts: ['111111111111'] }, false],
])('with targets %j, the management account is a target: %s', (more, expected) => {
  const configuration = parseConfiguration({ organization, targets: { ...targets, ...more } });
  expect(includesManagementAccount({ ...configuration, organization })).toBe(expected);
});

test.each([
  { ...valid, roles: { path: '/security/audit/', permissionsBoundary: 'arn:aws:iam::aws:policy/PowerUserAccess' } },
  {
    deploymentMode: 'account',
    targets: { regions: ['eu-west-1'] },
    roles: { permissionsBoundary: 'arn:aws:iam::222222222222:policy/boundary' },
    function: { logKmsKey: KEY },
  },
  { ...SEVERAL_REGIONS, function: { logKmsKey: KEY.replace('eu-west-1', 'REGION') } },
  {
    ...CHINA,
    roles: { permissionsBoundary: 'boundary' },
    alerts: {
      email: 'security@example.cn',
      owners: { payments: 'arn:aws-cn:sns:cn-north-1:222222222222:team', search: 'search@example.cn' },
    },
  },
  {
    ...valid,
    deploymentMode: 'organization-rule',
    targets: { ...targets, excludedAccounts: ACCOUNTS, managementAccount: true },
  },
])('ARNs and names that fit the targets are accepted (%#)', (value) => {
  parseConfiguration(value);
});

test('all problems are reported at once', () => {
  expect(() => parseConfiguration({ deploymentMode: 'x', targets: { regions: ['y'] } })).toThrow(
    /deploymentMode: .*\n.*targets\.regions\.0: /,
  );
});

test("parameters that exceed AWS Config's limit are rejected", () => {
  const excludeStages = Array.from({ length: 80 }, (_, number) => `a1b2c3d4e${number}/*`);
  expect(() => inputParameters({ excludeStages })).toThrow('allowed: 1024 as JSON');
});

test("the keys are the rule's parameters, except those that the deployment sets", () => {
  const keys = [...parameterTable().matchAll(/^\| `(\w+)` \|/gm)].map(([, key]) => key);
  const deployment: readonly string[] = DEPLOYMENT_PARAMETERS;
  const inFile = keys.filter((key) => !deployment.includes(String(key)));
  const ofFrontDoor = ['requireMutualTls', 'truststoreWindowDays'];
  expect(inFile).toEqual([...Object.keys(ruleParametersSchema.shape), ...ofFrontDoor]);
  expect(Object.keys(frontDoorSchema.shape)).toEqual(expect.arrayContaining(ofFrontDoor));
  expect(keys).toEqual(expect.arrayContaining([...deployment]));
  for (const key of deployment) {
    const parameters = { [key]: 'on' };
    expect(() => parseConfiguration({ ...valid, rule: { parameters } })).toThrow(`rule.parameters.${key}: unknown key`);
  }
});

test('reminders are limited to the expiry window and require the check certificate-expiry', () => {
  const alerts = { email: 'security@example.com' };
  expect(reminderDays(alerts, {})).toEqual([30, 14, 7, 1, 0]);
  expect(reminderDays(alerts, { expiryWindowDays: 14 })).toEqual([14, 7, 1, 0]);
  // The severity rises seven days before the end, and at the end, and only reminders report it.
  expect(reminderDays({ ...alerts, reminderDays: [0, 21, 3] }, {})).toEqual([21, 7, 3, 0]);
  expect(reminderDays({ ...alerts, reminderDays: [] }, {})).toEqual([7, 0]);
  expect(reminderDays({ ...alerts, reminderDays: [] }, { expiryWindowDays: 7 })).toEqual([7, 0]);
  expect(reminderDays({ ...alerts, reminderDays: [3] }, { expiryWindowDays: 6 })).toEqual([3, 0]);
  expect(reminderDays(alerts, { checks: ['owner-tag'] })).toEqual([]);
  expect(reminderDays(undefined, {})).toEqual([]);
});

test('the documented defaults are the defaults of the code', () => {
  expect(parameterTable()).toMatch(
    new RegExp(`^\\| \`expiryWindowDays\` \\|.*\\| ${DEFAULT_EXPIRY_WINDOW_DAYS} \\|$`, 'm'),
  );
  expect(parameterTable()).toMatch(
    new RegExp(`^\\| \`truststoreWindowDays\` \\|.*\\| ${DEFAULT_TRUSTSTORE_WINDOW_DAYS} \\|$`, 'm'),
  );
});
