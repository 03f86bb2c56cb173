import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Stack } from 'aws-cdk-lib';
import { expect, test } from 'vitest';
import { parseConfiguration } from '../../lib/configuration/configuration';
import { DeploymentNames } from '../../lib/names';
import { appOf, CONFIGURATIONS, templatesOf } from '../fixtures';

const ALERTS = '333333333333';
const DASHBOARD = '444444444444';
const SECURITY_HUB = '555555555555';

/** A configuration in which each task has its own account. */
function separated(name: string, alerts: object = {}): object {
  const configuration = CONFIGURATIONS[name] as { alerts?: object; dashboard?: object; securityHub?: object };
  return {
    ...configuration,
    rule: { parameters: { securityHub: 'on' } },
    targets: { organizationalUnits: ['r-exam'], regions: ['eu-west-1', 'us-east-1'] },
    rollout: {},
    function: {},
    alerts: { email: 'security@example.com', owners: { payments: 'payments@example.com' }, account: ALERTS, ...alerts },
    dashboard: { account: DASHBOARD },
    securityHub: { suppressConfigFindings: true, administratorAccount: SECURITY_HUB },
  };
}

/** Returns the accounts of all stacks, by the stack's name. */
const accountsOf = (configuration: object) =>
  Object.fromEntries(
    appOf(configuration)
      .node.findAll()
      .filter(Stack.isStack)
      .map(({ stackName, account }) => [stackName, account]),
  );

test.each([
  [
    'stack-set, full',
    ['accounts', 'code-eu-west-1', 'code-bucket-us-east-1'],
    ['alarms-eu-west-1', 'alarms-us-east-1'],
  ],
  ['organization-rule, full', ['role', 'members', 'member-alerts', 'organization-rule-us-east-1'], []],
  ['conformance-pack, full', ['role', 'members', 'member-alerts', 'conformance-pack-us-east-1'], []],
])('%s: each stack is in the account of its task', (name, administrator, alarms) => {
  const accounts = accountsOf(separated(name));
  const names = new DeploymentNames('stagecert');
  for (const [account, stacks] of [
    ['222222222222', administrator],
    [ALERTS, ['alerts']],
    [DASHBOARD, ['dashboard', ...alarms]],
    [SECURITY_HUB, ['security-hub-eu-west-1', 'security-hub-us-east-1']],
  ] as const) {
    for (const stack of stacks) {
      expect(accounts[names.stack(stack)], stack).toBe(account);
    }
  }
  // By default, all of these are in the administrator's account.
  const { alerts: _, ...rest } = separated(name) as Record<string, object>;
  const defaults = accountsOf({
    ...rest,
    alerts: { email: 'security@example.com' },
    dashboard: {},
    securityHub: { suppressConfigFindings: true },
  });
  for (const stack of ['alerts', 'dashboard', ...alarms, 'security-hub-us-east-1']) {
    expect(defaults[names.stack(stack)], stack).toBe('222222222222');
  }
});

test.each([
  ['stack-set, full', 'stagecert-accounts > template'],
  ['stack-set, full', 'stagecert-alarms-us-east-1'],
  ['organization-rule, full', 'stagecert-stack-set-failures'],
  ['organization-rule, full', 'stagecert-organization-rule-us-east-1'],
])("%s: %s sends alerts to the alerts' account, which accepts the organization", (name, sender) => {
  const templates = templatesOf(separated(name));
  const bus = `:events:eu-west-1:${ALERTS}:event-bus/stagecert"`;
  const rules = Object.values(templates[sender]?.Resources ?? {}).filter(({ Type }) => Type === 'AWS::Events::Rule');
  expect(rules.some(({ Properties }) => JSON.stringify(Properties.Targets).includes(bus))).toBe(true);
  expect(JSON.stringify(templates[sender])).not.toContain(':222222222222:event-bus/stagecert"');
  // The function's bus stays with the central functions.
  expect(JSON.stringify(templates[sender])).not.toContain(`:${ALERTS}:event-bus/stagecert-function`);
  const [policy] = Object.values(templates['stagecert-alerts']?.Resources ?? {}).filter(
    ({ Type }) => Type === 'AWS::Events::EventBusPolicy',
  );
  expect(policy?.Properties.Statement).toMatchObject({
    Effect: 'Allow',
    Action: 'events:PutEvents',
    Condition: { StringEquals: { 'aws:PrincipalOrgID': 'o-exampleorg1' } },
  });
});

test('accounts without a function send compliance changes only to your own bus', () => {
  const rulesOf = (alerts: object) =>
    Object.values(
      templatesOf(separated('organization-rule, full', alerts))['stagecert-member-alerts > template']?.Resources ?? {},
    ).filter(({ Type }) => Type === 'AWS::Events::Rule');
  expect(rulesOf({})).toEqual([]);
  const eventBus = 'arn:aws:events:eu-central-1:666666666666:event-bus/security';
  expect(rulesOf({ eventBus }).map(({ Properties }) => [Properties.Name, Properties.Targets[0].Arn])).toEqual([
    ['stagecert-changes', eventBus],
  ]);
});

