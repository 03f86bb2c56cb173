import { Duration } from 'aws-cdk-lib';
import type { IRuleTarget, RuleTargetInput } from 'aws-cdk-lib/aws-events';
import { DeduplicationScope, FifoThroughputLimit, type IQueue, Queue, QueueEncryption } from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import { DeploymentNames } from '../names';
import { allowRules } from './dead-letters';
import { InputTransformer } from './input-transformer';

/**
 * How often the mailer may receive a message before it counts as unsent: for more than three hours,
 * so that an outage of DynamoDB or a lack of concurrency loses nothing.
 */
const MAX_RECEIVES = 100;

/**
 * After a failure, the mailer gets the message again this soon. AWS recommends six times the
 * timeout of the function, for functions without a limit of concurrency (Lambda developer guide);
 * here, a message group is processed by one invocation at a time, and its next message must wait.
 */
const VISIBILITY_TIMEOUT = Duration.seconds(120);

/** The timeout of the mailer. */
export const MAILER_TIMEOUT = Duration.seconds(60);

/** Properties of an {@link EmailQueue}. */
export interface EmailQueueProps {
  /** The deployment's name. */
  readonly name: string;

  /** The name of the bus whose rules send to the queue. */
  readonly busName: string;
}

/**
 * The FIFO queue in front of the mailer, and the queue of messages that it could not process. There
 * is one message group per recipient, so the messages of one recipient are processed in order.
 */
export class EmailQueue extends Construct {
  /** The queue of the mailer. */
  readonly queue: Queue;

  /** The queue of messages that the mailer could not process. */
  readonly unsent: Queue;

  constructor(scope: Construct, id: string, props: EmailQueueProps) {
    super(scope, id);
    const names = new DeploymentNames(props.name);
    const shared = {
      fifo: true,
      retentionPeriod: Duration.days(14),
      encryption: QueueEncryption.SQS_MANAGED,
      enforceSSL: true,
    };
    this.unsent = new Queue(this, 'Unsent', { queueName: names.unsentEmails, ...shared });
    this.queue = new Queue(this, 'Queue', {
      queueName: names.emails,
      ...shared,
      // EventBridge and its schedules send no deduplication id.
      contentBasedDeduplication: true,
      deduplicationScope: DeduplicationScope.MESSAGE_GROUP,
      fifoThroughputLimit: FifoThroughputLimit.PER_MESSAGE_GROUP_ID,
      visibilityTimeout: VISIBILITY_TIMEOUT,
      deadLetterQueue: { queue: this.unsent, maxReceiveCount: MAX_RECEIVES },
    });
    allowRules(this.queue, `${props.busName}/*`, 'SendEvents');
  }
}

/** Returns the message about an event for a recipient, whose `detail` is JSON and not a string. */
export const emailMessage = (recipient: string) =>
  new InputTransformer(`{"recipient":"${recipient}","account":"<account>","type":"<type>","detail":<detail>}`, {
    account: '$.account',
    type: '$.detail-type',
    detail: '$.detail',
  });

/**
 * Returns a FIFO queue as the target of a rule. `SqsQueue` of CDK would add a statement for each
 * rule to the queue's policy, which would exceed its size.
 */
export function fifoTarget(queue: IQueue, messageGroupId: string, message: RuleTargetInput): IRuleTarget {
  return {
    bind: () => ({ arn: queue.queueArn, input: message, targetResource: queue, sqsParameters: { messageGroupId } }),
  };
}
