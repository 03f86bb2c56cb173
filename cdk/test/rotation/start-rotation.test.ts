import { describe, expect, test } from 'vitest';
import { WITHOUT_REMEDIATION } from '../../lib/rotation/start-rotation';
import { Deliveries, UNCHANGED } from '../events/deliveries';
import { PYTHON } from '../events/matches';
import { newCertificate } from '../events/samples';
import { CONFIGURATIONS, type Resource, resolved, resources, type TemplateObject, templatesOf } from '../fixtures';
import { roleOf } from './executions';

const WITH_ROTATION = Object.entries(CONFIGURATIONS).filter(([, value]) => 'rotation' in value);

/** Returns the types of the resources, with the ids that only one of two templates has. */
function difference(one: TemplateObject, other: TemplateObject): { added: string[]; changed: string[] } {
  const added = Object.keys(one.Resources).filter((id) => !(id in other.Resources));
  const changed = Object.entries(other.Resources).filter(
    ([id, resource]) => JSON.stringify(one.Resources[id]) !== JSON.stringify(resource),
  );
  const type = (id: string) => one.Resources[id]?.Type ?? '';
  return { added: added.map(type).sort(), changed: changed.map(([id]) => type(id)) };
}

test.each(WITH_ROTATION)('%s: the option adds resources, and changes only who publishes to the topics', (_, value) => {
  const [withOption, without] = [templatesOf(value), templatesOf({ ...value, rotation: 'none' })];
  expect(Object.keys(withOption)).toEqual(Object.keys(without));
  const types = new Set<string>();
  for (const [name, template] of Object.entries(withOption)) {
    const { added, changed } = difference(template, without[name] ?? template);
    if (name.endsWith('-alerts')) {
      expect(new Set(added), name).toEqual(new Set(['AWS::Events::Rule']));
      expect(changed, name).toEqual(['AWS::SNS::TopicPolicy']);
    } else if (added.length > 0) {
      expect(added, name).toEqual([
        'AWS::Config::RemediationConfiguration',
        'AWS::Events::Rule',
        'AWS::IAM::Role',
        'AWS::SSM::Document',
      ]);
      expect(changed, name).toEqual([]);
    } else {
      // A StackSet names the file of its template.
      expect(['', 'AWS::CloudFormation::StackSet'], name).toContain(changed.join());
    }
    added.forEach((type) => {
      types.add(type);
    });
  }
  expect(types.size).toBe(4);
});

test.each(Object.entries(CONFIGURATIONS))('%s: without the option, nothing changes', (_, value) => {
  const { rotation, ...rest } = value as { rotation?: string };
  expect(templatesOf({ ...rest, rotation: 'none' })).toEqual(templatesOf(rest));
  const text = JSON.stringify(templatesOf(rest));
  for (const trace of ['AWS::SSM::Document', 'RemediationConfiguration', 'ssm.amazonaws.com', 'Rotation Step']) {
    expect(text.includes(trace), trace).toBe(false);
  }
});

test.each(WITH_ROTATION)('%s: a person starts the document for a stage, and AWS Config never does', (_, value) => {
  const templates = Object.values(templatesOf(value)).filter((template) =>
    Object.values(template.Resources).some(({ Type }) => Type === 'AWS::SSM::Document'),
  );
  expect(templates.length).toBeGreaterThan(0);
  for (const { Resources, Conditions } of templates) {
    const found = Object.values(Resources).filter(({ Type }) => Type === 'AWS::Config::RemediationConfiguration');
    expect(found).toHaveLength(1);
    const { ConfigRuleName, TargetId, Parameters, ...rest } = found[0]?.Properties ?? {};
    expect(rest).toEqual({
      Automatic: false,
      TargetType: 'SSM_DOCUMENT',
      ExecutionControls: { SsmControls: { ConcurrentExecutionRatePercentage: 1, ErrorPercentage: 100 } },
    });
    const { Condition } = found[0] as unknown as { Condition: string };
    const regions = WITHOUT_REMEDIATION.map((region) => ({ 'Fn::Equals': [{ Ref: 'AWS::Region' }, region] }));
    expect(Conditions?.[Condition]).toEqual({ 'Fn::Not': [{ 'Fn::Or': regions }] });
    expect(Resources[ConfigRuleName.Ref]?.Properties.ConfigRuleName).toBe('stagecert-certificate-expiry');
    expect(Resources[TargetId.Ref]?.Type).toBe('AWS::SSM::Document');
    const { AutomationAssumeRole, StageArn, ...others } = Parameters;
    expect(others).toEqual({});
    expect(StageArn).toEqual({ ResourceValue: { Value: 'RESOURCE_ID' } });
    const [role] = AutomationAssumeRole.StaticValue.Values[0]['Fn::GetAtt'];
    expect(Resources[role]?.Properties.Description).toContain('when a person starts a rotation');
    expect(Object.keys(Resources[TargetId.Ref]?.Properties.Content.parameters)).toEqual(Object.keys(Parameters));
  }
});

