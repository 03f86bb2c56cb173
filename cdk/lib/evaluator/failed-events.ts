import { Duration } from 'aws-cdk-lib';
import { PolicyStatement } from 'aws-cdk-lib/aws-iam';
import { Queue, QueueEncryption } from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';

/** Properties of {@link FailedEvents}. */
export interface FailedEventsProps {
  /** The queue's name. */
  readonly queueName: string;
}

/**
 * The queue that keeps events after three failed attempts, for 14 days (SQS's maximum).
 *
 * Events contain AWS Config's result token. The token is useless without permission to call
 * PutEvaluations in the account.
 */
export class FailedEvents extends Construct {
  /** The queue. */
  readonly queue: Queue;

  constructor(scope: Construct, id: string, props: FailedEventsProps) {
    super(scope, id);
    this.queue = new Queue(this, 'Queue', {
      queueName: props.queueName,
      retentionPeriod: Duration.days(14),
      encryption: QueueEncryption.SQS_MANAGED,
      enforceSSL: true,
    });
  }
}

/**
 * Returns the statement that lets Lambda send failed events to the queue with the function's role.
 */
export function keepFailedEvents(queueArns: string[]): PolicyStatement {
  return new PolicyStatement({ sid: 'KeepFailedEvents', actions: ['sqs:SendMessage'], resources: queueArns });
}
