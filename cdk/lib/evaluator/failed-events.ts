import { Aws, Duration } from 'aws-cdk-lib';
import { PolicyStatement } from 'aws-cdk-lib/aws-iam';
import { Queue, QueueEncryption } from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';

/** The queue's name: one a Region and account. */
export const QUEUE_NAME = 'stagecert-failed-events';

/** The queue's ARN in a Region of this account, where it may not exist yet. */
export const queueArn = (region: string) => `arn:${Aws.PARTITION}:sqs:${region}:${Aws.ACCOUNT_ID}:${QUEUE_NAME}`;

/**
 * Keeps the events that the function failed at three times, for 14 days, SQS's limit. They hold AWS Config's result token, which is
 * of no use to anybody who may not call PutEvaluations in that account.
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

/** What the function's role needs: Lambda puts the events there in its name. */
export function keepFailedEvents(queueArns: string[]): PolicyStatement {
  return new PolicyStatement({ sid: 'KeepFailedEvents', actions: ['sqs:SendMessage'], resources: queueArns });
}
