import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { FRONT_DOOR_CONFIGURATIONS, resolved, type TemplateObject, templatesOf } from './fixtures';

const read = (path: string) => readFileSync(join(__dirname, '../..', path), 'utf8');
const text = read('examples/organization/protect-stagecert-scp.json');

interface Statement {
  readonly Sid: string;
  readonly Effect: string;
  readonly Action: string[];
  readonly Resource: string | string[];
  readonly Condition?: { ArnNotLike: { 'aws:PrincipalArn': string[] } };
}
const statements: Statement[] = JSON.parse(text).Statement;

/** The template that a StackSet deploys to each account. */
const [account] = Object.entries(templatesOf(FRONT_DOOR_CONFIGURATIONS['stack-set, front door'] ?? {})).flatMap(
  ([name, template]): TemplateObject[] => (name.startsWith('stagecert-accounts >') ? [template] : []),
);
const resources = Object.values(account?.Resources ?? {});

/** The ARN of each kind of resource that has a fixed name. */
const ARNS: Readonly<Record<string, (name: string) => string>> = {
  'AWS::Events::Rule': (name) => `arn:aws:events:eu-west-1:111122223333:rule/${name}`,
  'AWS::Lambda::Function': (name) => `arn:aws:lambda:eu-west-1:111122223333:function:${name}`,
  'AWS::Logs::LogGroup': (name) => `arn:aws:logs:eu-west-1:111122223333:log-group:${name}`,
  'AWS::SQS::Queue': (name) => `arn:aws:sqs:eu-west-1:111122223333:${name}`,
  'AWS::SSM::Document': (name) => `arn:aws:ssm:eu-west-1:111122223333:document/${name}`,
  'AWS::Scheduler::Schedule': (name) => `arn:aws:scheduler:eu-west-1:111122223333:schedule/default/${name}`,
};
const NAMES = ['FunctionName', 'LogGroupName', 'QueueName', 'Name'];

const matches = (pattern: string, value: string) =>
  new RegExp(`^${pattern.replaceAll(/[.+^${}()|[\]\\?]/g, '\\$&').replaceAll('*', '.*')}$`).test(value);
const denies = (statement: Statement, action: string, arn: string) =>
  statement.Action.some((pattern) => matches(pattern, action)) &&
  [statement.Resource].flat().some((pattern) => matches(pattern, arn));

test('the service control policy is within its limit and denies only', () => {
  expect(text.length).toBeLessThan(5120);
  expect(statements.map(({ Effect }) => Effect)).toEqual(statements.map(() => 'Deny'));
});

test('the service control policy protects every named resource of an account', () => {
  const named = resources.filter(({ Type }) => Type in ARNS);
  expect(new Set(named.map(({ Type }) => Type))).toEqual(new Set(Object.keys(ARNS)));
  for (const { Type, Properties } of named) {
    const name = NAMES.map((key) => Properties[key]).find((value) => value !== undefined);
    expect(name, Type).toBeDefined();
    const arn = ARNS[Type]?.(String(name)) ?? '';
    expect(
      statements.some(({ Resource }) => Resource !== '*' && [Resource].flat().some((pattern) => matches(pattern, arn))),
      arn,
    ).toBe(true);
  }
});

test.each([
  ['config:DeleteConfigRule', 'arn:aws:config:eu-west-1:111122223333:config-rule/config-rule-abcdef'],
  ['lambda:UpdateFunctionCode', 'arn:aws:lambda:eu-west-1:111122223333:function:stagecert-evaluator'],
  ['lambda:PutFunctionConcurrency', 'arn:aws:lambda:eu-west-1:111122223333:function:stagecert-evaluator'],
  ['iam:PutRolePolicy', 'arn:aws:iam::111122223333:role/StackSet-stagecert-0123-EvaluatorRole4FBCA8FE-AbCd'],
  ['iam:PutRolePolicy', 'arn:aws:iam::111122223333:role/security/stagecert-member'],
  ['iam:PutRolePolicy', 'arn:aws:iam::111122223333:role/security/StackSet-stagecert-canary-0123-EvaluatorRole-AbCd'],
  ['events:PutTargets', 'arn:aws:events:eu-west-1:222222222222:rule/stagecert/stagecert-alerts-TopicsNotify-AbCd'],
  ['events:DisableRule', 'arn:aws:events:eu-west-1:111122223333:rule/stagecert-changes'],
  ['cloudformation:DeleteStack', 'arn:aws:cloudformation:eu-west-1:111122223333:stack/StackSet-stagecert-0123/4567'],
  ['ssm:UpdateDocument', 'arn:aws:ssm:eu-west-1:111122223333:document/stagecert-start-rotation'],
  ['ssm:UpdateDocumentDefaultVersion', 'arn:aws:ssm:eu-west-1:111122223333:document/stagecert-start-rotation'],
  ['config:PutRemediationConfigurations', 'arn:aws:config:eu-west-1:111122223333:config-rule/config-rule-abcdef'],
])('the service control policy denies %s to others than CloudFormation', (action, arn) => {
  const statement = statements.find((it) => denies(it, action, arn));
  const exempt = statement?.Condition?.ArnNotLike['aws:PrincipalArn'] ?? [];
  const isExempt = (principal: string) => exempt.some((pattern) => matches(pattern, principal));
  expect(isExempt('arn:aws:iam::111122223333:role/stacksets-exec-0123456789abcdef')).toBe(true);
  expect(isExempt('arn:aws:iam::222222222222:role/cdk-hnb659fds-cfn-exec-role-222222222222-eu-west-1')).toBe(true);
  expect(isExempt('arn:aws:iam::111122223333:role/cdk-hnb659fds-cfn-exec-role-111122223333-eu-west-1')).toBe(false);
  expect(isExempt('arn:aws:iam::111122223333:role/Administrator')).toBe(false);
});

