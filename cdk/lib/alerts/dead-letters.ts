import { Aws, Duration } from 'aws-cdk-lib';
import type { IRuleTarget } from 'aws-cdk-lib/aws-events';
import { PolicyStatement, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { type IQueue, Queue, QueueEncryption } from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';

/** Properties of {@link DeadLetters}. */
export interface DeadLettersProps {
  /** The queue's name. */
  readonly queueName: string;

  /** The names of the EventBridge rules that may send to the queue; `*` stands for any text. */
  readonly ruleName: string;
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
    allowDeadLetters(this.queue, props.ruleName);
  }
}

/**
 * Allows EventBridge rules of this account and Region to send to a queue. It is one statement for
 * all rules: CDK's statement for each rule would exceed the size of a queue's policy.
 */
export function allowDeadLetters(queue: IQueue, ruleName: string): void {
  queue.addToResourcePolicy(
    new PolicyStatement({
      sid: 'KeepUndeliveredEvents',
      principals: [new ServicePrincipal('events.amazonaws.com')],
      actions: ['sqs:SendMessage'],
      resources: [queue.queueArn],
      conditions: {
        ArnLike: { 'aws:SourceArn': `arn:${Aws.PARTITION}:events:${Aws.REGION}:${Aws.ACCOUNT_ID}:rule/${ruleName}` },
      },
    }),
  );
}

/** Returns a target whose undelivered events are kept in a queue; see {@link allowDeadLetters}. */
export function withDeadLetters(target: IRuleTarget, queue: IQueue): IRuleTarget {
  return {
    bind: (rule, id) => ({ ...target.bind(rule, id), deadLetterConfig: { arn: queue.queueArn } }),
  };
}
