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
import { acknowledgeStatements, writeLogs } from './permissions';

/** The function's name. There is at most one such function per account and Region. */
export const FUNCTION_NAME = 'stagecert-evaluator';

/**
 * The CA bundle of provided.al2023. Without it, each cold start reads a whole directory of files.
 */
const CA_BUNDLE = '/etc/pki/tls/certs/ca-bundle.crt';

/** The log group that the function writes to. */
export const LOG_GROUP_NAME = `/aws/lambda/${FUNCTION_NAME}`;

/** The runtime settings of the function. */
export interface EvaluatorSettings {
  /** The processor architecture that the code is built for. */
  readonly architecture: ArchitectureName;

  /** The memory size in MB. */
  readonly memoryMegabytes: number;

  /**
   * The timeout of one invocation. A sweep that needs more exports than fit puts the results that
   * it has, and the next sweep continues.
   */
  readonly timeoutSeconds: number;

  /**
   * The reserved concurrency. Each process makes up to three API Gateway calls per second, and the
   * account's limit is ten per second, deployments included.
   *
   * @default - no reserved concurrency
   */
  readonly reservedConcurrency?: number | undefined;

  /** The retention of the log group. */
  readonly logRetention: RetentionDays;
}

/** Properties of an {@link EvaluatorFunction}. */
export interface EvaluatorFunctionProps extends EvaluatorSettings {
  /** A zip file that contains the executable `bootstrap`. */
  readonly code: Code;

  /** What the function's own role allows in addition to logging. */
  readonly statements: readonly PolicyStatement[];

  /**
   * An existing role.
   *
   * @default - a new role with `statements`
   */
  readonly role?: IRole;
}

/** The Lambda function that AWS Config invokes. */
export class EvaluatorFunction extends Construct {
  /** The function. */
  readonly lambda: LambdaFunction;

  /** The function's role. */
  readonly role: IRole;

  /** The queue of events that the function could not process. */
  readonly failedEvents: Queue;

  constructor(scope: Construct, id: string, props: EvaluatorFunctionProps) {
    super(scope, id);
    const logGroup = new LogGroup(this, 'Logs', {
      logGroupName: LOG_GROUP_NAME,
      retention: props.logRetention,
      removalPolicy: RemovalPolicy.DESTROY,
    });
    this.failedEvents = new FailedEvents(this, 'FailedEvents').queue;
    this.role = props.role ?? this.createRole(props.statements, logGroup);
    this.lambda = new LambdaFunction(this, 'Function', {
      functionName: FUNCTION_NAME,
      description: 'stagecert: evaluates the client certificates of API Gateway stages for AWS Config',
      runtime: Runtime.PROVIDED_AL2023,
      architecture: ARCHITECTURES[props.architecture],
      handler: 'bootstrap',
      code: props.code,
      // The policy is complete. Without this, CDK would add a second policy for the queue.
      role: this.role instanceof Role ? this.role.withoutPolicyUpdates() : this.role,
      environment: { SSL_CERT_FILE: CA_BUNDLE },
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

  private createRole(evaluationStatements: readonly PolicyStatement[], logGroup: LogGroup): Role {
    const statements = [
      ...evaluationStatements,
      writeLogs([logGroup.logGroupArn]),
      keepFailedEvents([this.failedEvents.queueArn]),
    ];
    const role = new Role(this, 'Role', {
      description: 'stagecert: reads stages and certificates, and puts evaluations',
      assumedBy: new ServicePrincipal('lambda.amazonaws.com'),
      inlinePolicies: { Evaluation: new PolicyDocument({ statements }) },
    });
    acknowledgeStatements(role, statements);
    return role;
  }

  private acknowledge(logGroup: LogGroup, withoutReservation: boolean): void {
    Validations.of(logGroup).acknowledge({
      id: 'NIST.800.53.R5-CloudWatchLogGroupEncrypted',
      reason: 'No tokens, credentials or tag values are logged. CloudWatch Logs encrypts the data with its own key.',
    });
    Validations.of(this.lambda).acknowledge({
      id: 'NIST.800.53.R5-LambdaInsideVPC',
      reason: 'The function calls only AWS APIs. A VPC would need five interface endpoints per account and Region.',
    });
    if (withoutReservation) {
      Validations.of(this.lambda).acknowledge({
        id: 'NIST.800.53.R5-LambdaConcurrency',
        reason: 'Not reserved by configuration: accounts with a concurrency quota of 10 cannot reserve any.',
      });
    }
  }
}
