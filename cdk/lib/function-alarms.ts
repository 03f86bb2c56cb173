import { Aws, Duration } from 'aws-cdk-lib';
import { Alarm, ComparisonOperator, TreatMissingData } from 'aws-cdk-lib/aws-cloudwatch';
import { SnsAction } from 'aws-cdk-lib/aws-cloudwatch-actions';
import { PolicyStatement, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { Key } from 'aws-cdk-lib/aws-kms';
import type { IFunction } from 'aws-cdk-lib/aws-lambda';
import { Topic } from 'aws-cdk-lib/aws-sns';
import { EmailSubscription } from 'aws-cdk-lib/aws-sns-subscriptions';
import { Construct } from 'constructs';

/** Properties of {@link FunctionAlarms}. */
export interface FunctionAlarmsProps {
  readonly evaluator: IFunction;

  /** Who is told. SNS asks this address once to confirm, for each account and Region. */
  readonly email: string;
}

/** An e-mail when the function fails or is held back. A function that fails leaves results as they were, which looks like peace. */
export class FunctionAlarms extends Construct {
  constructor(scope: Construct, id: string, props: FunctionAlarmsProps) {
    super(scope, id);
    const alarmsOfThisAccount = {
      ArnLike: { 'aws:SourceArn': `arn:${Aws.PARTITION}:cloudwatch:${Aws.REGION}:${Aws.ACCOUNT_ID}:alarm:*` },
    };
    const cloudWatch = new ServicePrincipal('cloudwatch.amazonaws.com');
    // A key of its own: CloudWatch may not use the one that AWS manages for SNS.
    const key = new Key(this, 'Key', { description: 'stagecert: alerts', enableKeyRotation: true });
    key.addToResourcePolicy(
      new PolicyStatement({
        principals: [cloudWatch],
        actions: ['kms:Decrypt', 'kms:GenerateDataKey*'],
        resources: ['*'],
        conditions: alarmsOfThisAccount,
      }),
    );
    const topic = new Topic(this, 'Topic', { displayName: 'stagecert', masterKey: key, enforceSSL: true });
    topic.addToResourcePolicy(
      new PolicyStatement({
        principals: [cloudWatch],
        actions: ['sns:Publish'],
        resources: [topic.topicArn],
        conditions: alarmsOfThisAccount,
      }),
    );
    topic.addSubscription(new EmailSubscription(props.email));

    const period = Duration.minutes(5);
    const alarms = [
      new Alarm(this, 'Errors', {
        alarmDescription:
          'stagecert failed: results of AWS Config may be out of date. Its log says what could not be read.',
        metric: props.evaluator.metricErrors({ period }),
        threshold: 0,
        evaluationPeriods: 1,
        comparisonOperator: ComparisonOperator.GREATER_THAN_THRESHOLD,
        treatMissingData: TreatMissingData.NOT_BREACHING,
      }),
      new Alarm(this, 'Throttles', {
        alarmDescription: 'stagecert is held back for an hour: more events than its reserved concurrency takes.',
        metric: props.evaluator.metricThrottles({ period }),
        threshold: 0,
        evaluationPeriods: 12,
        comparisonOperator: ComparisonOperator.GREATER_THAN_THRESHOLD,
        treatMissingData: TreatMissingData.NOT_BREACHING,
      }),
    ];
    for (const alarm of alarms) {
      alarm.addAlarmAction(new SnsAction(topic));
    }
  }
}