test('with one rule for all checks, the document is the remediation of that rule', () => {
  const value = {
    deploymentMode: 'account',
    targets: { regions: ['eu-west-1'] },
    rule: { parameters: { ownerTagKeys: ['team'] } },
    alerts: { email: 'security@example.com' },
    rotation: 'automation',
  };
  const [remediation] = resources(value, 'AWS::Config::RemediationConfiguration');
  const template = templatesOf(value)['stagecert-eu-west-1'];
  expect(template?.Resources[remediation?.Properties.ConfigRuleName.Ref]?.Properties.ConfigRuleName).toBe(
    'stagecert-api-client-certificates',
  );
  const [document] = resources(value, 'AWS::SSM::Document');
  expect(document?.Properties.Content.mainSteps[0].inputs.InputPayload.ownerTagKeys).toEqual(['team']);
});

interface Statement {
  readonly Action: string | string[];
  readonly Resource: unknown;
}

const statementsOf = ({ Properties }: Resource): Statement[] =>
  (Properties.Policies ?? []).flatMap(
    ({ PolicyDocument }: { PolicyDocument: { Statement: Statement[] } }) => PolicyDocument.Statement,
  );

test('no role may change a stage or delete a certificate: API Gateway calls that PATCH and DELETE', () => {
  const writes = new Set<string>();
  let roles = 0;
  for (const value of Object.values(CONFIGURATIONS)) {
    for (const role of resources(value, 'AWS::IAM::Role')) {
      roles += 1;
      for (const { Action, Resource: on } of statementsOf(role)) {
        for (const action of [Action].flat()) {
          expect(action).not.toMatch(/^apigateway:(PATCH|DELETE|\*)|^\*/);
          if (action.startsWith('apigateway:') && action !== 'apigateway:GET') {
            [on].flat().forEach((arn) => {
              writes.add(`${action} ${resolved(arn)}`);
            });
          }
        }
      }
    }
  }
  expect(roles).toBeGreaterThan(30);
  // Generating a certificate, and tagging it. Only the document does that.
  expect([...writes].sort()).toEqual([
    'apigateway:POST arn:aws:apigateway:eu-west-1::/clientcertificates',
    'apigateway:PUT arn:aws:apigateway:eu-west-1::/tags/arn%3Aaws%3Aapigateway%3Aeu-west-1%3A%3A%2Fclientcertificates%2F*',
  ]);
});

test('only executions of documents in the account and Region can assume the role', () => {
  const [trust] = roleOf()?.Properties.AssumeRolePolicyDocument.Statement ?? [];
  expect(trust).toMatchObject({
    Effect: 'Allow',
    Action: 'sts:AssumeRole',
    Principal: { Service: 'ssm.amazonaws.com' },
  });
  const { StringEquals, ArnLike, ...others } = trust.Condition;
  expect(others).toEqual({});
  expect(StringEquals).toEqual({ 'aws:SourceAccount': { Ref: 'AWS::AccountId' } });
  expect(resolved(ArnLike['aws:SourceArn'])).toBe('arn:aws:ssm:eu-west-1:111122223333:automation-execution/*');
});

describe.runIf(PYTHON)('the event with the new certificate', () => {
  const MODES = { 'account, full': 'stagecert-eu-west-1', 'stack-set, full': 'stagecert-accounts > template' };
  const deliveries = Object.entries(MODES).map(([name, stack]) => {
    const buses = { stagecert: 'stagecert-alerts' };
    return { name, stack, of: new Deliveries(CONFIGURATIONS[name] ?? {}, buses) };
  });

  test.each(deliveries)('$name: reaches `email` and the owner once each, not through the mailer', ({ stack, of }) => {
    const recipients = (owner: string) =>
      of
        .of(newCertificate(owner), stack)
        .filter(({ text }) => text !== UNCHANGED)
        .map(({ to, group }) => [to, group]);
    expect(recipients('PayMents')).toEqual([
      ['email:security@example.com', undefined],
      ['email:payments@example.com', undefined],
    ]);
    expect(recipients('')).toEqual([['email:security@example.com', undefined]]);
  });

  test.each(deliveries)(
    '$name: is ignored if another deployment sent it, or without a certificate',
    ({ stack, of }) => {
      expect(of.of(newCertificate('payments', 'other'), stack)).toEqual([]);
      // The events of `stagecert rotate` have none.
      const event = newCertificate('payments');
      const { pem, ...detail } = event.detail;
      expect(of.of({ ...event, detail }, stack)).toEqual([]);
      expect(of.of({ ...event, detail: { ...event.detail, step: 'switch' } }, stack)).toEqual([]);
    },
  );

  test('the email has the certificate and the next command', () => {
    const [delivery] = deliveries[0]?.of.of(newCertificate('payments'), 'stagecert-eu-west-1') ?? [];
    const lines = (delivery?.text ?? '').split('\n');
    expect(lines.every((line) => /^".*"$/.test(line))).toBe(true);
    const contents = lines.map((line) => line.slice(1, -1));
    const from = contents.indexOf('-----BEGIN CERTIFICATE-----');
    const pem = contents.slice(from, contents.indexOf('-----END CERTIFICATE-----') + 1);
    expect(pem.join('\n')).toBe(newCertificate('').detail.pem);
    expect(delivery?.text).toMatchSnapshot();
  });
});
