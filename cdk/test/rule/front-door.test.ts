import { spawnSync } from 'node:child_process';
import { expect, test } from 'vitest';
import { parse } from 'yaml';
import { ruleNames } from '../../lib/alerts/event-patterns';
import { parseConfiguration } from '../../lib/configuration/configuration';
import { deploymentFile } from '../../lib/deployment-file';
import { frontDoorDimension } from '../../lib/evaluator/metrics';
import { DeploymentNames, MAX_NAME_LENGTH } from '../../lib/names';
import { conformancePackTemplate, DEFAULTS } from '../../lib/organization/conformance-pack';
import { FRONT_DOOR_CHECKS, frontDoorRule, frontDoorSchema } from '../../lib/rule/front-door';
import { inputParameters } from '../../lib/rule/rule-parameters';
import { STACK_SET_PARAMETERS } from '../../lib/stacks/stack-set-template';
import {
  ALL_CONFIGURATIONS,
  appOf,
  FRONT_DOOR,
  FRONT_DOOR_CONFIGURATIONS,
  resolved,
  resources,
  type TemplateObject,
  templatesOf,
} from '../fixtures';

const configuration = (name: string) => FRONT_DOOR_CONFIGURATIONS[name] ?? {};
const account = { deploymentMode: 'account', targets: { regions: ['eu-west-1'] } };

const PARAMETERS = {
  checks: 'mutual-tls,truststore,domain-certificate,tls-policy,private-front-door',
  requireMutualTls: 'api.example.com,*.partner.example.com,a1b2c3d4e5',
  truststoreWindowDays: '120',
};

test.each(['stack-set, front door', 'account, front door'])('%s: one scheduled rule without a scope', (name) => {
  const all = resources(configuration(name), 'AWS::Config::ConfigRule');
  const rules = all.filter(({ Properties }) => Properties.ConfigRuleName === 'stagecert-front-door');
  const functions = resources(configuration(name), 'AWS::Lambda::Function').filter(
    ({ Properties }) => Properties.FunctionName === 'stagecert-evaluator',
  );
  expect(rules).toHaveLength(functions.length);
  for (const { Properties } of rules) {
    expect(Properties.Scope).toBeUndefined();
    expect(Properties.Source).toEqual({
      Owner: 'CUSTOM_LAMBDA',
      SourceIdentifier: { 'Fn::GetAtt': [expect.stringMatching(/^EvaluatorFunction/), 'Arn'] },
      SourceDetails: [
        { EventSource: 'aws.config', MessageType: 'ScheduledNotification', MaximumExecutionFrequency: 'Six_Hours' },
      ],
    });
    expect(Properties.InputParameters).toMatchObject({ ...PARAMETERS, securityHub: 'on', events: 'on' });
    // Parameters about stages would mean nothing there.
    const known = [...Object.keys(PARAMETERS), ...SHARED, 'events'];
    expect(known).toEqual(expect.arrayContaining(Object.keys(Properties.InputParameters)));
  }
});

const SHARED = [
  'expiryWindowDays',
  'managedRenewalWindowDays',
  'ownerTagKeys',
  'ownerTagPattern',
  'apiGatewayCallsPerSecond',
  'reporting',
  'securityHub',
  'findingOwner',
];

test('with an organization rule, the function assumes the same role, and no type is in scope', () => {
  const rules = resources(configuration('organization-rule, front door'), 'AWS::Config::OrganizationConfigRule').filter(
    ({ Properties }) => Properties.OrganizationConfigRuleName === 'stagecert-front-door',
  );
  expect(rules).toHaveLength(2);
  for (const { Properties } of rules) {
    const { InputParameters, ...metadata } = Properties.OrganizationCustomRuleMetadata;
    expect(metadata).toEqual({
      Description: expect.any(String),
      LambdaFunctionArn: expect.anything(),
      MaximumExecutionFrequency: 'Six_Hours',
      OrganizationConfigRuleTriggerTypes: ['ScheduledNotification'],
    });
    expect(JSON.parse(InputParameters)).toMatchObject({
      ...PARAMETERS,
      executionRoleName: 'security/stagecert-member',
      events: 'on',
    });
    expect(Properties.ExcludedAccounts).toEqual(['555555555555']);
  }
});

