import { Aws, RemovalPolicy, Validations } from 'aws-cdk-lib';
import { Key } from 'aws-cdk-lib/aws-kms';
import { LogGroup, type RetentionDays } from 'aws-cdk-lib/aws-logs';
import type { Construct } from 'constructs';

/** The settings of the log group of a function. */
export interface LogSettings {
  /** The retention of the log group. */
  readonly logRetention: RetentionDays;

  /**
   * The ARN of the KMS key of the log group. `REGION` in it is replaced with the Region of the
   * stack.
   *
   * @default - the key of CloudWatch Logs
   */
  readonly logKmsKey?: string | undefined;
}

/** Adds the log group of a function. */
export function addLogGroup(scope: Construct, logGroupName: string, settings: LogSettings): LogGroup {
  const { logRetention, logKmsKey } = settings;
  const logGroup = new LogGroup(scope, 'Logs', {
    logGroupName,
    retention: logRetention,
    ...(logKmsKey === undefined
      ? {}
      : { encryptionKey: Key.fromKeyArn(scope, 'LogKey', logKmsKey.replace('REGION', Aws.REGION)) }),
    removalPolicy: RemovalPolicy.DESTROY,
  });
  if (logKmsKey === undefined) {
    Validations.of(logGroup).acknowledge({
      id: 'NIST.800.53.R5-CloudWatchLogGroupEncrypted',
      reason: 'No tokens, credentials or tag values are logged. CloudWatch Logs encrypts the data with its own key.',
    });
  }
  return logGroup;
}