test.each([
  ['iam:PutRolePolicy', 'arn:aws:iam::111122223333:role/data-engineer'],
  ['iam:DeleteRole', 'arn:aws:iam::111122223333:role/security/StackSet-data-0123-Role-AbCd'],
  ['lambda:UpdateFunctionCode', 'arn:aws:lambda:eu-west-1:111122223333:function:a-evaluator-of-others'],
  ['logs:DeleteLogGroup', 'arn:aws:logs:eu-west-1:111122223333:log-group:/aws/lambda/a-evaluator-of-others'],
  ['events:PutRule', 'arn:aws:events:eu-west-1:111122223333:rule/apache'],
  ['events:PutRule', 'arn:aws:events:eu-west-1:111122223333:rule/default-a/changes'],
  ['events:DeleteEventBus', 'arn:aws:events:eu-west-1:111122223333:event-bus/apache'],
  ['cloudformation:DeleteStack', 'arn:aws:cloudformation:eu-west-1:111122223333:stack/StackSet-apache-0123/4567'],
  ['sqs:DeleteQueue', 'arn:aws:sqs:eu-west-1:111122223333:data-queue'],
  ['ssm:DeleteDocument', 'arn:aws:ssm:eu-west-1:111122223333:document/start-rotation'],
])('with a short name, the service control policy leaves %s of others alone: %s', (action, arn) => {
  const { Statement: named }: { Statement: Statement[] } = JSON.parse(
    text.replaceAll('stagecert-', 'a-').replaceAll('stagecert"', 'a"').replaceAll('stagecert/', 'a/'),
  );
  expect(JSON.stringify(named)).not.toContain('stagecert');
  expect(
    named
      .filter(({ Condition }) => Condition)
      .filter((it) => denies(it, action, arn))
      .map(({ Sid }) => Sid),
  ).toEqual([]);
});

test('no one can create a role with the name of an exempt one', () => {
  const arn = 'arn:aws:iam::111122223333:role/stacksets-exec-mine';
  for (const action of ['iam:CreateRole', 'iam:UpdateAssumeRolePolicy', 'iam:AttachRolePolicy']) {
    expect(
      statements.some((it) => it.Condition === undefined && denies(it, action, arn)),
      action,
    ).toBe(true);
  }
});

test('the service control policy denies nothing that a role of the account needs at run time', () => {
  const roles = resources.filter(({ Type }) => Type === 'AWS::IAM::Role');
  const needed = roles.flatMap(({ Properties }) =>
    Properties.Policies.flatMap(({ PolicyDocument }: { PolicyDocument: { Statement: never[] } }) =>
      PolicyDocument.Statement.flatMap(({ Action, Resource }: { Action: string | string[]; Resource: unknown }) =>
        [Action].flat().flatMap((action) => [Resource].flat().map((resource) => [action, resolvedArn(resource)])),
      ),
    ),
  ) as [string, string][];
  expect(needed.length).toBeGreaterThan(20);
  for (const [action, arn] of needed) {
    expect(
      statements.filter((it) => denies(it, action, arn)).map(({ Sid }) => Sid),
      `${action} ${arn}`,
    ).toEqual([]);
  }
});

/** The ARN of a resource of the template, as far as the policy's patterns look at it. */
function resolvedArn(resource: unknown): string {
  const [id] = (resource as { 'Fn::GetAtt'?: [string] })['Fn::GetAtt'] ?? [];
  const referred = id === undefined ? undefined : account?.Resources[id];
  if (referred === undefined) {
    return resolved(resource);
  }
  const name = NAMES.map((key) => referred.Properties[key]).find((value) => value !== undefined);
  return ARNS[referred.Type]?.(String(name)) ?? '';
}

test('docs/guardrails.md lists every type of resource of an account', () => {
  const page = read('docs/guardrails.md');
  const types = new Set(resources.map(({ Type }) => Type));
  expect([...types].filter((type) => !page.includes(`\`${type}\``))).toEqual([]);
});
