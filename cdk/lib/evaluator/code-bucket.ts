import { Aws, RemovalPolicy, Validations } from 'aws-cdk-lib';
import { AnyPrincipal, Effect, PolicyStatement } from 'aws-cdk-lib/aws-iam';
import { BlockPublicAccess, Bucket, BucketEncryption } from 'aws-cdk-lib/aws-s3';
import { Construct } from 'constructs';

/** The bucket's name up to the Region. Lambda reads code only from a bucket of its own Region. */
export function codeBucketPrefix(administratorAccount: string): string {
  return `stagecert-code-${administratorAccount}`;
}

/** Properties of a {@link CodeBucket}. */
export interface CodeBucketProps {
  /** The account that this is deployed to. */
  readonly administratorAccount: string;

  /** The organization whose accounts may read. */
  readonly organizationId: string;
}

/** Where the accounts of an organization take the function's code from, in one Region. */
export class CodeBucket extends Construct {
  /** The bucket. */
  readonly bucket: Bucket;

  constructor(scope: Construct, id: string, props: CodeBucketProps) {
    super(scope, id);
    this.bucket = new Bucket(this, 'Bucket', {
      bucketName: `${codeBucketPrefix(props.administratorAccount)}-${Aws.REGION}`,
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
        // Anybody, held to one role: with the account as principal it would take the role's own policy too, which gives the
        // bucket of `cdk bootstrap` alone. And the role by a condition, because S3 refuses a principal that does not exist.
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
    const reason = 'It holds one public open-source program; who reads it is in CloudTrail.';
    Validations.of(this.bucket).acknowledge(
      { id: 'AwsSolutions-S1', reason },
      { id: 'NIST.800.53.R5-S3BucketLoggingEnabled', reason },
      { id: 'NIST.800.53.R5-S3BucketReplicationEnabled', reason: 'There is one in each Region, from the same source.' },
      { id: 'NIST.800.53.R5-S3DefaultEncryptionKMS', reason: 'A key of ours would have to be opened to each account.' },
    );
  }
}