test('a conformance pack has the rule once, next to one rule per check of stages', () => {
  const bodies = resources(configuration('conformance-pack, front door'), 'AWS::Config::OrganizationConformancePack');
  expect(bodies).toHaveLength(2);
  for (const { Properties } of bodies) {
    const rule = parse(Properties.TemplateBody).Resources.StagecertFrontDoor.Properties;
    expect(rule.Scope).toBeUndefined();
    expect(rule.Source.SourceDetails).toEqual([
      { EventSource: 'aws.config', MessageType: 'ScheduledNotification', MaximumExecutionFrequency: 'Six_Hours' },
    ]);
    expect(rule.InputParameters).toMatchObject({ ...PARAMETERS, executionRoleName: { Ref: 'ExecutionRoleName' } });
  }
  const rules = (frontDoor?: object) =>
    Object.keys(parse(conformancePackTemplate({ ...DEFAULTS, frontDoor })).Resources);
  expect(rules({}).filter((rule) => !rules().includes(rule))).toEqual(['StagecertFrontDoor']);
});

test('without frontDoor.frequency, the rule runs as often as the one for stages', () => {
  const value = { ...account, rule: { frequency: 'One_Hour' }, frontDoor: { enabled: true } };
  const [rule] = resources(value, 'AWS::Config::ConfigRule').filter(({ Properties }) => !Properties.Scope);
  expect(rule?.Properties.Source.SourceDetails[0].MaximumExecutionFrequency).toBe('One_Hour');
});

test('the same permission lets AWS Config invoke the function for both rules', () => {
  const permissions = (name: string) =>
    resources(ALL_CONFIGURATIONS[name] ?? {}, 'AWS::Lambda::Permission').filter(
      ({ Properties }) => Properties.Principal === 'config.amazonaws.com',
    );
  for (const mode of ['stack-set', 'organization-rule', 'conformance-pack', 'account']) {
    expect(permissions(`${mode}, front door`)).toEqual(permissions(`${mode}, full`));
  }
});

test("the rule's name leaves room for AWS Config's suffixes", () => {
  expect(new DeploymentNames('a'.repeat(MAX_NAME_LENGTH)).frontDoorRule.length).toBeLessThanOrEqual(37);
});

test('the parameters are limited to 1,024 characters, as JSON with those of the deployment', () => {
  const required = Array.from({ length: 60 }, (_, index) => `api-${index}.example.com`);
  const value = { ...account, frontDoor: { enabled: true, requireMutualTls: required } };
  expect(() => appOf(value).synth()).toThrow(/^frontDoor: \d+ characters; allowed: 1024 as JSON/);
  // The limit includes the role of a central function.
  const rule = frontDoorRule({
    name: 'stagecert',
    frequency: 'One_Hour',
    parameters: {},
    frontDoor: { requireMutualTls: ['a'.repeat(900)] },
  });
  const lengthWith = (deployment: object) => () => inputParameters(rule?.parameters ?? {}, deployment, 'frontDoor');
  expect(lengthWith({})).not.toThrow();
  expect(lengthWith({ executionRoleName: 'r'.repeat(64) })).toThrow('frontDoor: ');
});

