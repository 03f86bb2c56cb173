import { RetentionDays } from 'aws-cdk-lib/aws-logs';
import { z } from 'zod';
import { ARCHITECTURES, type ArchitectureName } from '../evaluator/evaluator-code';
import { integer, text } from '../rule/schemas';

const RETENTIONS = Object.values(RetentionDays).filter((days): days is RetentionDays => typeof days === 'number');

const reservation = z.union([integer(1, 1000), z.literal('none')], {
  error: 'allowed: a whole number from 1 to 1000, or none',
});
const codeBucket = z.strictObject({
  bucket: text(
    /^(?![.-])(?:[a-z0-9.-]|REGION){3,63}(?<![.-])$/,
    'the name of a bucket; REGION in it is replaced with the Region of each function',
  ),
  key: z.string().min(1).max(1024).describe('The object key of the zip file, which must change with each version'),
});

/** The schema of the function's settings. */
export const FunctionSettings = z.strictObject({
  architecture: z.enum(Object.keys(ARCHITECTURES) as [ArchitectureName, ...ArchitectureName[]]).default('arm64'),
  memoryMegabytes: integer(128, 10240).default(128),
  timeoutSeconds: integer(30, 900).default(900),
  reservedConcurrency: z
    .union(
      [
        integer(1, 1000),
        z.literal('none'),
        z.record(text(/^(default|ou-[0-9a-z-]+)$/, 'default, or an organizational unit (ou-…)'), reservation),
      ],
      { error: 'allowed: a whole number from 1 to 1000, none, or one of these for default and none for units (ou-…)' },
    )
    .optional()
    .describe(
      'The reserved concurrency, or none; or a map with `default` and, for organizational units, `none`. ' +
        'Default: 1 for a function in each account, 10 for a central function',
    ),
  logRetentionDays: z
    .literal(RETENTIONS as unknown as number[], { error: `allowed: ${RETENTIONS.join(', ')}` })
    .default(RetentionDays.ONE_YEAR),
  logKmsKey: text(
    /^arn:aws[a-z-]*:kms:(REGION|[a-z0-9-]+):[0-9]{12}:key\/[a-zA-Z0-9-]+$/,
    'the ARN of a key (arn:aws:kms:REGION:ACCOUNT:key/ID); REGION is replaced with the Region of each log group',
  )
    .optional()
    .describe('The KMS key that encrypts the log groups. CloudWatch Logs must be allowed to use it'),
  code: z
    .union([z.string().min(1), codeBucket], {
      error: 'allowed: a directory, a zip file, or {bucket, key} of a zip file that you have published',
    })
    .optional()
    .describe('The directory that contains `bootstrap`, or a zip file, relative to this file; or {bucket, key}'),
});

/** The schema of the settings of all roles. */
export const RoleSettings = z.strictObject({
  // IAM accepts more characters, but the path is part of ARNs, in which `*` and `:` mean something.
  path: text(/^\/([\w+=,.@-]+\/)*$/, 'a path of letters, digits and +=,.@_- between slashes, such as /security/')
    .max(512, { error: 'allowed: at most 512 characters' })
    .default('/')
    .describe('The path of all roles'),
  permissionsBoundary: text(
    /^(arn:aws[a-z-]*:iam::(aws|[0-9]{12}):policy\/[\w+=,.@/-]+|[\w+=,.@/-]+)$/,
    "a policy's ARN, or its path and name, which must exist in every account",
  )
    .optional()
    .describe('The permissions boundary of all roles: the ARN of a policy, or its path and name in each account'),
});
