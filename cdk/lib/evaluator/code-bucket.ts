import { Aws, RemovalPolicy, Validations } from 'aws-cdk-lib';
import { AnyPrincipal, Effect, PolicyStatement } from 'aws-cdk-lib/aws-iam';
import { BlockPublicAccess, Bucket, BucketEncryption } from 'aws-cdk-lib/aws-s3';
import { Construct } from 'constructs';
import { DeploymentNames } from '../names';

/** Properties of a {@link CodeBucket}. */
export interface CodeBucketProps {
  /** The deployment's name. */
  readonly name: string;

  /** The account that contains the bucket. */
  readonly administratorAccount: string;

  /** The organization whose accounts may read the bucket. */
  readonly organizationId: string;
}

/** The bucket from which the accounts of an organization load the function's code in one Region. */
export class CodeBucket extends Construct {
  /** The bucket. */
  readonly bucket: Bucket;

  constructor(scope: Construct, id: string, props: CodeBucketProps) {
    super(scope, id);
    this.bucket = new Bucket(this, 'Bucket', {
      bucketName: `${new DeploymentNames(props.name).codeBucketPrefix(props.administratorAccount)}-${Aws.REGION}`,
      encryption: BucketEncryption.S3_MANAGED,
      blockPublicAccess: BlockPublicAccess.BLOCK_ALL,
      enforceSSL: true,
      versioned: true,
      removalPolicy: RemovalPolicy.RETAIN,
    });
    this.bucket.addToResourcePolicy(
      new PolicyStatement({
        sid: 'OrganizationReads',
        effect: Effect.ALLOW,
        principals: [new AnyPrincipal()],
        actions: ['s3:GetObject'],
        resources: [this.bucket.arnForObjects('*')],
        conditions: { StringEquals: { 'aws:PrincipalOrgID': props.organizationId } },
      }),
    );
    this.bucket.addToResourcePolicy(
      new PolicyStatement({
        sid: 'CdkPublishes',
        // Any principal, limited to one role by a condition. With the account as principal, the
        // role's own policy would have to allow this too, but it covers only the bootstrap bucket.
        // With the role as principal, S3 would reject the policy if the role didn't exist.
        principals: [new AnyPrincipal()],
        actions: [
          's3:AbortMultipartUpload',
          's3:GetBucketLocation',
          's3:GetEncryptionConfiguration',
          's3:GetObject',
          's3:ListBucket',
          's3:PutObject',
        ],
        resources: [this.bucket.bucketArn, this.bucket.arnForObjects('*')],
        conditions: {
          StringEquals: { 'aws:PrincipalOrgID': props.organizationId },
          ArnLike: {
            'aws:PrincipalArn': `arn:${Aws.PARTITION}:iam::${Aws.ACCOUNT_ID}:role/cdk-*-file-publishing-role-${Aws.ACCOUNT_ID}-${Aws.REGION}`,
          },
        },
      }),
    );
    const reason = 'The bucket contains only an open-source executable. CloudTrail records access to it.';
    Validations.of(this.bucket).acknowledge(
      { id: 'AwsSolutions-S1', reason },
      { id: 'NIST.800.53.R5-S3BucketLoggingEnabled', reason },
      {
        id: 'NIST.800.53.R5-S3BucketReplicationEnabled',
        reason: 'Each Region has its own bucket with the same content.',
      },
      {
        id: 'NIST.800.53.R5-S3DefaultEncryptionKMS',
        reason: 'A customer managed key would have to be shared with every account.',
      },
    );
  }
}
