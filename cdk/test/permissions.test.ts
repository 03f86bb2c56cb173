import { expect, test } from 'vitest';
import { evaluationStatements, explanation, WITHOUT_RESOURCE_TYPES } from '../lib/permissions';
import { CONFIGURATIONS, type Resource, templatesOf } from './fixtures';

interface Statement {
  readonly Sid?: string;
  readonly Effect: string;
  readonly Action: string | string[];
  readonly Resource?: unknown;
  readonly Principal?: unknown;
  readonly Condition?: object;
}

const several = <T>(value: T | T[] | undefined): T[] =>
  value === undefined ? [] : Array.isArray(value) ? value : [value];

/** An ARN as text, with `Fn::Join` and `Ref` resolved to something readable. */
function text(value: unknown): string {
  if (typeof value === 'string') return value;
  const [[name, argument]] = Object.entries(value as Record<string, unknown>) as [[string, unknown]];
  if (name === 'Fn::Join') return ((argument as [string, unknown[]])[1] ?? []).map(text).join('');
  if (name === 'Fn::GetAtt') return `\${${(argument as string[]).join('.')}}`;
  return `\${${argument}}`;
}

/** Every statement that gives a role something. */
function granted(resource: Resource): Statement[] {
  const documents =
    resource.Type === 'AWS::IAM::Policy'
      ? [resource.Properties.PolicyDocument]
      : resource.Type === 'AWS::IAM::Role'
        ? several<{ PolicyDocument: object }>(resource.Properties.Policies).map((policy) => policy.PolicyDocument)
        : [];
  return documents.flatMap((document) => several<Statement>((document as { Statement: Statement[] }).Statement));
}

const all = Object.entries(CONFIGURATIONS).flatMap(([name, value]) =>
  Object.entries(templatesOf(value)).flatMap(([stack, template]) =>
    Object.values(template.Resources).map((resource) => ({ name, stack, resource })),
  ),
);

test('each statement names its actions, and each wildcard in a resource is explained', () => {
  const lines = new Set<string>();
  for (const { name, stack, resource } of all) {
    for (const statement of granted(resource)) {
      for (const action of several(statement.Action)) {
        expect(action, `${name}, ${stack}`).not.toContain('*');
        for (const arn of several(statement.Resource).map(text)) {
          if (arn === '*') {
            expect(Object.keys(WITHOUT_RESOURCE_TYPES), `${name}, ${stack}: ${action} on *`).toContain(action);
          } else if (arn.includes('*')) {
            expect(explanation(arn), `${name}, ${stack}: ${action} on ${arn}`).toBeDefined();
          }
          lines.add(`${action} on ${arn}${statement.Condition ? ` if ${JSON.stringify(statement.Condition)}` : ''}`);
        }
      }
    }
  }
  expect([...lines].sort()).toMatchSnapshot();
});

test('no role has a managed policy, and no role but these two has a name', () => {
  for (const { name, resource } of all.filter(({ resource }) => resource.Type === 'AWS::IAM::Role')) {
    expect(resource.Properties.ManagedPolicyArns, name).toBeUndefined();
    expect(['stagecert-evaluator', 'stagecert-member', undefined]).toContain(resource.Properties.RoleName);
  }
});

test('roles are assumed by Lambda, or by the one role of the organization that has the central function', () => {
  const trusts = new Set(
    all
      .filter(({ resource }) => resource.Type === 'AWS::IAM::Role')
      .flatMap(({ resource }) => several<Statement>(resource.Properties.AssumeRolePolicyDocument.Statement))
      .map((statement) => JSON.stringify({ by: statement.Principal, if: statement.Condition })),
  );
  expect([...trusts].sort()).toMatchSnapshot();
});

test('AWS Config alone may invoke a function, with the account as condition wherever there is one', () => {
  const permissions = all.filter(({ resource }) => resource.Type === 'AWS::Lambda::Permission');
  for (const { name, stack, resource } of permissions) {
    expect(resource.Properties).toMatchObject({ Action: 'lambda:InvokeFunction', Principal: 'config.amazonaws.com' });
    const open = ['organization-rule, least', 'conformance-pack, least', 'conformance-pack, most'].includes(name);
    expect(resource.Properties.SourceAccount !== undefined, `${name}, ${stack}`).toBe(!open);
  }
  expect(permissions.length).toBeGreaterThan(8);
});

test('what is granted follows the checks', () => {
  const actions = (parameters: object) =>
    evaluationStatements(parameters).flatMap((statement) => several<string>(statement.toStatementJson().Action));
  const always = [
    'config:GetComplianceDetailsByConfigRule',
    'config:GetResourceConfigHistory',
    'config:PutEvaluations',
    'config:SelectResourceConfig',
  ];
  const unique = ['config:BatchGetResourceConfig'];
  const certificates = ['acm:DescribeCertificate', 'apigateway:GET'];
  for (const [parameters, more] of [
    [{}, [...unique, ...certificates, 'tag:GetResources']],
    [{ checks: ['certificate-unique'] }, unique],
    [{ checks: ['certificate-expiry'] }, certificates],
    [{ checks: ['owner-tag'], ownerTagOn: ['stage'] }, ['tag:GetResources']],
    [{ checks: ['owner-tag'] }, [...certificates, 'tag:GetResources']],
    [{ checks: ['certificate-unique'], inventory: 'apigateway' }, [...unique, 'apigateway:GET']],
  ] as const) {
    expect(actions(parameters).sort(), JSON.stringify(parameters)).toEqual([...always, ...more].sort());
  }
});