test.each([
  [{ checks: ['truststore'] }, 'frontDoor.enabled: required with frontDoor: true, or false to turn the rule off'],
  [{ enabled: 'yes' }, 'frontDoor.enabled: '],
  [{ enabled: true, checks: [] }, 'frontDoor.checks: allowed: at least one entry, or leave the key out'],
  [{ enabled: true, checks: ['owner-tag'] }, 'frontDoor.checks.0: allowed: mutual-tls, truststore, '],
  [{ enabled: true, checks: ['truststore', 'truststore'] }, 'frontDoor.checks: allowed: each entry once'],
  [{ enabled: true, requireMutualTls: ['https://api.example.com'] }, 'frontDoor.requireMutualTls.0: allowed: a domain'],
  [{ enabled: true, truststoreWindowDays: 366 }, 'frontDoor.truststoreWindowDays: allowed: a whole number from 1 to'],
  [{ enabled: true, truststoreBuckets: ['my-bucket'] }, 'frontDoor.truststoreBuckets.0: allowed: the ARN of a bucket'],
  [{ enabled: true, truststoreBuckets: ['arn:aws:s3:::my-bucket/*'] }, 'frontDoor.truststoreBuckets.0: allowed: '],
  [
    { enabled: true, truststoreBuckets: ['arn:aws-cn:s3:::my-bucket'] },
    'frontDoor.truststoreBuckets.0: allowed: an ARN',
  ],
  [{ enabled: true, frequency: 'Daily' }, 'frontDoor.frequency: allowed: One_Hour, Three_Hours'],
  [{ enabled: true, color: 'blue' }, 'frontDoor.color: unknown key'],
  [
    { enabled: true, checks: ['tls-policy'], requireMutualTls: ['*'] },
    'frontDoor.requireMutualTls: allowed only with the check mutual-tls or private-front-door in frontDoor.checks',
  ],
  [
    { enabled: true, checks: ['tls-policy'], truststoreWindowDays: 30 },
    'frontDoor.truststoreWindowDays: allowed only with the check truststore in frontDoor.checks',
  ],
  [
    { enabled: true, checks: ['tls-policy'], truststoreBuckets: ['arn:aws:s3:::my-bucket'] },
    'frontDoor.truststoreBuckets: allowed only with the check truststore in frontDoor.checks',
  ],
])('refused: %j', (frontDoor, expected) => {
  expect(() => parseConfiguration({ ...account, frontDoor })).toThrow(`stagecert.yaml: ${expected}`);
});

test.each([
  [[60, 0], undefined],
  [[90, 0], undefined],
  [[91], 'alerts.reminderDays: allowed: at most 90, the value of frontDoor.truststoreWindowDays'],
])('reminderDays %j: up to the longest window of a check', (reminderDays, problem) => {
  const parsing = () =>
    parseConfiguration({
      ...account,
      frontDoor: { enabled: true },
      alerts: { email: 'security@example.com', reminderDays },
    });
  if (problem === undefined) {
    expect(parsing).not.toThrow();
  } else {
    expect(parsing).toThrow(problem);
  }
});

/** Globs, and whether they are allowed. */
const GLOBS: readonly [glob: string, allowed: boolean][] = [
  ['api.example.com', true],
  ['*.example.com', true],
  ['*', true],
  ['a1b2c3d4e5', true],
  ['a1b2??d4e5', true],
  ['api-*-eu.*.example.com', true],
  ['api_x.example.com', true],
  ['API.example.com', false],
  ['a**b', false],
  ['**', false],
  ['a/b', false],
  ['a b', false],
  ['[a]', false],
  ['https://api.example.com', false],
  ['', false],
];

test.each(GLOBS)('the glob %j: allowed: %s, in the file and in the template', (glob, allowed) => {
  expect(frontDoorSchema.safeParse({ requireMutualTls: [glob] }).success).toBe(allowed);
  const pattern = new RegExp(`^(?:${STACK_SET_PARAMETERS.RequireMutualTls?.allowedPattern})$`);
  expect(glob === '' || pattern.test(glob)).toBe(allowed || glob === '');
  expect(pattern.test(`api.example.com,${glob}`)).toBe(allowed);
});

/**
 * The command line, which validates parameters like the function. `make cdk` sets the variable.
 */
const STAGECERT = process.env.STAGECERT;

function errorFor(parameters: Record<string, string>): string {
  const options = Object.entries(parameters).flatMap(([key, value]) => ['--param', `${key}=${value}`]);
  const { stderr } = spawnSync(STAGECERT ?? '', ['scan', '--example', ...options], { encoding: 'utf8' });
  return stderr.includes(' is not allowed; allowed: ') ? stderr : '';
}

test.runIf(STAGECERT).each(Object.keys(FRONT_DOOR_CONFIGURATIONS))(
  '%s: the function accepts the parameters',
  (name) => {
    const { rule, frontDoor, ...more } = parseConfiguration(configuration(name));
    const { enabled: _, ...settings } = frontDoor ?? {};
    const definition = frontDoorRule({ ...rule, name: more.name, frontDoor: settings });
    expect(errorFor(inputParameters(definition?.parameters ?? {}, { events: 'on' }))).toBe('');
  },
);

