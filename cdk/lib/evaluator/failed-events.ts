import { Aws, Duration } from 'aws-cdk-lib';
import { PolicyStatement } from 'aws-cdk-lib/aws-iam';
import { Queue, QueueEncryption } from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';

/** The queue's name. There is at most one such queue per account and Region. */
export const QUEUE_NAME = 'stagecert-failed-events';

/** Returns the queue's ARN in a Region of this account, even if the queue doesn't exist yet. */
export const queueArn = (region: string) => `arn:${Aws.PARTITION}:sqs:${region}:${Aws.ACCOUNT_ID}:${QUEUE_NAME}`;

/**
 * The queue that keeps events after three failed attempts, for 14 days (SQS's maximum).
 *
 * Events contain AWS Config's result token. The token is useless without permission to call
 * PutEvaluations in the account.
 */
export class FailedEvents extends Construct {
  /** The queue. */
  readonly queue: Queue;

  constructor(scope: Construct, id: string) {
    super(scope, id);
    this.queue = new Queue(this, 'Queue', {
      queueName: QUEUE_NAME,
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
