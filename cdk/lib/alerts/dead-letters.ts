import { Aws, Duration, Validations } from 'aws-cdk-lib';
import { type AlarmProps, ComparisonOperator, TreatMissingData } from 'aws-cdk-lib/aws-cloudwatch';
import type { IRuleTarget } from 'aws-cdk-lib/aws-events';
import { PolicyStatement, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { type IQueue, Queue, QueueEncryption } from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';

/** Properties of {@link DeadLetters}. */
export interface DeadLettersProps {
  /** The queue's name. */
  readonly queueName: string;

  /**
   * The names of the EventBridge rules that may send to the queue; `*` stands for any text.
   *
   * @default - {@link allowDeadLetters} allows them
   */
  readonly ruleName?: string | undefined;
}

/**
 * The queue of events that EventBridge could not deliver within a day, for 14 days (SQS's maximum).
 */
export class DeadLetters extends Construct {
  /** The queue. */
  readonly queue: Queue;

  constructor(scope: Construct, id: string, props: DeadLettersProps) {
    super(scope, id);
    this.queue = new Queue(this, 'Queue', {
      queueName: props.queueName,
      retentionPeriod: Duration.days(14),
      encryption: QueueEncryption.SQS_MANAGED,
      enforceSSL: true,
    });
    Validations.of(this.queue).acknowledge({
      id: 'AwsSolutions-SQS3',
      reason: 'It is the dead-letter queue of EventBridge rules, which cdk-nag does not recognize.',
    });
    if (props.ruleName !== undefined) {
      allowDeadLetters(this.queue, props.ruleName);
    }
  }
}

/**
 * Allows EventBridge rules of this account and Region to send events to a queue that they could not
 * deliver.
 */
export const allowDeadLetters = (queue: IQueue, ruleName: string) =>
  allowRules(queue, ruleName, 'KeepUndeliveredEvents');

/**
 * Allows EventBridge rules of this account and Region to send to a queue. It is one statement for
 * all rules: CDK's statement for each rule would exceed the size of a queue's policy.
 */
export function allowRules(queue: IQueue, ruleName: string, sid: string): void {
  queue.addToResourcePolicy(
    new PolicyStatement({
      sid,
      principals: [new ServicePrincipal('events.amazonaws.com')],
      actions: ['sqs:SendMessage'],
      resources: [queue.queueArn],
      conditions: {
        ArnLike: { 'aws:SourceArn': `arn:${Aws.PARTITION}:events:${Aws.REGION}:${Aws.ACCOUNT_ID}:rule/${ruleName}` },
      },
    }),
  );
}

/** The period of the metric of arrivals. */
export const ARRIVALS_PERIOD = Duration.minutes(5);

/**
 * The settings of an alarm on the number of events that arrive in a queue. It ends half an hour
 * after the last one, so that the next one sets it off again. An alarm on the number of events that
 * are in the queue would stay in ALARM for 14 days and report no other loss.
 *
 * The half hour is longer than the delay of SQS's metrics, up to 15 minutes if the queue was
 * inactive (SQS developer guide).
 */
export const ON_ARRIVALS = {
  threshold: 0,
  evaluationPeriods: 6,
  datapointsToAlarm: 1,
  comparisonOperator: ComparisonOperator.GREATER_THAN_THRESHOLD,
  treatMissingData: TreatMissingData.NOT_BREACHING,
} as const satisfies Partial<AlarmProps>;

/** Returns the settings of an alarm on the events that arrive in a queue. */
export const onArrivals = (queue: IQueue) => ({
  metric: queue.metricNumberOfMessagesSent({ period: ARRIVALS_PERIOD, statistic: 'Sum' }),
  ...ON_ARRIVALS,
});

/** Returns the query for the events that arrive in the queues with this name in all accounts. */
export const arrivalsQuery = (queueName: string) =>
  `SELECT SUM(NumberOfMessagesSent) FROM SCHEMA("AWS/SQS", QueueName) WHERE QueueName = '${queueName}'`;

/** Returns a target whose undelivered events are kept in a queue; see {@link allowDeadLetters}. */
export function withDeadLetters(target: IRuleTarget, queue: IQueue): IRuleTarget {
  return {
    bind: (rule, id) => ({ ...target.bind(rule, id), deadLetterConfig: { arn: queue.queueArn } }),
  };
}