test.runIf(STAGECERT).each(GLOBS)('the function accepts the glob %j if the app does: %s', (glob, allowed) => {
  const error = errorFor({ checks: 'mutual-tls', requireMutualTls: glob });
  if (allowed) {
    expect(error).toBe('');
  } else if (glob !== '[a]' && glob !== '**') {
    expect(error).toContain('requireMutualTls');
  }
});

const ofType = (template: TemplateObject | undefined, type: string) =>
  Object.values(template?.Resources ?? {}).filter(({ Type }) => Type === type);

test('an account has a second schedule for reminders about the front door, with a separate parameter', () => {
  const template = templatesOf(configuration('account, front door'))['stagecert-eu-west-1'];
  const schedules = ofType(template, 'AWS::Scheduler::Schedule').map(({ Properties }) => Properties);
  expect(schedules.map(({ Name }) => Name)).toEqual(['stagecert-reminders', 'stagecert-front-door-reminders']);
  const names = ofType(template, 'AWS::SSM::Parameter').map(({ Properties }) => Properties.Name);
  expect(names).toEqual(['/stagecert/last-reminders', '/stagecert/last-reminders-front-door']);
  const inputs = schedules.map(({ Target }) => JSON.parse(resolved(Target.Input)));
  expect(inputs.map(({ stagecert, hours, ruleName, days }) => [stagecert, hours, ruleName, days])).toEqual([
    ['reminders', 1, 'stagecert-certificate-expiry', '30,14,7,1,0'],
    ['reminders', 1, 'stagecert-front-door', '30,14,7,1,0'],
  ]);
  expect(JSON.parse(inputs[1].ruleParameters)).toMatchObject({ ...PARAMETERS, events: 'on' });
  const statements = ofType(template, 'AWS::IAM::Role').flatMap(
    ({ Properties }) => Properties.Policies?.[0].PolicyDocument.Statement ?? [],
  );
  const remember = statements.find(({ Sid }) => Sid === 'RememberReminders');
  expect(remember.Resource.map((arn: unknown) => resolved(arn))).toEqual(
    names.map((name) => `arn:aws:ssm:eu-west-1:111122223333:parameter${name}`),
  );
});

test('one event of a member triggers both reminders of a central function', () => {
  const templates = templatesOf(configuration('organization-rule, front door'));
  const members = templates['stagecert-member-alerts > template'];
  expect(ofType(members, 'AWS::Scheduler::Schedule')).toHaveLength(1);
  expect(ofType(members, 'AWS::SSM::Parameter').map(({ Properties }) => Properties.Name)).toEqual([
    '/stagecert/last-reminders-front-door',
    '/stagecert/last-reminders',
  ]);
  const rules = ofType(templates['stagecert-organization-rule-eu-west-1'], 'AWS::Events::Rule').filter(
    ({ Properties }) => Properties.EventPattern['detail-type']?.includes('Client Certificate Reminders Due'),
  );
  expect(rules.map(({ Properties }) => Properties.Name)).toEqual([
    'stagecert-reminders',
    'stagecert-front-door-reminders',
  ]);
  const input = rules[1]?.Properties.Targets[0].InputTransformer.InputTemplate;
  const [, text = '""'] = /"ruleParameters":("(?:[^"\\]|\\.)*")/.exec(resolved(input)) ?? [];
  expect(JSON.parse(JSON.parse(text))).toMatchObject({ ...PARAMETERS, executionRoleName: 'security/stagecert-member' });
});

test.each([
  ['account, front door only', 'stagecert-us-east-1', '90,7,0'],
  ['organization-rule, front door only', 'stagecert-organization-rule-eu-west-1', '30,14,7,1,0'],
])('%s: reminders do not need the check certificate-expiry', (name, stack, days) => {
  const text = JSON.stringify(templatesOf(configuration(name))[stack]);
  expect(text).toContain(`\\"days\\":\\"${days}\\"`);
  expect(text).toContain('stagecert-front-door-reminders');
  expect(text).not.toContain('"stagecert-reminders"');
});

