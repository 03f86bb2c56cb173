import { Duration, Validations } from 'aws-cdk-lib';
import { Alarm, type AlarmProps, ComparisonOperator, TreatMissingData } from 'aws-cdk-lib/aws-cloudwatch';
import type { IFunction } from 'aws-cdk-lib/aws-lambda';
import type { IQueue } from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import { QUEUE_NAME } from '../evaluator/failed-events';
import { checksOf, HOURS, metricOf } from '../evaluator/metrics';
import { type RuleSettings, ruleDefinitions } from '../rule/config-rules';
import { ALARM_PREFIX, SWEEP_ALARM_PREFIX } from './event-patterns';

/** Properties of {@link FunctionAlarms}. */
export interface FunctionAlarmsProps {
  readonly evaluator: IFunction;

  /** Where the events are that the function failed at. */
  readonly failedEvents: IQueue;
  readonly rule: Pick<RuleSettings, 'frequency' | 'rules' | 'parameters'>;
}

/**
 * Alarms for a function that fails, is held back or is not asked. Results stay as they were then, which looks like peace.
 *
 * They have no action of their own: EventBridge gets each change of an alarm, and takes it to where people are told.
 */
export class FunctionAlarms extends Construct {
  constructor(scope: Construct, id: string, props: FunctionAlarmsProps) {
    super(scope, id);
    const period = Duration.minutes(5);
    this.alarm('errors', {
      alarmDescription:
        'the function failed, so that results of AWS Config may be out of date. Its log says what could not be read.',
      metric: props.evaluator.metricErrors({ period }),
      threshold: 0,
      evaluationPeriods: 1,
      comparisonOperator: ComparisonOperator.GREATER_THAN_THRESHOLD,
      treatMissingData: TreatMissingData.NOT_BREACHING,
    });
    this.alarm('throttles', {
      alarmDescription: 'the function has been held back for an hour: more events than its reserved concurrency takes.',
      metric: props.evaluator.metricThrottles({ period }),
      threshold: 0,
      evaluationPeriods: 12,
      comparisonOperator: ComparisonOperator.GREATER_THAN_THRESHOLD,
      treatMissingData: TreatMissingData.NOT_BREACHING,
    });
    this.alarm('failed-events', {
      alarmDescription: `the function failed at an event three times. The event is kept for 14 days in the queue ${QUEUE_NAME}.`,
      metric: props.failedEvents.metricApproximateNumberOfMessagesVisible({ period, statistic: 'Maximum' }),
      threshold: 0,
      evaluationPeriods: 1,
      comparisonOperator: ComparisonOperator.GREATER_THAN_THRESHOLD,
      treatMissingData: TreatMissingData.NOT_BREACHING,
    });
    for (const { name, parameters } of ruleDefinitions(props.rule)) {
      const checks = checksOf(parameters);
      const hours = 2 * HOURS[props.rule.frequency];
      this.alarm(`${SWEEP_ALARM_PREFIX.slice(ALARM_PREFIX.length)}-${checks.replaceAll('+', '-')}`, {
        alarmDescription: `no sweep of the rule ${name} has succeeded for ${hours} hours: an expired certificate would go unnoticed.`,
        // Hour by hour, so that it is told within an hour of the second sweep that was missed. CloudWatch takes seven days
        // of such periods, and one day of shorter ones.
        metric: metricOf('SweepsSucceeded', checks, 'Sum', Duration.hours(1)),
        threshold: 1,
        evaluationPeriods: hours,
        comparisonOperator: ComparisonOperator.LESS_THAN_THRESHOLD,
        treatMissingData: TreatMissingData.BREACHING,
      });
    }
  }

  private alarm(name: string, props: Omit<AlarmProps, 'alarmName'>): void {
    const alarm = new Alarm(this, name, { alarmName: `${ALARM_PREFIX}${name}`, ...props });
    Validations.of(alarm).acknowledge({
      id: 'NIST.800.53.R5-CloudWatchAlarmAction',
      reason: 'EventBridge forwards each change of state to the topic in the home Region.',
    });
  }
}
