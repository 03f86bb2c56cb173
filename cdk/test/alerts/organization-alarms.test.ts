import { expect, test } from 'vitest';
import { appOf, CONFIGURATIONS, type Resource, type TemplateObject, templatesOf } from '../fixtures';

const STACK_SET = CONFIGURATIONS['stack-set, full'] as { alerts: object; rule: object };
const DASHBOARD = '444444444444';

const stackSet = (more: { alerts?: object; rule?: object; [key: string]: unknown } = {}) => ({
  ...STACK_SET,
  dashboard: { account: DASHBOARD },
  rollout: {},
  function: {},
  ...more,
  rule: { ...STACK_SET.rule, ...more.rule },
  alerts: { ...STACK_SET.alerts, ...more.alerts },
});

const alarmsIn = (template: TemplateObject | undefined) =>
  Object.values(template?.Resources ?? {})
    .filter(({ Type }) => Type === 'AWS::CloudWatch::Alarm')
    .map(({ Properties }) => Properties);

const names = (template: TemplateObject | undefined) => alarmsIn(template).map(({ AlarmName }) => AlarmName);
const queryOf = (alarm: { Metrics: { Expression: string }[] }) => alarm.Metrics[0]?.Expression;

test("no account has alarms by default; the dashboard's account has one set in each Region", () => {
  const templates = templatesOf(stackSet());
  const places = Object.entries(templates).filter(([, template]) => alarmsIn(template).length > 0);
  expect(places.map(([stack]) => stack)).toEqual([
    'stagecert-alerts',
    'stagecert-alarms-eu-west-1',
    'stagecert-alarms-us-east-1',
  ]);
  const alarms = alarmsIn(templates['stagecert-alarms-eu-west-1']);
  expect(alarms.map((alarm) => [alarm.AlarmName, queryOf(alarm)]).slice(0, 3)).toEqual([
    [
      'stagecert-failed-events',
      'SELECT SUM(NumberOfMessagesSent) FROM SCHEMA("AWS/SQS", QueueName) ' +
        "WHERE QueueName = 'stagecert-failed-events'",
    ],
    [
      'stagecert-security-hub',
      'SELECT MAX(SecurityHubNotEnabled) FROM SCHEMA("stagecert", Checks) WHERE Checks = \'certificate-attached\'',
    ],
    [
      'stagecert-no-sweep-certificate-attached',
      'SELECT SUM(SweepsSucceeded) FROM SCHEMA("stagecert", Checks) WHERE Checks = \'certificate-attached\'',
    ],
  ]);
  expect(alarms).toHaveLength(2 + 4);
  for (const { AlarmName, Metrics, EvaluationPeriods } of alarms) {
    // CloudWatch evaluates three hours of a query.
    expect(Metrics[0].Period * EvaluationPeriods, AlarmName).toBeLessThanOrEqual(3 * 3600);
  }
});

test('sweeps that are due less often than CloudWatch can evaluate have no central alarm', () => {
  const central = (rule: object, metrics = 'full') =>
    names(templatesOf(stackSet({ rule, metrics }))['stagecert-alarms-eu-west-1']);
  const failures = 'stagecert-failed-events';
  const always = [failures, 'stagecert-security-hub'];
  expect(central({ frequency: 'TwentyFour_Hours' })).toEqual(always);
  expect(central({ frequency: 'One_Hour', rules: 'combined' })).toEqual([...always, 'stagecert-no-sweep-all']);
  expect(central({ frequency: 'One_Hour', rules: 'combined' }, 'none')).toEqual([failures]);
  const rule = { frequency: 'TwentyFour_Hours', parameters: {}, exemptionsKmsKey: undefined };
  const withoutHub = stackSet({ rule, securityHub: {} });
  expect(names(templatesOf(withoutHub)['stagecert-alarms-eu-west-1'])).toEqual([failures]);
});

