import { expect, test } from 'vitest';
import { alarms } from '../../lib/alerts/event-patterns';
import { checksDimension, SWEEP_HOURS } from '../../lib/evaluator/metrics';
import { DeploymentNames } from '../../lib/names';
import { FREQUENCIES } from '../../lib/rule/frequency';
import { CONFIGURATIONS, resources } from '../fixtures';
import { notifications } from './alarm-states';

const alarmsOf = (configuration: object) =>
  resources(configuration, 'AWS::CloudWatch::Alarm').map(({ Properties }) => Properties);
const withFrequency = (frequency: string) => ({
  deploymentMode: 'account',
  targets: { regions: ['eu-west-1'] },
  rule: { frequency },
  alerts: { email: 'security@example.com' },
});

/** The alarms of the stack that sends the emails. */
const EMAIL_ALARMS = [
  'stagecert-failed-emails',
  'stagecert-unsent-emails',
  'stagecert-mailer-errors',
  'stagecert-waiting-emails',
  'stagecert-mailer-idle',
  'stagecert-refused-emails',
];

test('there is an alarm for each kind of problem of the function', () => {
  expect(alarmsOf(withFrequency('TwentyFour_Hours')).map(({ AlarmName }) => AlarmName)).toEqual([
    // The emails' own alarms, in the stack that sends them.
    ...EMAIL_ALARMS,
    'stagecert-errors',
    'stagecert-throttles',
    'stagecert-failed-events',
    'stagecert-no-sweep-all',
  ]);
});

/** Returns the alarms on the events in queues, of every configuration. */
const queueAlarms = () =>
  Object.entries(CONFIGURATIONS).flatMap(([name, configuration]) =>
    alarmsOf(configuration)
      .filter(({ AlarmName }) => /-failed-(events|emails)$/.test(AlarmName))
      .map((alarm) => [`${name}, ${alarm.AlarmName}`, alarm] as const),
  );

test.each(queueAlarms())(
  '%s: every loss of events is reported, also while earlier ones are in the queue',
  (_, alarm) => {
    const { MetricName, Metrics, Statistic } = alarm;
    // The events that arrive, not those that are in the queue.
    expect(MetricName ?? Metrics[0].Expression).toMatch(/^NumberOfMessagesSent$|^SELECT SUM\(NumberOfMessagesSent\) /);
    expect(Statistic ?? 'Sum').toBe('Sum');
    const period = alarm.Period ?? Metrics[0].Period;
    expect(period).toBe(300);
    // Periods of five minutes: three events, then one a day later, and one after 13 days.
    const [day, days] = [288, 14 * 288];
    const lost = new Map([
      [10, 3],
      [10 + day, 1],
      [10 + 13 * day, 1],
    ]);
    const sent = Array.from({ length: days }, (_, index) => lost.get(index) ?? (index % 72 === 0 ? 0 : null));
    expect(notifications(alarm, sent)).toEqual([...lost.keys()]);
    // SQS's metrics may be a quarter of an hour late, which is three periods.
    expect(alarm.EvaluationPeriods).toBeGreaterThan(3);
    // The events stay in the queue for 14 days: an alarm on their number would notify once.
    const visible = sent.map((_, index) => (index < 10 ? 0 : 1));
    expect(notifications(alarm, visible)).toEqual([10]);
  },
);

test('each alarm causes an email, or notifies the address of the emails itself', () => {
  const { detail } = alarms(new DeploymentNames('stagecert')) as { detail: { $or: { alarmName: unknown[] }[] } };
  const forwarded = detail.$or.flatMap(({ alarmName }) => alarmName) as (string | { prefix: string })[];
  const names = new Set(
    Object.values(CONFIGURATIONS)
      .flatMap(alarmsOf)
      .map(({ AlarmName }) => AlarmName as string),
  );
  expect(names.size).toBeGreaterThan(8);
  for (const name of names) {
    const isForwarded = forwarded.some((it) => (typeof it === 'string' ? it === name : name.startsWith(it.prefix)));
    expect(isForwarded !== EMAIL_ALARMS.includes(name), name).toBe(true);
  }
});

test('there are alarms on queues in every configuration with alerts', () => {
  expect(queueAlarms().length).toBeGreaterThan(8);
});