test("a topic of an owner belongs to the alerts' account", () => {
  const topic = (account: string) =>
    parseConfiguration(separated('stack-set, full', { owners: { search: `arn:aws:sns:eu-west-1:${account}:search` } }));
  expect(() => topic(ALERTS)).not.toThrow();
  expect(() => topic('222222222222')).toThrow(
    `alerts.owners.search: allowed: a topic in eu-west-1 of account ${ALERTS}, the home Region`,
  );
});

test('no policy of a bus, key, topic or queue trusts a role by its ARN, whose replacement would end the trust', () => {
  let count = 0;
  for (const name of Object.keys(CONFIGURATIONS)) {
    for (const [stack, template] of Object.entries(templatesOf(CONFIGURATIONS[name] ?? {}))) {
      for (const { Type, Properties } of Object.values(template.Resources)) {
        for (const document of ['PolicyDocument', 'KeyPolicy', 'AssumeRolePolicyDocument', 'Statement']) {
          const policy = Properties?.[document];
          if (policy !== undefined) {
            const statements = [policy.Statement ?? policy].flat() as { Principal?: unknown }[];
            const principals = JSON.stringify(statements.map(({ Principal }) => Principal));
            expect(principals, `${name}, ${stack}, ${Type}`).not.toContain(':role/');
            count += 1;
          }
        }
      }
    }
  }
  expect(count).toBeGreaterThan(50);
});

test('the documented automation rule for passed findings is the one that the app creates', () => {
  const page = readFileSync(join(__dirname, '../../../docs/security-hub.md'), 'utf8');
  const [, criteria, actions] = /--criteria '(\{"GeneratorId".*\})' \\\n\s+--actions '(.*)'/.exec(page) ?? [];
  const capitalized = (value: unknown): unknown =>
    Array.isArray(value)
      ? value.map(capitalized)
      : typeof value === 'object' && value !== null
        ? Object.fromEntries(
            Object.entries(value).map(([key, of]) => [key[0]?.toUpperCase() + key.slice(1), capitalized(of)]),
          )
        : value;
  const documented = JSON.parse((criteria ?? '').replace('stagecert/', 'stagecert/stagecert/'));
  let count = 0;
  for (const name of ['account, full', 'organization-rule, full']) {
    const templates = Object.values(templatesOf({ ...CONFIGURATIONS[name], name: 'stagecert' }));
    for (const { Resources } of templates) {
      for (const { Type, Properties } of Object.values(Resources)) {
        if (Type === 'AWS::SecurityHub::AutomationRule' && Properties.Criteria.GeneratorId !== undefined) {
          expect(capitalized(Properties.Criteria)).toEqual(documented);
          expect(capitalized(Properties.Actions)).toEqual(JSON.parse(actions ?? ''));
          count += 1;
        }
      }
    }
  }
  expect(count).toBe(4);
});

test('the documented automation rule names the rule that exists', () => {
  const page = readFileSync(join(__dirname, '../../../docs/security-hub.md'), 'utf8');
  const [, title] = /"Title":\[\{"Value":"([^"]+)","Comparison":"EQUALS"\}\]/.exec(page) ?? [];
  const rules = Object.values(templatesOf(CONFIGURATIONS['account, minimal'] ?? {})).flatMap(({ Resources }) =>
    Object.values(Resources).filter(({ Type }) => Type === 'AWS::Config::ConfigRule'),
  );
  expect(rules.map(({ Properties }) => Properties.ConfigRuleName)).toEqual([title]);
  expect(page).toContain(`\`${new DeploymentNames('stagecert').rule('owner-tag')}\``);
});

test.each([
  [
    { accountAlarms: true },
    'organization-rule',
    'full',
    'alerts.accountAlarms: allowed only with deploymentMode stack-set',
  ],
  [{ accountAlarms: true }, 'stack-set', 'none', 'alerts.accountAlarms: allowed only with metrics full or few'],
  [
    { alarmTopic: 'arn:aws:sns:eu-west-1:555555555555:on-call' },
    'stack-set',
    'full',
    'alerts.alarmTopic: allowed with these Regions: an ARN with REGION',
  ],
  [
    { alarmTopic: 'on-call' },
    'stack-set',
    'full',
    'alerts.alarmTopic: allowed: the ARN of a topic; REGION in it is replaced',
  ],
])('%j with %s and metrics %s is an error', (alerts, deploymentMode, metrics, message) => {
  const configuration = { ...separated('stack-set, full', alerts), deploymentMode, metrics };
  expect(() => parseConfiguration(configuration)).toThrow(message);
});