test('with accountAlarms, each account has alarms, which notify one topic per Region', () => {
  const templates = templatesOf(stackSet({ alerts: { accountAlarms: true }, rule: { rules: 'combined' } }));
  expect(names(templates['stagecert-alarms-eu-west-1'])).toEqual([]);
  const alarms = alarmsIn(templates['stagecert-accounts > template']);
  expect(alarms.map(({ AlarmName }) => AlarmName)).toEqual([
    'stagecert-errors',
    'stagecert-throttles',
    'stagecert-failed-events',
    'stagecert-security-hub',
    'stagecert-no-sweep-all',
  ]);
  const topic = {
    'Fn::Join': [
      '',
      ['arn:', { Ref: 'AWS::Partition' }, ':sns:', { Ref: 'AWS::Region' }, `:${DASHBOARD}:stagecert-alarms`],
    ],
  };
  for (const { AlarmActions, OKActions } of alarms) {
    expect(AlarmActions).toEqual([topic]);
    expect(OKActions).toEqual([topic]);
  }
  // Both the topic and its key accept alarms of the organization, and no others.
  const statements = Object.values(templates['stagecert-alarms-eu-west-1']?.Resources ?? {})
    .flatMap(({ Properties }) => [Properties.PolicyDocument, Properties.KeyPolicy])
    .flatMap((policy) => policy?.Statement ?? [])
    .filter(({ Principal }) => Principal.Service === 'cloudwatch.amazonaws.com');
  expect(statements.map(({ Action }) => Action)).toEqual([['kms:Decrypt', 'kms:GenerateDataKey*'], 'sns:Publish']);
  for (const { Condition } of statements) {
    expect(Condition.StringEquals).toEqual({ 'aws:SourceOrgID': 'o-exampleorg1' });
    expect(JSON.stringify(Condition.ArnLike)).toContain('{"Ref":"AWS::Region"},":*:alarm:stagecert-*"');
  }
});

test('alarms notify the topic that the configuration names', () => {
  const alarmTopic = 'arn:aws:sns:REGION:555555555555:on-call';
  const central = templatesOf(stackSet({ alerts: { alarmTopic } }));
  expect(alarmsIn(central['stagecert-alarms-us-east-1'])[0].AlarmActions).toEqual([
    'arn:aws:sns:us-east-1:555555555555:on-call',
  ]);
  expect(Object.values(central['stagecert-alarms-us-east-1']?.Resources ?? {}).map(({ Type }) => Type)).not.toContain(
    'AWS::SNS::Topic',
  );
  const own = templatesOf(stackSet({ alerts: { alarmTopic, accountAlarms: true } }));
  expect(JSON.stringify(alarmsIn(own['stagecert-accounts > template'])[0].AlarmActions)).toContain(
    '{"Ref":"AWS::Region"},":555555555555:on-call"',
  );
  expect(Object.keys(own)).not.toContain('stagecert-alarms-us-east-1');
});

test('every alarm of every configuration notifies an encrypted topic when it goes off', () => {
  let count = 0;
  for (const [name, configuration] of Object.entries(CONFIGURATIONS)) {
    for (const [stack, template] of Object.entries(templatesOf(configuration))) {
      for (const { AlarmName, AlarmActions, ActionsEnabled } of alarmsIn(template)) {
        expect(AlarmActions, `${name}, ${stack}, ${AlarmName}`).toHaveLength(1);
        expect(ActionsEnabled ?? true).toBe(true);
        const topic = template.Resources[AlarmActions[0].Ref] as Resource;
        expect(topic.Type).toBe('AWS::SNS::Topic');
        const key = template.Resources[topic.Properties.KmsMasterKeyId['Fn::GetAtt'][0]] as Resource;
        const statements = key.Properties.KeyPolicy.Statement as { Principal: { Service?: string } }[];
        expect(statements.some(({ Principal }) => Principal.Service === 'cloudwatch.amazonaws.com')).toBe(true);
        count += 1;
      }
    }
  }
  expect(count).toBeGreaterThan(15);
});

test('the synthesis says that without metrics no alarm reports a missed sweep', () => {
  const messages = (metrics: string) =>
    appOf({
      deploymentMode: 'account',
      targets: { regions: ['eu-west-1'] },
      metrics,
      alerts: { email: 'a@example.com' },
    })
      .node.findAll()
      .flatMap(({ node }) => node.metadata)
      .map(({ data }) => String(data));
  expect(messages('none').filter((text) => text.includes('no alarm reports a missed sweep'))).toHaveLength(1);
  expect(messages('few').filter((text) => text.includes('no alarm reports a missed sweep'))).toEqual([]);
});
