import { CfnOutput, Stack, type StackProps, Validations } from 'aws-cdk-lib';
import { Code } from 'aws-cdk-lib/aws-lambda';
import { Bucket } from 'aws-cdk-lib/aws-s3';
import { Asset } from 'aws-cdk-lib/aws-s3-assets';
import { StringParameter } from 'aws-cdk-lib/aws-ssm';
import type { Construct } from 'constructs';
import { CodeBucket, type CodeBucketProps } from './code-bucket';

/** Properties of a {@link CodeBucketStack}. */
export interface CodeBucketStackProps extends StackProps, CodeBucketProps {}

/** The code bucket of one Region. */
export class CodeBucketStack extends Stack {
  constructor(scope: Construct, id: string, props: CodeBucketStackProps) {
    super(scope, id, { description: 'stagecert: where accounts take the function from', ...props });
    const { bucket } = new CodeBucket(this, 'Code', props);
    new CfnOutput(this, 'CodeBucketName', {
      value: bucket.bucketName,
      description: 'Readable by the organization alone',
    });
  }
}

/** The function's code from an object of a bucket in the function's own Region. */
export function codeOf(stack: Construct, bucketName: string, key: string): Code {
  Validations.of(stack).acknowledge({
    id: 'Annotation::@aws-cdk/aws-lambda:codeFromBucketObjectVersionNotSpecified',
    reason: 'The key is the hash of the code: other code has another key.',
  });
  return Code.fromBucketV2(Bucket.fromBucketName(stack, 'Code', bucketName), key);
}

/** Properties of a {@link CodeStack}. */
export interface CodeStackProps extends StackProps {
  /** The directory that holds `bootstrap`. */
  readonly directory: string;
}

/**
 * Publishes the function's code to the code bucket of one Region: its synthesizer names that bucket in place of the one that
 * `cdk bootstrap` made, which no other account can read.
 */
export class CodeStack extends Stack {
  /** The object's key: the same in each Region. */
  readonly key: string;

  constructor(scope: Construct, id: string, props: CodeStackProps) {
    super(scope, id, { description: 'stagecert: which code accounts take', ...props });
    const asset = new Asset(this, 'Code', { path: props.directory });
    this.key = asset.s3ObjectKey;
    new StringParameter(this, 'Key', {
      parameterName: '/stagecert/code-key',
      description: 'The object of the code bucket that stagecert was last deployed from',
      stringValue: this.key,
    });
  }
}
