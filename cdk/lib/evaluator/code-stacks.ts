import { CfnOutput, Stack, type StackProps, Validations } from 'aws-cdk-lib';
import { Code } from 'aws-cdk-lib/aws-lambda';
import { Bucket } from 'aws-cdk-lib/aws-s3';
import { Asset } from 'aws-cdk-lib/aws-s3-assets';
import { StringParameter } from 'aws-cdk-lib/aws-ssm';
import type { Construct } from 'constructs';
import { DeploymentNames } from '../names';
import { CodeBucket, type CodeBucketProps } from './code-bucket';

/** Properties of a {@link CodeBucketStack}. */
export interface CodeBucketStackProps extends StackProps, CodeBucketProps {}

/** The stack with the code bucket of one Region. */
export class CodeBucketStack extends Stack {
  constructor(scope: Construct, id: string, props: CodeBucketStackProps) {
    super(scope, id, { description: 'stagecert: bucket for the function code', ...props });
    const { bucket } = new CodeBucket(this, 'Code', props);
    new CfnOutput(this, 'CodeBucketName', {
      value: bucket.bucketName,
      description: 'The bucket for the function code, readable only within the organization',
    });
  }
}

/** Returns the function's code from a bucket in the function's own Region. */
export function codeFromBucket(stack: Construct, bucketName: string, key: string): Code {
  Validations.of(stack).acknowledge({
    id: 'Annotation::@aws-cdk/aws-lambda:codeFromBucketObjectVersionNotSpecified',
    reason: 'The key is a hash of the code, so that each version of the code has its own key.',
  });
  return Code.fromBucketV2(Bucket.fromBucketName(stack, 'Code', bucketName), key);
}

/** Properties of a {@link CodeStack}. */
export interface CodeStackProps extends StackProps {
  /** The deployment's name. */
  readonly name: string;

  /** The directory that contains `bootstrap`, or a zip file. */
  readonly path: string;
}

/**
 * Publishes the function's code to the code bucket of one Region.
 *
 * Its synthesizer uses this bucket instead of the bootstrap bucket, which other accounts can't
 * read.
 */
export class CodeStack extends Stack {
  /** The object key, which is the same in each Region. */
  readonly key: string;

  constructor(scope: Construct, id: string, props: CodeStackProps) {
    super(scope, id, { description: 'stagecert: publishes the function code', ...props });
    const asset = new Asset(this, 'Code', { path: props.path });
    this.key = asset.s3ObjectKey;
    new StringParameter(this, 'Key', {
      parameterName: new DeploymentNames(props.name).codeKeyParameter,
      description: 'The object key of the function code that was last deployed',
      stringValue: this.key,
    });
  }
}
