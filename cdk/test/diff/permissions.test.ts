import { expect, test } from 'vitest';
import type { Template, TemplateResource } from '../../lib/diff/assembly';
import { compare } from '../../lib/diff/template-changes';

const TRUST = {
  Statement: [{ Effect: 'Allow', Action: 'sts:AssumeRole', Principal: { Service: 'lambda.amazonaws.com' } }],
};

function role(properties: object = {}): TemplateResource {
  return { Type: 'AWS::IAM::Role', Properties: { AssumeRolePolicyDocument: TRUST, ...properties } };
}

function inlinePolicy(...statements: object[]): TemplateResource {
  return role({ Policies: [{ PolicyName: 'Policy', PolicyDocument: { Statement: statements } }] });
}

const READ = { Effect: 'Allow', Action: 's3:GetObject', Resource: '*' };
const ONE_ACCOUNT = { ...READ, Condition: { StringEquals: { 'aws:ResourceAccount': '111111111111' } } };
const DENY = { Effect: 'Deny', Action: 's3:*', Resource: '*' };
const BOUNDARY = role({ PermissionsBoundary: 'arn:aws:iam::111111111111:policy/boundary' });
const busPolicy = (statement: object): TemplateResource => ({
  Type: 'AWS::Events::EventBusPolicy',
  Properties: { EventBusName: 'stagecert', StatementId: 'Organization', Statement: statement },
});
const PUT = { Effect: 'Allow', Action: 'events:PutEvents', Principal: '*', Resource: 'bus' };
const managedPolicy = (statement: object): TemplateResource => ({
  Type: 'AWS::IAM::ManagedPolicy',
  Properties: { PolicyDocument: { Statement: [statement] } },
});
const invoke = (principal: string, more: object = {}): TemplateResource => ({
  Type: 'AWS::Lambda::Permission',
  Properties: { Action: 'lambda:InvokeFunction', FunctionName: 'evaluator', Principal: principal, ...more },
});
const ALL_BUT_IAM = { Effect: 'Allow', NotAction: 'iam:*', Resource: '*' };
const DENY_ALL_BUT_S3 = { Effect: 'Deny', NotAction: 's3:*', Resource: '*' };
const resource = (type: string, properties: object): TemplateResource => ({
  Type: type,
  Properties: { ...properties },
});
const policyOf = (type: string, principal: string) =>
  resource(type, { PolicyDocument: { Statement: [{ ...PUT, Principal: principal }] }, Queues: ['q'], Topics: ['q'] });
const textPolicy = (principal: string) => ({
  'Fn::Sub': JSON.stringify({ Statement: [{ ...PUT, Principal: principal }] }),
});
const oldBusPolicy = (more: object = {}) =>
  resource('AWS::Events::EventBusPolicy', { StatementId: 'All', Action: 'events:PutEvents', Principal: '*', ...more });
const inCondition = (action: string) =>
  role({
    Policies: { 'Fn::If': ['Reserves', [{ PolicyDocument: { Statement: [{ ...READ, Action: action }] } }], []] },
  });
const NEVER: TemplateResource = { ...inlinePolicy(READ), Condition: 'Never' };
const ORGANIZATION = { Condition: { Key: 'aws:PrincipalOrgID', Type: 'StringEquals', Value: 'o-exampleorg1' } };

type Case = [string, TemplateResource | undefined, TemplateResource | undefined, string];

