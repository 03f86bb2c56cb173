import { Aws, Duration, Validations } from 'aws-cdk-lib';
import { type IRole, PolicyDocument, type PolicyStatement, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import {
  ApplicationLogLevel,
  CfnEventInvokeConfig,
  type Code,
  Function as LambdaFunction,
  LoggingFormat,
  Runtime,
  SystemLogLevel,
} from 'aws-cdk-lib/aws-lambda';
import type { LogGroup } from 'aws-cdk-lib/aws-logs';
import type { Queue } from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import { DeploymentNames } from '../names';
import { VERSION } from '../version';
import { ARCHITECTURES, type ArchitectureName } from './evaluator-code';
import { FailedEvents, keepFailedEvents } from './failed-events';
import { addLogGroup, type LogSettings } from './log-group';
import { acknowledgeStatements, defaultBusArn, writeLogs } from './permissions';

/**
 * The CA bundle of provided.al2023. Without it, each cold start reads a whole directory of files.
 */
const CA_BUNDLE = '/etc/pki/tls/certs/ca-bundle.crt';

/** The runtime settings of the function. */
export interface EvaluatorSettings extends LogSettings {
  /** The deployment's name. */
  readonly name: string;

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
   * The reserved concurrency. Each process makes up to `apiGatewayCallsPerSecond` (3 by default)
   * API Gateway calls per second, and the account's limit is ten per second, deployments included.
   *
   * @default - no reserved concurrency
   */
  readonly reservedConcurrency?: number | undefined;

  /**
   * Whether a change may export what is deployed on a stage. Without a reserved concurrency it must
   * not: many changes at the same time would use up the account's API Gateway calls.
   *
   * @default - only with a reserved concurrency
   */
  readonly changeExports?: boolean | undefined;

  /**
   * Which metrics the function writes.
   *
   * @default full
   */
  readonly metrics?: 'full' | 'few' | 'none' | undefined;
}

/** Properties of an {@link EvaluatorFunction}. */
export interface EvaluatorFunctionProps extends EvaluatorSettings {
  /** A zip file that contains the executable `bootstrap`. */
  readonly code: Code;

  /** What the function's own role allows in addition to logging. */
  readonly statements: readonly PolicyStatement[];

  /**
   * Whether Lambda also sends an event to the default bus for each event that the function gives up
   * on. The function's role must allow it.
   */
  readonly reportsFailures: boolean;

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
    const names = new DeploymentNames(props.name);
    const logGroup = addLogGroup(this, names.logGroup, props);
    this.failedEvents = new FailedEvents(this, 'FailedEvents', { queueName: names.failedEvents }).queue;
    this.role = props.role ?? this.createRole(props.statements, logGroup);
    this.lambda = new LambdaFunction(this, 'Function', {
      functionName: names.function,
      description: `stagecert ${VERSION}: evaluates the client certificates of API Gateway stages for AWS Config`,
      runtime: Runtime.PROVIDED_AL2023,
      architecture: ARCHITECTURES[props.architecture],
      handler: 'bootstrap',
      code: props.code,
      // The policy is complete. Without this, CDK would add a second policy for the queue.
      role: this.role instanceof Role ? this.role.withoutPolicyUpdates() : this.role,
      environment: environment(props),
      deadLetterQueue: this.failedEvents,
      memorySize: props.memoryMegabytes,
      timeout: Duration.seconds(props.timeoutSeconds),
      logGroup,
      loggingFormat: LoggingFormat.JSON,
      applicationLogLevelV2: ApplicationLogLevel.INFO,
      systemLogLevelV2: SystemLogLevel.WARN,
      ...(props.reservedConcurrency === undefined ? {} : { reservedConcurrentExecutions: props.reservedConcurrency }),
    });
    if (props.reportsFailures) {
      new CfnEventInvokeConfig(this, 'OnFailure', {
        functionName: this.lambda.functionName,
        qualifier: '$LATEST',
        destinationConfig: { onFailure: { destination: defaultBusArn(Aws.REGION) } },
      });
    }
    this.acknowledge(props);
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

  private acknowledge(props: EvaluatorFunctionProps): void {
    Validations.of(this.lambda).acknowledge({
      id: 'NIST.800.53.R5-LambdaInsideVPC',
      reason: 'The function calls only AWS APIs. A VPC would need five interface endpoints per account and Region.',
    });
    if (props.reservedConcurrency === undefined) {
      Validations.of(this.lambda).acknowledge({
        id: 'NIST.800.53.R5-LambdaConcurrency',
        reason: 'Not reserved by configuration: accounts with a concurrency quota of 10 cannot reserve any.',
      });
    }
  }
}

/** Returns whether a change may export what is deployed on a stage. */
export function changeExports(settings: Pick<EvaluatorSettings, 'changeExports' | 'reservedConcurrency'>): boolean {
  return settings.changeExports ?? settings.reservedConcurrency !== undefined;
}

/** Returns the environment variables of each function of a deployment. */
export const commonEnvironment = (name: string): Record<string, string> => ({
  SSL_CERT_FILE: CA_BUNDLE,
  STAGECERT_NAME: name,
  STAGECERT_VERSION: VERSION,
});

/** Returns the function's environment variables; docs/operations.md describes them. */
function environment(props: EvaluatorSettings): Record<string, string> {
  return {
    ...commonEnvironment(props.name),
    STAGECERT_CHANGE_EXPORTS: changeExports(props) ? 'on' : 'off',
    STAGECERT_METRICS: props.metrics ?? 'full',
  };
}
