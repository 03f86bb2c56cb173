import { Duration, RemovalPolicy, Validations } from 'aws-cdk-lib';
import { type IRole, PolicyDocument, type PolicyStatement, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import {
  ApplicationLogLevel,
  type Code,
  Function as LambdaFunction,
  LoggingFormat,
  Runtime,
  SystemLogLevel,
} from 'aws-cdk-lib/aws-lambda';
import { LogGroup, type RetentionDays } from 'aws-cdk-lib/aws-logs';
import type { Queue } from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import { ARCHITECTURES, type ArchitectureName } from './evaluator-code';
import { FailedEvents, keepFailedEvents } from './failed-events';
import { explainStatements, writeLogs } from './permissions';

/** The function's name: one a Region and account. */
export const FUNCTION_NAME = 'stagecert-evaluator';

/** provided.al2023's certificates in one file; without, each start reads a directory of them. */
const TRUSTED_CERTIFICATES = '/etc/pki/tls/certs/ca-bundle.crt';

/** Where the function logs. */
export const LOG_GROUP_NAME = `/aws/lambda/${FUNCTION_NAME}`;

/** How the function runs. */
export interface EvaluatorSettings {
  /** The processor that the code is built for. */
  readonly architecture: ArchitectureName;

  /** Memory in MB. */
  readonly memoryMegabytes: number;

  /** How long one invocation may take. A sweep that owes more exports than fit puts what it has, and the next goes on. */
  readonly timeoutSeconds: number;

  /**
   * How many run at once. Each asks API Gateway at most three times a second, and API Gateway gives the account ten, its
   * own deployments included.
   *
   * @default - not limited
   */
  readonly reservedConcurrency?: number | undefined;

  /** How long log lines are kept. */
  readonly logRetention: RetentionDays;
}

/** Properties of an {@link EvaluatorFunction}. */
export interface EvaluatorFunctionProps extends EvaluatorSettings {
  /** A zip with the program `bootstrap`. */
  readonly code: Code;

  /** What the function's own role may do beside logging. */
  readonly statements: readonly PolicyStatement[];

  /**
   * A role that exists already.
   *
   * @default - a new one, with `statements`
   */
  readonly role?: IRole;
}

/** The Lambda function that AWS Config invokes. */
export class EvaluatorFunction extends Construct {
  /** The function. */
  readonly lambda: LambdaFunction;

  /** Its role. */
  readonly role: IRole;

  /** Where the events are that it failed at. */
  readonly failedEvents: Queue;

  constructor(scope: Construct, id: string, props: EvaluatorFunctionProps) {
    super(scope, id);
    const logGroup = new LogGroup(this, 'Logs', {
      logGroupName: LOG_GROUP_NAME,
      retention: props.logRetention,
      removalPolicy: RemovalPolicy.DESTROY,
    });
    this.failedEvents = new FailedEvents(this, 'FailedEvents').queue;
    this.role = props.role ?? this.newRole(props.statements, logGroup);
    this.lambda = new LambdaFunction(this, 'Function', {
      functionName: FUNCTION_NAME,
      description: 'stagecert: judges API Gateway stages by their client certificates, for AWS Config',
      runtime: Runtime.PROVIDED_AL2023,
      architecture: ARCHITECTURES[props.architecture],
      handler: 'bootstrap',
      code: props.code,
      // Its policy is whole: CDK would add another one for the queue.
      role: this.role instanceof Role ? this.role.withoutPolicyUpdates() : this.role,
      environment: { SSL_CERT_FILE: TRUSTED_CERTIFICATES },
      deadLetterQueue: this.failedEvents,
      memorySize: props.memoryMegabytes,
      timeout: Duration.seconds(props.timeoutSeconds),
      logGroup,
      loggingFormat: LoggingFormat.JSON,
      applicationLogLevelV2: ApplicationLogLevel.INFO,
      systemLogLevelV2: SystemLogLevel.WARN,
      ...(props.reservedConcurrency === undefined ? {} : { reservedConcurrentExecutions: props.reservedConcurrency }),
    });
    this.acknowledge(logGroup, props.reservedConcurrency === undefined);
  }

  private newRole(evaluation: readonly PolicyStatement[], logGroup: LogGroup): Role {
    const statements = [
      ...evaluation,
      writeLogs([logGroup.logGroupArn]),
      keepFailedEvents([this.failedEvents.queueArn]),
    ];
    const role = new Role(this, 'Role', {
      description: 'stagecert: what the function may read, and PutEvaluations',
      assumedBy: new ServicePrincipal('lambda.amazonaws.com'),
      inlinePolicies: { Evaluation: new PolicyDocument({ statements }) },
    });
    explainStatements(role, statements);
    return role;
  }

  private acknowledge(logGroup: LogGroup, unlimited: boolean): void {
    Validations.of(logGroup).acknowledge({
      id: 'NIST.800.53.R5-CloudWatchLogGroupEncrypted',
      reason: 'No token, credential or tag value is ever logged; CloudWatch Logs encrypts with its own key.',
    });
    Validations.of(this.lambda).acknowledge({
      id: 'NIST.800.53.R5-LambdaInsideVPC',
      reason: 'It talks to AWS APIs alone; a VPC would need five interface endpoints in every account and Region.',
    });
    if (unlimited) {
      Validations.of(this.lambda).acknowledge({
        id: 'NIST.800.53.R5-LambdaConcurrency',
        reason: 'Left open by configuration: accounts with a concurrency quota of 10 cannot reserve any.',
      });
    }
  }
}
