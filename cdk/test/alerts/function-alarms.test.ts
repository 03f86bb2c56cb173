import { expect, test } from 'vitest';
import { checksDimension, SWEEP_HOURS } from '../../lib/evaluator/metrics';
import { FREQUENCIES } from '../../lib/rule/config-rules';
import { CONFIGURATIONS, resources } from '../fixtures';

const alarmsOf = (configuration: object) =>
  resources(configuration, 'AWS::CloudWatch::Alarm').map(({ Properties }) => Properties);
const withFrequency = (frequency: string) => ({
  deploymentMode: 'account',
  targets: { regions: ['eu-west-1'] },
  rule: { frequency },
  alerts: { email: 'security@example.com' },
});

test('there is an alarm for each kind of problem of the function', () => {
  expect(alarmsOf(withFrequency('TwentyFour_Hours')).map(({ AlarmName }) => AlarmName)).toEqual([
    // The emails' own alarm, in the stack that sends them.
    'stagecert-failed-emails',
    'stagecert-errors',
    'stagecert-throttles',
    'stagecert-failed-events',
    'stagecert-no-sweep-all',
  ]);
});

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
    const functions = resources(configuration, 'AWS::Lambda::Function');
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
