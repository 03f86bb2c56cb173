import { CfnOutput, Duration, Stack, Validations } from 'aws-cdk-lib';
import { Metric, Stats } from 'aws-cdk-lib/aws-cloudwatch';
import type { ITable } from 'aws-cdk-lib/aws-dynamodb';
import { PolicyDocument, PolicyStatement, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import {
  ApplicationLogLevel,
  type Code,
  EventSourceMapping,
  Function as LambdaFunction,
  LoggingFormat,
  Runtime,
  SystemLogLevel,
} from 'aws-cdk-lib/aws-lambda';
import { FilterPattern, type LogGroup, MetricFilter } from 'aws-cdk-lib/aws-logs';
import type { ITopic } from 'aws-cdk-lib/aws-sns';
import type { IQueue } from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import { ARCHITECTURES, type ArchitectureName } from '../evaluator/evaluator-code';
import { commonEnvironment } from '../evaluator/evaluator-function';
import { addLogGroup, type LogSettings } from '../evaluator/log-group';
import { acknowledgeStatements, writeLogs } from '../evaluator/permissions';
import { DeploymentNames } from '../names';
import { VERSION } from '../version';
import { MAILER_TIMEOUT } from './email-queue';

/** The settings of the mailer. */
export interface MailerSettings extends LogSettings {
  /** Returns the code of the function for a stack: an asset belongs to one stack. */
  readonly code: (scope: Construct) => Code;

  /** The processor architecture that the code is built for. */
  readonly architecture: ArchitectureName;

  /**
   * The account whose functions may send events about other accounts.
   *
   * @default - each account sends events about itself only
   */
  readonly functionAccount?: string | undefined;
}

/** Properties of a {@link MailerFunction}. */
export interface MailerFunctionProps extends MailerSettings {
  /** The deployment's name. */
  readonly name: string;

  /** The URL in every email. */
  readonly runbook?: string | undefined;

  /** The queue from which the function receives its messages. */
  readonly queue: IQueue;
  readonly table: ITable;

  /** The topics of all recipients. */
  readonly topics: readonly ITopic[];

  /** The key of the topics that the deployment creates. */
  readonly key?: IKey | undefined;
}

/** The number of messages that the function receives at most at once: that of a FIFO queue. */
const BATCH_SIZE = 10;

/** The function that sends the emails about stages and certificates. */
export class MailerFunction extends Construct {
  /** The function. */
  readonly lambda: LambdaFunction;
  private readonly logGroup: LogGroup;
  private readonly names: DeploymentNames;

  constructor(scope: Construct, id: string, props: MailerFunctionProps) {
    super(scope, id);
    const names = new DeploymentNames(props.name);
    const logGroup = addLogGroup(this, names.mailerLogGroup, props);
    this.names = names;
    this.logGroup = logGroup;
    const role = this.createRole(props, logGroup);
    this.lambda = new LambdaFunction(this, 'Function', {
      functionName: names.mailer,
      description: `stagecert ${VERSION}: sends emails about API Gateway stages and their client certificates`,
      runtime: Runtime.PROVIDED_AL2023,
      architecture: ARCHITECTURES[props.architecture],
      handler: 'bootstrap',
      code: props.code(Stack.of(this)),
      role: role.withoutPolicyUpdates(),
      environment: {
        ...commonEnvironment(props.name),
        STAGECERT_EMAILS_TABLE: props.table.tableName,
        ...(props.functionAccount === undefined ? {} : { STAGECERT_FUNCTION_ACCOUNT: props.functionAccount }),
        ...(props.runbook === undefined ? {} : { STAGECERT_RUNBOOK: props.runbook }),
      },
      memorySize: 256,
      timeout: MAILER_TIMEOUT,
      logGroup,
      loggingFormat: LoggingFormat.JSON,
      applicationLogLevelV2: ApplicationLogLevel.INFO,
      systemLogLevelV2: SystemLogLevel.WARN,
    });
    // The mapping checks the role's permissions when it is created.
    new EventSourceMapping(this, 'Messages', {
      target: this.lambda,
      eventSourceArn: props.queue.queueArn,
      batchSize: BATCH_SIZE,
    }).node.addDependency(role);
    Validations.of(this.lambda).acknowledge(
      {
        id: 'NIST.800.53.R5-LambdaInsideVPC',
        reason: 'The function calls only AWS APIs. A VPC would need three interface endpoints.',
      },
      {
        id: 'NIST.800.53.R5-LambdaConcurrency',
        reason: 'Its queue limits the concurrency: one invocation per recipient at a time.',
      },
      {
        id: 'NIST.800.53.R5-LambdaDLQ',
        reason: 'Its queue has a dead-letter queue; nothing invokes the function asynchronously.',
      },
    );
    new CfnOutput(Stack.of(this), 'MailerRoleArn', {
      value: role.roleArn,
      description: 'The role of the mailer, which your own topics and their keys must allow',
    });
  }

  /**
   * Returns the number of invocations that logged an error. An invocation succeeds if a topic
   * refuses an email: the others must not wait for it.
   */
  errorLines(): Metric {
    const [metricNamespace, metricName] = [this.names.deployment, 'MailerErrorLines'];
    new MetricFilter(this, 'ErrorLines', {
      logGroup: this.logGroup,
      filterPattern: FilterPattern.stringValue('$.level', '=', 'ERROR'),
      metricNamespace,
      metricName,
    });
    return new Metric({ namespace: metricNamespace, metricName, period: Duration.minutes(5), statistic: Stats.SUM });
  }

  private createRole(props: MailerFunctionProps, logGroup: LogGroup): Role {
    const statement = (sid: string, actions: string[], resources: string[]) =>
      new PolicyStatement({ sid, actions, resources });
    const topics = [...new Set(props.topics.map(({ topicArn }) => topicArn))];
    const statements = [
      statement(
        'ReceiveMessages',
        ['sqs:DeleteMessage', 'sqs:GetQueueAttributes', 'sqs:ReceiveMessage'],
        [props.queue.queueArn],
      ),
      statement('KeepEmails', ['dynamodb:DeleteItem', 'dynamodb:PutItem', 'dynamodb:Query'], [props.table.tableArn]),
      statement('SendEmails', ['sns:Publish'], topics),
      ...(props.key === undefined
        ? []
        : [statement('EncryptEmails', ['kms:Decrypt', 'kms:GenerateDataKey'], [props.key.keyArn])]),
      writeLogs([logGroup.logGroupArn]),
    ];
    const role = new Role(this, 'Role', {
      description: 'stagecert: sends emails',
      assumedBy: new ServicePrincipal('lambda.amazonaws.com'),
      inlinePolicies: { Emails: new PolicyDocument({ statements }) },
    });
    acknowledgeStatements(role, statements);
    return role;
  }
}