test('the checks tls-policy and mutual-tls alone have no reminders', () => {
  const value = {
    ...account,
    rule: { parameters: { checks: ['owner-tag'] } },
    frontDoor: { enabled: true, checks: ['tls-policy', 'mutual-tls'] },
    alerts: { email: 'security@example.com' },
  };
  expect(JSON.stringify(templatesOf(value)['stagecert-eu-west-1'])).not.toContain('AWS::Scheduler::Schedule');
});

test.each([
  ['account', 'stagecert-front-door'],
  ['stack-set', 'stagecert-front-door'],
  ['organization-rule', { prefix: 'OrgConfigRule-stagecert-front-door-' }],
  ['conformance-pack', { prefix: 'stagecert-front-door-conformance-pack-' }],
] as const)('%s: alerts, suppression and the deployment file name the rule', (mode, expected) => {
  const settings = { name: 'stagecert', rules: 'combined', parameters: {} } as const;
  expect(ruleNames(mode, { ...settings, frontDoor: {} }).at(-1)).toEqual(expected);
  expect(ruleNames(mode, settings)).not.toContainEqual(expected);
  const value = configuration(`${mode}, front door`);
  const patterns = resources(value, 'AWS::Events::Rule').filter(({ Properties }) =>
    Properties.EventPattern.detail?.configRuleName?.some((name: unknown) =>
      JSON.stringify(name).includes('front-door'),
    ),
  );
  expect(patterns.length).toBeGreaterThan(0);
  const titles = resources(value, 'AWS::SecurityHub::AutomationRule').flatMap(
    ({ Properties }) => Properties.Criteria.Title ?? [],
  );
  const name = typeof expected === 'string' ? expected : expected.prefix;
  if ('securityHub' in value) {
    expect(titles.map(({ Value }: { Value: string }) => Value)).toContain(name);
  }
  const { rules } = deploymentFile(appOf(value), parseConfiguration(value)) as { rules: object[] };
  const match = typeof expected === 'string' ? 'exact' : 'prefix';
  expect(rules.at(-1)).toEqual({ name, match, frequency: 'Six_Hours' });
  expect(rules.slice(0, -1).filter((rule) => 'frequency' in rule)).toEqual([]);
});

test('an alarm reports two missed sweeps of the front door', () => {
  const alarm = (value: object) =>
    resources(value, 'AWS::CloudWatch::Alarm').find(
      ({ Properties }) => Properties.AlarmName === 'stagecert-no-sweep-front-door',
    )?.Properties;
  expect(alarm(configuration('account, front door'))).toMatchObject({
    Namespace: 'stagecert',
    MetricName: 'SweepsSucceeded',
    Dimensions: [{ Name: 'Checks', Value: FRONT_DOOR_CHECKS.join('+') }],
    EvaluationPeriods: 12,
    Period: 3600,
    TreatMissingData: 'breaching',
  });
  // A query about all accounts can only report hourly sweeps.
  const organization = configuration('stack-set, front door');
  expect(alarm(organization)).toBeUndefined();
  expect(alarm({ ...organization, frontDoor: { ...FRONT_DOOR, frequency: 'One_Hour' } })).toBeDefined();
  expect(frontDoorDimension({ checks: ['mutual-tls', 'truststore'] })).toBe('mutual-tls+truststore');
});

test('the checks are in the order of the documentation, whatever the order in the file', () => {
  const rule = frontDoorRule({
    name: 'stagecert',
    frequency: 'One_Hour',
    parameters: {},
    frontDoor: { checks: ['private-front-door', 'mutual-tls'] },
  });
  expect(rule?.parameters.checks).toEqual(['mutual-tls', 'private-front-door']);
});

test.each(['account, front door', 'organization-rule, front door'])('%s: the dashboard counts the sweeps', (name) => {
  const bodies = resources(configuration(name), 'AWS::CloudWatch::Dashboard').map(({ Properties }) =>
    JSON.stringify(Properties.DashboardBody),
  );
  expect(bodies.filter((body) => body.includes(FRONT_DOOR_CHECKS.join('+')))).toHaveLength(bodies.length);
  expect(bodies.length).toBeGreaterThan(0);
});
