import { Duration } from 'aws-cdk-lib';
import { Alarm, type AlarmProps, ComparisonOperator, TreatMissingData } from 'aws-cdk-lib/aws-cloudwatch';
import { SnsAction } from 'aws-cdk-lib/aws-cloudwatch-actions';
import type { IFunction } from 'aws-cdk-lib/aws-lambda';
import type { ITopic } from 'aws-cdk-lib/aws-sns';
import type { IQueue } from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import { checksDimension, functionMetric, SWEEP_HOURS } from '../evaluator/metrics';
import { DeploymentNames } from '../names';
import { type RuleSettings, ruleDefinitions } from '../rule/config-rules';
import { onArrivals } from './dead-letters';
import { SECURITY_HUB_ALARM } from './event-patterns';
import { sweptRules } from './swept-rules';

/** The description of the alarm on errors of the function. */
export const FUNCTION_FAILED =
  'The function failed, so results in AWS Config may be out of date. Its log shows what could not be read.';

/** The description of the alarm on sweeps that can't import findings. */
export const SECURITY_HUB_NOT_ENABLED =
  'Findings should be imported, but Security Hub is not enabled. Enable it, or set securityHub to off.';

/** Properties of {@link FunctionAlarms}. */
export interface FunctionAlarmsProps {
  readonly evaluator: IFunction;

  /** The queue of events that the function could not process. */
  readonly failedEvents: IQueue;
  readonly rule: Pick<RuleSettings, 'name' | 'frequency' | 'rules' | 'parameters'>;

  /** The topic that the alarms notify. */
  readonly topic: ITopic;

  /** Whether there are metrics about sweeps. */
  readonly hasSweepMetrics: boolean;
}

/**
 * Alarms for a function that fails, is throttled or is not invoked. Without them, outdated results
 * would look like a healthy state.
 *
 * The alarms notify a topic. The emails come from EventBridge, which receives each change of state
 * too and forwards it to the home Region.
 */
export class FunctionAlarms extends Construct {
  private readonly names: DeploymentNames;
  private readonly topic: ITopic;

  constructor(scope: Construct, id: string, props: FunctionAlarmsProps) {
    super(scope, id);
    this.names = new DeploymentNames(props.rule.name);
    this.topic = props.topic;
    const period = Duration.minutes(5);
    this.alarm('errors', {
      alarmDescription: FUNCTION_FAILED,
      metric: props.evaluator.metricErrors({ period }),
      threshold: 0,
      evaluationPeriods: 1,
      comparisonOperator: ComparisonOperator.GREATER_THAN_THRESHOLD,
      treatMissingData: TreatMissingData.NOT_BREACHING,
    });
    this.alarm('throttles', {
      alarmDescription:
        'The function has been throttled for an hour: there are more events than its reserved concurrency can process.',
      metric: props.evaluator.metricThrottles({ period }),
      threshold: 0,
      evaluationPeriods: 12,
      comparisonOperator: ComparisonOperator.GREATER_THAN_THRESHOLD,
      treatMissingData: TreatMissingData.NOT_BREACHING,
    });
    this.alarm('failed-events', {
      alarmDescription: `The function failed three times for an event, or an alert could not be delivered. The queue ${this.names.failedEvents} keeps the event for 14 days.`,
      ...onArrivals(props.failedEvents),
    });
    const [first] = ruleDefinitions(props.rule);
    if (props.hasSweepMetrics && first !== undefined && props.rule.parameters.securityHub === 'on') {
      this.alarm(SECURITY_HUB_ALARM, {
        alarmDescription: SECURITY_HUB_NOT_ENABLED,
        metric: functionMetric(
          this.names.metricNamespace,
          'SecurityHubNotEnabled',
          checksDimension(first.parameters),
          'Maximum',
          Duration.hours(1),
        ),
        threshold: 0,
        // It ends with the first sweep that finds Security Hub enabled, or an hour later.
        evaluationPeriods: SWEEP_HOURS[props.rule.frequency] + 1,
        datapointsToAlarm: 1,
        comparisonOperator: ComparisonOperator.GREATER_THAN_THRESHOLD,
        treatMissingData: TreatMissingData.NOT_BREACHING,
      });
    }
    for (const { name, checks, alarm, hours, unnoticed } of props.hasSweepMetrics ? sweptRules(props.rule) : []) {
      this.alarm(alarm, {
        alarmDescription: `No sweep of rule ${name} has succeeded for ${hours} hours, so ${unnoticed} would go unnoticed.`,
        // One-hour periods, so that the alarm goes off within an hour after the second missed
        // sweep. CloudWatch evaluates up to seven days of such periods, but only one day of shorter
        // ones.
        metric: functionMetric(this.names.metricNamespace, 'SweepsSucceeded', checks, 'Sum', Duration.hours(1)),
        threshold: 1,
        evaluationPeriods: hours,
        comparisonOperator: ComparisonOperator.LESS_THAN_THRESHOLD,
        treatMissingData: TreatMissingData.BREACHING,
      });
    }
  }

  private alarm(name: string, props: Omit<AlarmProps, 'alarmName'>): void {
    const alarm = new Alarm(this, name, { alarmName: this.names.alarm(name), ...props });
    const action = new SnsAction(this.topic);
    alarm.addAlarmAction(action);
    alarm.addOkAction(action);
  }
}