test.each<Case>([
  ['a new role', undefined, role(), 'widened'],
  ['a removed role', role(), undefined, 'narrowed'],
  ['a removed role with a boundary', BOUNDARY, undefined, 'narrowed'],
  ['an added action', role(), inlinePolicy(READ), 'widened'],
  ['an added condition is a new statement', inlinePolicy(READ), inlinePolicy(ONE_ACCOUNT), 'widened'],
  ['an added Deny', inlinePolicy(READ), inlinePolicy(READ, DENY), 'narrowed'],
  ['a removed Deny', inlinePolicy(READ, DENY), inlinePolicy(READ), 'widened'],
  ['an added managed policy', role(), role({ ManagedPolicyArns: ['arn:aws:iam::aws:policy/A'] }), 'widened'],
  ['an added permissions boundary', role(), BOUNDARY, 'narrowed'],
  ['a removed permissions boundary', BOUNDARY, role(), 'widened'],
  ['the policy of a bus', busPolicy(PUT), busPolicy({ ...PUT, Resource: '*' }), 'widened'],
  ['a removed policy of a bus', busPolicy(PUT), undefined, 'narrowed'],
  ['a managed policy without a role', managedPolicy(READ), managedPolicy({ ...READ, Action: 's3:*' }), 'widened'],
  ['who may invoke a function', invoke('config.amazonaws.com'), invoke('events.amazonaws.com'), 'widened'],
  ['an added NotAction', role(), inlinePolicy(ALL_BUT_IAM), 'widened'],
  ['a removed NotAction', inlinePolicy(ALL_BUT_IAM), role(), 'narrowed'],
  ['a removed Deny with NotAction', inlinePolicy(READ, DENY_ALL_BUT_S3), inlinePolicy(READ), 'widened'],
  ['an added Deny with NotAction', inlinePolicy(READ), inlinePolicy(READ, DENY_ALL_BUT_S3), 'narrowed'],
  ['NotResource', role(), inlinePolicy({ Effect: 'Allow', Action: 's3:*', NotResource: 'x' }), 'widened'],
  ['a removed condition', inlinePolicy(ONE_ACCOUNT), inlinePolicy(READ), 'widened'],
  ['a policy inside a condition', inCondition('s3:GetObject'), inCondition('s3:*'), 'widened'],
  ['a removed condition of a resource', NEVER, inlinePolicy(READ), 'widened'],
  ['another type', resource('AWS::SQS::Queue', {}), inlinePolicy(READ), 'widened'],
  ...['QueuePolicy', 'QueueInlinePolicy'].map(
    (type): Case => [
      `a queue's ${type}`,
      policyOf(`AWS::SQS::${type}`, 'arn:aws:iam::111111111111:root'),
      policyOf(`AWS::SQS::${type}`, '*'),
      'widened',
    ],
  ),
  [
    'the policy of a key',
    resource('AWS::KMS::Key', { KeyPolicy: { Statement: [ONE_ACCOUNT] } }),
    resource('AWS::KMS::Key', { KeyPolicy: { Statement: [READ] } }),
    'widened',
  ],
  [
    'a policy as text',
    resource('AWS::Logs::ResourcePolicy', { PolicyDocument: textPolicy('arn:aws:iam::111111111111:root') }),
    resource('AWS::Logs::ResourcePolicy', { PolicyDocument: textPolicy('*') }),
    'widened',
  ],
  [
    'a policy of a role',
    undefined,
    resource('AWS::IAM::RolePolicy', { PolicyDocument: { Statement: [READ] } }),
    'widened',
  ],
  ['an old policy of a bus', undefined, oldBusPolicy(), 'widened'],
  ['the condition of an old policy of a bus', oldBusPolicy(ORGANIZATION), oldBusPolicy(), 'widened'],
  ...['PrincipalOrgID', 'SourceAccount', 'SourceArn', 'EventSourceToken'].map(
    (name): Case => [`a removed ${name}`, invoke('*', { [name]: 'o-exampleorg1' }), invoke('*'), 'widened'],
  ),
  [
    'a removed SourceAccount next to a token',
    invoke('*', { SourceAccount: '111111111111', EventSourceToken: 'token' }),
    invoke('*', { EventSourceToken: 'token' }),
    'widened',
  ],
  ['a removed permission of an account', invoke('*', { SourceAccount: '111111111111' }), undefined, 'narrowed'],
  [
    'another role of a function',
    resource('AWS::Lambda::Function', { Role: 'arn:aws:iam::111111111111:role/one' }),
    resource('AWS::Lambda::Function', { Role: 'arn:aws:iam::111111111111:role/other' }),
    'widened',
  ],
  [
    'another role of a target',
    resource('AWS::Events::Rule', { Targets: [{ Arn: 'bus', RoleArn: 'arn:aws:iam::111111111111:role/one' }] }),
    resource('AWS::Events::Rule', { Targets: [{ Arn: 'bus', RoleArn: 'arn:aws:iam::111111111111:role/other' }] }),
    'widened',
  ],
  ['a public URL', undefined, resource('AWS::Lambda::Url', { AuthType: 'NONE' }), 'widened'],
  [
    'a bucket that may be public',
    resource('AWS::S3::Bucket', { PublicAccessBlockConfiguration: { BlockPublicPolicy: true } }),
    resource('AWS::S3::Bucket', {}),
    'widened',
  ],
  [
    'the order of actions',
    inlinePolicy({ ...READ, Action: ['s3:GetObject', 's3:PutObject'] }),
    inlinePolicy({ ...READ, Action: ['s3:PutObject', 's3:GetObject'] }),
    'unchanged',
  ],
  ['a property that is no permission', role(), role({ Description: 'changed' }), 'unchanged'],
])('%s', (_, before, after, expected) => {
  const template = (resource: TemplateResource | undefined): Template =>
    resource === undefined ? {} : { Resources: { Resource: resource } };
  const { permissions } = compare(template(before), template(after));
  expect(permissions.change).toBe(expected);
  expect(permissions.widening.length > 0).toBe(expected === 'widened');
});

test('a line names the action, the resource, the principal and the condition', () => {
  const before = { Resources: { Role: role() } };
  const { permissions } = compare(before, { Resources: { Role: inlinePolicy(ONE_ACCOUNT) } });
  expect(permissions.widening).toEqual([
    `+ Allow s3:GetObject on * for AWS:\${Role} if "StringEquals": { "aws:ResourceAccount": "111111111111" }`,
  ]);
});

test('characters that CloudFormation returns as question marks are no difference', () => {
  const described = (text: string) => ({ Resources: { Role: role({ Description: text }) } });
  expect(compare(described('a ? b'), described('a · b')).difference.differenceCount).toBe(0);
  expect(compare(described('a ? b'), described('a · c')).difference.differenceCount).toBe(1);
});
