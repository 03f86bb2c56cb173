import { Duration, Stack, type StackProps } from 'aws-cdk-lib';
import { Alarm, ComparisonOperator, MathExpression, TreatMissingData } from 'aws-cdk-lib/aws-cloudwatch';
import { SnsAction } from 'aws-cdk-lib/aws-cloudwatch-actions';
import { type ITopic, Topic } from 'aws-cdk-lib/aws-sns';
import { Construct } from 'constructs';
import { checksDimension, DIMENSION } from '../evaluator/metrics';
import { DeploymentNames } from '../names';
import { type RuleSettings, ruleDefinitions } from '../rule/config-rules';
import type { AlarmSettings } from './account-alerts';
import { AlarmTopic } from './alarm-topic';
import { ARRIVALS_PERIOD, arrivalsQuery, DeadLetters, ON_ARRIVALS } from './dead-letters';
import { EventForwarding } from './event-forwarding';
import { alarms, SECURITY_HUB_ALARM } from './event-patterns';
import { SECURITY_HUB_NOT_ENABLED } from './function-alarms';
import { sweptRules } from './swept-rules';

/**
 * The hours of data that CloudWatch evaluates for an alarm on a query (user guide, "Metrics
 * Insights quotas"). A sweep that is due less often can't have such an alarm.
 */
const MAX_QUERY_HOURS = 3;

/** Properties of {@link OrganizationAlarms}. */
export interface OrganizationAlarmsProps {
  readonly rule: Pick<RuleSettings, 'name' | 'frequency' | 'rules' | 'parameters' | 'frontDoor'>;

  /** The topic that the alarms notify. */
  readonly topic: ITopic;

  /** Whether there are metrics about sweeps. */
  readonly hasSweepMetrics: boolean;
}

/**
 * Alarms of one Region about the functions of all accounts. They are in CloudWatch's monitoring
 * account, in which "Metrics Insights alarms can watch resources in source accounts" (user guide,
 * "Alarms on CloudWatch Metrics Insights queries").
 *
 * A query includes up to 10,000 accounts. It doesn't show which account is affected: the dashboard
 * does. CloudWatch charges for each metric that a query analyzes as for an alarm, so there is one
 * query about failures. It is about the queues of failed events, because an event that the function
 * could not process arrives there, whether the function failed or was throttled, and so does an
 * alert that could not be delivered. The other query is about Security Hub, only if it is used.
 *
 * No query can show that one account of many has missed a sweep: `make coverage` does.
 */
export class OrganizationAlarms extends Construct {
  private readonly names: DeploymentNames;
  private readonly action: SnsAction;

  constructor(scope: Construct, id: string, props: OrganizationAlarmsProps) {
    super(scope, id);
    this.names = new DeploymentNames(props.rule.name);
    this.action = new SnsAction(props.topic);
    const { failedEvents } = this.names;
    this.alarm('failed-events', {
      alarmDescription: `In at least one account of this Region, the function failed three times for an event, or an alert could not be delivered. The queue ${failedEvents} of that account keeps the event for 14 days. The dashboard ${this.names.dashboard('organization')} shows which accounts.`,
      metric: query(arrivalsQuery(failedEvents), ARRIVALS_PERIOD),
      ...ON_ARRIVALS,
    });
    if (props.hasSweepMetrics && props.rule.parameters.securityHub === 'on') {
      this.securityHubAlarm(props.rule);
    }
    if (props.hasSweepMetrics) {
      this.sweepAlarms(props.rule);
    }
  }

  /**
   * Adds the alarm on sweeps that can't import findings. With daily sweeps, it goes off once a day
   * for each account, until Security Hub is enabled there.
   */
  private securityHubAlarm(rule: OrganizationAlarmsProps['rule']): void {
    const [first] = ruleDefinitions(rule);
    if (first === undefined) {
      return;
    }
    const from = `SCHEMA("${this.names.metricNamespace}", ${DIMENSION})`;
    this.alarm(SECURITY_HUB_ALARM, {
      alarmDescription: `In at least one account of this Region: ${SECURITY_HUB_NOT_ENABLED} The dashboard ${this.names.dashboard('organization')} shows which accounts.`,
      metric: query(
        `SELECT MAX(SecurityHubNotEnabled) FROM ${from} WHERE ${DIMENSION} = '${checksDimension(first.parameters)}'`,
        Duration.hours(1),
      ),
      threshold: 0,
      evaluationPeriods: 1,
      comparisonOperator: ComparisonOperator.GREATER_THAN_THRESHOLD,
      treatMissingData: TreatMissingData.NOT_BREACHING,
    });
  }

  /**
   * Adds the alarms on rules that no account has swept. They are possible only if sweeps are so
   * frequent that their metrics cost far more than the alarms.
   */
  private sweepAlarms(rule: OrganizationAlarmsProps['rule']): void {
    for (const { name, checks, alarm, hours, unnoticed } of sweptRules(rule)) {
      if (hours > MAX_QUERY_HOURS) {
        continue;
      }
      const from = `SCHEMA("${this.names.metricNamespace}", ${DIMENSION})`;
      this.alarm(alarm, {
        alarmDescription: `No sweep of rule ${name} has succeeded in any account of this Region for ${hours} hours, so ${unnoticed} would go unnoticed.`,
        metric: query(`SELECT SUM(SweepsSucceeded) FROM ${from} WHERE ${DIMENSION} = '${checks}'`, Duration.hours(1)),
        threshold: 1,
        evaluationPeriods: hours,
        comparisonOperator: ComparisonOperator.LESS_THAN_THRESHOLD,
        treatMissingData: TreatMissingData.BREACHING,
      });
    }
  }

  private alarm(name: string, props: ConstructorParameters<typeof Alarm>[2]): void {
    const alarm = new Alarm(this, name, { alarmName: this.names.alarm(name), ...props });
    alarm.addAlarmAction(this.action);
    alarm.addOkAction(this.action);
  }
}

const query = (expression: string, period: Duration) => new MathExpression({ expression, usingMetrics: {}, period });

/** Properties of an {@link AlarmsStack}. */
export interface AlarmsStackProps extends StackProps {
  readonly rule: OrganizationAlarmsProps['rule'];
  readonly alarms: AlarmSettings;

  /** The ARNs of the buses that receive the alarms. */
  readonly buses: readonly string[];

  /**
   * The organization whose accounts have their own alarms, which notify the topic of this stack.
   *
   * @default - the alarms are in this stack
   */
  readonly organizationId?: string | undefined;
}

/** The stack with the alarms of one Region, or with the topic of the accounts' own alarms. */
export class AlarmsStack extends Stack {
  constructor(scope: Construct, id: string, props: AlarmsStackProps) {
    super(scope, id, { description: 'stagecert: alarms about the functions of all accounts', ...props });
    const { rule, alarms: settings, organizationId } = props;
    const { name } = rule;
    const topic =
      settings.topicArn === undefined
        ? new AlarmTopic(this, 'AlarmTopic', { name, organizationId }).topic
        : Topic.fromTopicArn(this, 'AlarmTopic', settings.topicArn);
    if (organizationId !== undefined) {
      return;
    }
    new OrganizationAlarms(this, 'Alarms', { rule, topic, hasSweepMetrics: settings.hasSweepMetrics });
    const names = new DeploymentNames(name);
    const { queue: failedEvents } = new DeadLetters(this, 'FailedAlarms', {
      queueName: names.failedAlarms,
    });
    new EventForwarding(this, 'Forwarding', {
      name,
      forwarded: [{ name: 'alarms', pattern: alarms(names), buses: props.buses }],
      failedEvents,
    });
  }
}
