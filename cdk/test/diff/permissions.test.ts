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
const invoke = (principal: string): TemplateResource => ({
  Type: 'AWS::Lambda::Permission',
  Properties: { Action: 'lambda:InvokeFunction', FunctionName: 'evaluator', Principal: principal },
});

test.each<[string, TemplateResource | undefined, TemplateResource | undefined, string]>([
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
