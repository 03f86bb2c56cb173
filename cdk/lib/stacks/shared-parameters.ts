import { isNot, type Json, onlyIf } from './placeholders';
import type { TemplateParameter } from './template-parameters';

/** The location of the code. */
export const CODE_PARAMETERS = {
  CodeBucketPrefix: {
    description: 'The buckets of the code are named after this and the Region: PREFIX-eu-west-1',
    allowedPattern: '[a-z0-9][a-z0-9.-]{1,45}',
    constraintDescription: "must be the beginning of a bucket's name",
  },
  CodeKey: {
    description: 'The object key of the zip file, which must change with each version',
    allowedPattern: '.+',
    maxLength: 1024,
    constraintDescription: 'must be an object key',
  },
} satisfies Record<string, TemplateParameter>;

/** The bucket of the code in the stack's own Region. */
export const CODE_BUCKET: Json = { 'Fn::Join': ['-', [{ Ref: 'CodeBucketPrefix' }, { Ref: 'AWS::Region' }]] };

/** Returns a condition `HasNAME` for each parameter that may be empty. */
export function optionalConditions(parameters: Readonly<Record<string, TemplateParameter>>): Record<string, Json> {
  return Object.fromEntries(
    Object.entries(parameters)
      .filter(([, parameter]) => parameter.default === '')
      .map(([name]) => [`Has${name}`, isNot(name, '')]),
  );
}

/** Sets the properties of a log group that are whole parameters. */
export function setLogGroupProperties(properties: Record<string, Json>): void {
  properties.RetentionInDays = { Ref: 'LogRetentionDays' };
  properties.KmsKeyId = onlyIf('HasLogKmsKey', {
    'Fn::Join': ['', [partOfKey(0), { Ref: 'AWS::Region' }, partOfKey(1)]],
  });
}

/** Sets the properties of a role that are whole parameters. */
export function setRoleProperties(properties: Record<string, Json>): void {
  properties.Path = { Ref: 'RolePath' };
  properties.PermissionsBoundary = onlyIf('HasPermissionsBoundary', {
    'Fn::Join': [
      '',
      [
        'arn:',
        { Ref: 'AWS::Partition' },
        ':iam::',
        { Ref: 'AWS::AccountId' },
        ':policy/',
        { Ref: 'PermissionsBoundary' },
      ],
    ],
  });
}

/** Returns what precedes (0) or follows (1) `REGION` in the ARN of the log group's key. */
const partOfKey = (index: 0 | 1): Json => ({
  'Fn::Select': [index, { 'Fn::Split': ['REGION', { Ref: 'LogKmsKey' }] }],
});
