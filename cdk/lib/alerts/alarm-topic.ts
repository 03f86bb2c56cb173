import { Aws, RemovalPolicy } from 'aws-cdk-lib';
import { PolicyStatement, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { Key } from 'aws-cdk-lib/aws-kms';
import { type ITopic, Topic } from 'aws-cdk-lib/aws-sns';
import { Construct } from 'constructs';
import { DeploymentNames } from '../names';

/** Properties of an {@link AlarmTopic}. */
export interface AlarmTopicProps {
  /** The deployment's name. */
  readonly name: string;

  /**
   * The organization whose accounts' alarms may notify the topic.
   *
   * @default - only alarms of this account
   */
  readonly organizationId?: string | undefined;
}

/**
 * The topic that alarms of a Region notify when they go off and when they end: an alarm can notify
 * only a topic in its own Region. On-call and chat tools subscribe to it.
 *
 * Emails don't come from it but from the home Region, where each address confirms one
 * subscription, and where EventBridge turns an alarm into readable text.
 */
export class AlarmTopic extends Construct {
  /** The topic. */
  readonly topic: Topic;

  constructor(scope: Construct, id: string, props: AlarmTopicProps) {
    super(scope, id);
    const names = new DeploymentNames(props.name);
    // CloudWatch can't use the AWS managed key of SNS.
    const key = new Key(this, 'Key', {
      description: 'stagecert: encrypts alarms',
      enableKeyRotation: true,
      // It encrypts only messages in transit, so nothing is lost with it.
      removalPolicy: RemovalPolicy.DESTROY,
    });
    this.topic = new Topic(this, 'Topic', {
      topicName: names.alarmTopic,
      displayName: props.name,
      masterKey: key,
      enforceSSL: true,
    });
    allowAlarms(this.topic, key, [names.alarm('*')], props.organizationId);
  }
}

/** Allows alarms to notify an encrypted topic. Their names may contain `*`. */
export function allowAlarms(topic: ITopic, key: Key, names: readonly string[], organizationId?: string): void {
  const account = organizationId === undefined ? Aws.ACCOUNT_ID : '*';
  const arns = names.map((name) => `arn:${Aws.PARTITION}:cloudwatch:${Aws.REGION}:${account}:alarm:${name}`);
  const statement = (actions: string[], resource: string) =>
    new PolicyStatement({
      sid: 'AlarmsNotify',
      principals: [new ServicePrincipal('cloudwatch.amazonaws.com')],
      actions,
      resources: [resource],
      conditions: {
        StringEquals:
          organizationId === undefined
            ? { 'aws:SourceAccount': Aws.ACCOUNT_ID }
            : { 'aws:SourceOrgID': organizationId },
        ArnLike: { 'aws:SourceArn': arns.length === 1 ? arns[0] : arns },
      },
    });
  key.addToResourcePolicy(statement(['kms:Decrypt', 'kms:GenerateDataKey*'], '*'));
  topic.addToResourcePolicy(statement(['sns:Publish'], topic.topicArn));
}