test.each(FREQUENCIES)(
  '%s: the alarm on Security Hub lasts from sweep to sweep, and ends when it is enabled',
  (frequency) => {
    const configuration = withFrequency(frequency);
    const hours = SWEEP_HOURS[frequency];
    const on = { ...configuration, rule: { frequency, rules: 'per-check', parameters: { securityHub: 'on' } } };
    const [alarm, ...more] = alarmsOf(on).filter(({ AlarmName }) => AlarmName === 'stagecert-security-hub');
    expect(more).toEqual([]);
    expect(alarm).toMatchObject({
      MetricName: 'SecurityHubNotEnabled',
      Statistic: 'Maximum',
      Period: 3600,
      Dimensions: [{ Name: 'Checks', Value: 'certificate-attached' }],
    });
    // Enabled, switched off for three sweeps, enabled for three, and switched off again.
    const sweeps = [0, 1, 1, 1, 0, 0, 0, 1];
    const periods = sweeps.flatMap((value) => Array.from({ length: hours }, (_, hour) => (hour === 0 ? value : null)));
    expect(notifications(alarm, periods)).toEqual([hours, 7 * hours]);
    expect(alarmsOf(configuration).map(({ AlarmName }) => AlarmName)).not.toContain('stagecert-security-hub');
    expect(alarmsOf({ ...on, metrics: 'none' }).map(({ AlarmName }) => AlarmName)).not.toContain(
      'stagecert-security-hub',
    );
  },
);

test.each(FREQUENCIES)('%s: the alarm goes off after two missed sweeps, and on missing data', (frequency) => {
  const [alarm] = alarmsOf(withFrequency(frequency)).filter(({ MetricName }) => MetricName === 'SweepsSucceeded');
  expect(alarm).toMatchObject({
    Namespace: 'stagecert',
    Dimensions: [{ Name: 'Checks', Value: 'all' }],
    Statistic: 'Sum',
    Threshold: 1,
    ComparisonOperator: 'LessThanThreshold',
    TreatMissingData: 'breaching',
  });
  expect(alarm.Period * alarm.EvaluationPeriods).toBe(2 * SWEEP_HOURS[frequency] * 3600);
});

test("no alarm exceeds CloudWatch's evaluation range: one day, or seven days with periods of an hour or more", () => {
  const all = [...Object.values(CONFIGURATIONS), ...FREQUENCIES.map(withFrequency)].flatMap(alarmsOf);
  expect(all.length).toBeGreaterThan(20);
  for (const { AlarmName, Period, Metrics, EvaluationPeriods } of all) {
    const period = Period ?? Metrics[0].Period;
    expect(period * EvaluationPeriods, AlarmName).toBeLessThanOrEqual(period < 3600 ? 86_400 : 604_800);
  }
});

test("the dimension value equals the function's: `all`, or the codes in order", () => {
  expect(checksDimension({})).toBe('all');
  expect(
    checksDimension({ checks: ['owner-tag', 'certificate-unique', 'certificate-expiry', 'certificate-attached'] }),
  ).toBe('all');
  expect(checksDimension({ checks: ['owner-tag', 'certificate-expiry'] })).toBe('certificate-expiry+owner-tag');
});

test('each function has an encrypted queue for failed events, with a retention of 14 days', () => {
  for (const [name, configuration] of Object.entries(CONFIGURATIONS)) {
    const functions = resources(configuration, 'AWS::Lambda::Function').filter(
      ({ Properties }) => Properties.FunctionName === 'stagecert-evaluator',
    );
    const queues = resources(configuration, 'AWS::SQS::Queue');
    const failedEvents = queues.filter(({ Properties }) => Properties.QueueName === 'stagecert-failed-events');
    expect(failedEvents.length, name).toBe(functions.length);
    for (const { Properties } of functions) {
      expect(Properties.DeadLetterConfig.TargetArn, name).toBeDefined();
      expect(Properties.Environment.Variables).toMatchObject({
        SSL_CERT_FILE: '/etc/pki/tls/certs/ca-bundle.crt',
        STAGECERT_CHANGE_EXPORTS: Properties.ReservedConcurrentExecutions === undefined ? 'off' : 'on',
        STAGECERT_METRICS: 'full',
        STAGECERT_NAME: 'stagecert',
      });
    }
    for (const { Properties } of queues) {
      expect(Properties).toMatchObject({ MessageRetentionPeriod: 14 * 86_400, SqsManagedSseEnabled: true });
    }
  }
});
