import { Duration, RemovalPolicy, Validations } from 'aws-cdk-lib';
import { Alarm, type AlarmProps, ComparisonOperator, Stats, TreatMissingData } from 'aws-cdk-lib/aws-cloudwatch';
import { SnsAction } from 'aws-cdk-lib/aws-cloudwatch-actions';
import { AttributeType, BillingMode, Table } from 'aws-cdk-lib/aws-dynamodb';
import { PolicyStatement } from 'aws-cdk-lib/aws-iam';
import type { ITopic } from 'aws-cdk-lib/aws-sns';
import type { IQueue } from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import { DeploymentNames } from '../names';
import { onArrivals } from './dead-letters';
import type { EmailQueue } from './email-queue';
import { MailerFunction, type MailerFunctionProps } from './mailer-function';
import { addSchedule, SCHEDULED_TIME } from './schedule';

/** The message group of the runs. */
const RUNS = 'runs';

/** The runs of the mailer: what they send, and when. */
const SCHEDULES = {
  urgent: { expression: 'rate(1 minute)', description: 'sends the emails that can not wait' },
  digest: { expression: 'cron(0 8 * * ? *)', description: 'sends the daily digests' },
} as const;

/** Properties of {@link Mailer}. */
export interface MailerProps extends Omit<MailerFunctionProps, 'queue' | 'table'> {
  readonly emails: EmailQueue;

  /** The queue of alerts and runs that EventBridge could not deliver. */
  readonly failedEmails: IQueue;
}

/**
 * Sends the emails about stages and certificates: urgent ones within about a minute, all others in
 * a daily digest.
 */
export class Mailer extends Construct {
  private readonly mailer: MailerFunction;

  constructor(
    scope: Construct,
    id: string,
    private readonly props: MailerProps,
  ) {
    super(scope, id);
    const { queue } = props.emails;
    const table = this.createTable();
    this.mailer = new MailerFunction(this, 'Mailer', { ...props, queue, table });
    for (const [run, { expression, description }] of Object.entries(SCHEDULES)) {
      addSchedule(new Construct(this, `Run-${run}`), {
        name: new DeploymentNames(props.name).emailSchedule(run),
        description: `stagecert: ${description}`,
        roleDescription: `stagecert: ${description}`,
        expression,
        targetArn: queue.queueArn,
        input: JSON.stringify({ run, time: SCHEDULED_TIME }),
        statement: new PolicyStatement({ actions: ['sqs:SendMessage'], resources: [queue.queueArn] }),
        failedEvents: props.failedEmails,
        messageGroupId: RUNS,
      });
    }
  }

  /**
   * Adds the alarms on emails that could not be sent. They notify the topic directly: the mailer
   * and the rules that turn other alarms into readable text are what may have failed.
   *
   * @returns the names of the alarms
   */
  addAlarms(topic: ITopic): string[] {
    const { emails, failedEmails } = this.props;
    const names = new DeploymentNames(this.props.name);
    const alarms: Record<string, Omit<AlarmProps, 'alarmName'>> = {
      'failed-emails': {
        alarmDescription: `EventBridge could not deliver an alert. The queue ${names.failedEmails} keeps it for 14 days.`,
        ...onArrivals(failedEmails),
      },
      'unsent-emails': {
        alarmDescription: `The mailer failed for a message for hours. The queue ${names.unsentEmails} keeps it for 14 days. The log group ${names.mailerLogGroup} shows the reason.`,
        // SQS emits NumberOfMessagesSent only for messages that someone sends, not for those that
        // it moves to a dead-letter queue itself. So this alarm ends when the queue is empty, and
        // the alarm on errors reports what the mailer fails for until then.
        metric: emails.unsent.metricApproximateNumberOfMessagesVisible({
          period: Duration.minutes(5),
          statistic: Stats.MAXIMUM,
        }),
        threshold: 0,
        evaluationPeriods: 1,
        comparisonOperator: ComparisonOperator.GREATER_THAN_THRESHOLD,
        treatMissingData: TreatMissingData.NOT_BREACHING,
      },
      'mailer-errors': {
        alarmDescription: `The mailer failed. It tries again, for more than three hours. The log group ${names.mailerLogGroup} shows the reason.`,
        metric: this.mailer.lambda.metricErrors({ period: Duration.minutes(5) }),
        threshold: 0,
        evaluationPeriods: 1,
        comparisonOperator: ComparisonOperator.GREATER_THAN_THRESHOLD,
        treatMissingData: TreatMissingData.NOT_BREACHING,
      },
      // Neither a disabled mapping nor a lack of concurrency is an error of the function.
      'waiting-emails': {
        alarmDescription: `Emails have been waiting for 15 minutes in the queue ${names.emails}: the mailer does not process them.`,
        metric: emails.queue.metricApproximateAgeOfOldestMessage({
          period: Duration.minutes(5),
          statistic: Stats.MAXIMUM,
        }),
        threshold: Duration.minutes(15).toSeconds(),
        evaluationPeriods: 1,
        comparisonOperator: ComparisonOperator.GREATER_THAN_THRESHOLD,
        treatMissingData: TreatMissingData.NOT_BREACHING,
      },
      'mailer-idle': {
        alarmDescription: `The mailer has not run for 15 minutes, although its schedule starts it every minute.`,
        metric: this.mailer.lambda.metricInvocations({ period: Duration.minutes(5) }),
        threshold: 1,
        evaluationPeriods: 3,
        comparisonOperator: ComparisonOperator.LESS_THAN_THRESHOLD,
        treatMissingData: TreatMissingData.BREACHING,
      },
      'refused-emails': {
        alarmDescription: `A topic refused an email. The mailer tries again every minute for 14 days. The log group ${names.mailerLogGroup} shows the reason.`,
        metric: this.mailer.errorLines(),
        threshold: 0,
        evaluationPeriods: 1,
        comparisonOperator: ComparisonOperator.GREATER_THAN_THRESHOLD,
        treatMissingData: TreatMissingData.NOT_BREACHING,
      },
    };
    return Object.entries(alarms).map(([suffix, settings]) => {
      const alarmName = names.alarm(suffix);
      new Alarm(this, suffix, { alarmName, ...settings }).addAlarmAction(new SnsAction(topic));
      return alarmName;
    });
  }

  /** Creates the table of emails that are not sent yet and of the ids of the last seven days. */
  private createTable(): Table {
    const table = new Table(this, 'Table', {
      tableName: new DeploymentNames(this.props.name).emailsTable,
      partitionKey: { name: 'pk', type: AttributeType.STRING },
      sortKey: { name: 'sk', type: AttributeType.STRING },
      timeToLiveAttribute: 'expires',
      billingMode: BillingMode.PAY_PER_REQUEST,
      removalPolicy: RemovalPolicy.DESTROY,
    });
    const reason = 'It contains only emails of the next digest and ids of the last seven days: a backup is outdated.';
    Validations.of(table).acknowledge(
      { id: 'AwsSolutions-DDB3', reason },
      { id: 'NIST.800.53.R5-DynamoDBPITREnabled', reason },
      { id: 'NIST.800.53.R5-DynamoDBInBackupPlan', reason },
    );
    return table;
  }
}
