import { expect, test } from 'vitest';
import { evaluationStatements, WITHOUT_RESOURCE_TYPES, wildcardReason } from '../../lib/evaluator/permissions';
import type { RuleParameters } from '../../lib/rule/rule-parameters';
import { CONFIGURATIONS, type Resource, templatesOf } from '../fixtures';

interface Statement {
  readonly Sid?: string;
  readonly Effect: string;
  readonly Action: string | string[];
  readonly Resource?: unknown;
  readonly Principal?: unknown;
  readonly Condition?: object;
}

const listOf = <T>(value: T | T[] | undefined): T[] =>
  value === undefined ? [] : Array.isArray(value) ? value : [value];

/** Returns an ARN as readable text, with `Fn::Join` and `Ref` resolved. */
function text(value: unknown): string {
  if (typeof value === 'string') return value;
  const [[name, argument]] = Object.entries(value as Record<string, unknown>) as [[string, unknown]];
  if (name === 'Fn::Join') return ((argument as [string, unknown[]])[1] ?? []).map(text).join('');
  if (name === 'Fn::GetAtt') return `\${${(argument as string[]).join('.')}}`;
  return `\${${argument}}`;
}

/** Returns all policy statements of a role or policy resource. */
function granted(resource: Resource): Statement[] {
  const documents =
    resource.Type === 'AWS::IAM::Policy'
      ? [resource.Properties.PolicyDocument]
      : resource.Type === 'AWS::IAM::Role'
        ? listOf<{ PolicyDocument: object }>(resource.Properties.Policies).map((policy) => policy.PolicyDocument)
        : [];
  return documents.flatMap((document) => listOf<Statement>((document as { Statement: Statement[] }).Statement));
}

const all = Object.entries(CONFIGURATIONS).flatMap(([name, value]) =>
  Object.entries(templatesOf(value)).flatMap(([stack, template]) =>
    Object.values(template.Resources).map((resource) => ({ name, stack, resource })),
  ),
);

test('statements list individual actions, and every wildcard in a resource has a reason', () => {
  const lines = new Set<string>();
  for (const { name, stack, resource } of all) {
    for (const statement of granted(resource)) {
      for (const action of listOf(statement.Action)) {
        expect(action, `${name}, ${stack}`).not.toContain('*');
        for (const arn of listOf(statement.Resource).map(text)) {
          if (arn === '*') {
            expect(Object.keys(WITHOUT_RESOURCE_TYPES), `${name}, ${stack}: ${action} on *`).toContain(action);
          } else if (arn.includes('*')) {
            expect(wildcardReason(arn), `${name}, ${stack}: ${action} on ${arn}`).toBeDefined();
          }
          lines.add(`${action} on ${arn}${statement.Condition ? ` if ${JSON.stringify(statement.Condition)}` : ''}`);
        }
      }
    }
  }
  expect([...lines].sort()).toMatchSnapshot();
});

test('no role has a managed policy, and only two roles have a fixed name', () => {
  for (const { name, resource } of all.filter(({ resource }) => resource.Type === 'AWS::IAM::Role')) {
    expect(resource.Properties.ManagedPolicyArns, name).toBeUndefined();
    expect(['stagecert-evaluator', 'stagecert-member', undefined]).toContain(resource.Properties.RoleName);
  }
});

test("roles trust only AWS services and the central function's role", () => {
  const trusts = new Set(
    all
      .filter(({ resource }) => resource.Type === 'AWS::IAM::Role')
      .flatMap(({ resource }) => listOf<Statement>(resource.Properties.AssumeRolePolicyDocument.Statement))
      .map((statement) => JSON.stringify({ by: statement.Principal, if: statement.Condition })),
  );
  expect([...trusts].sort()).toMatchSnapshot();
});

test('only AWS Config and the EventBridge rules of this app may invoke a function', () => {
  const permissions = all.filter(({ resource }) => resource.Type === 'AWS::Lambda::Permission');
  for (const { name, stack, resource } of permissions) {
    const { Action, Principal, SourceAccount, SourceArn } = resource.Properties;
    expect(Action, `${name}, ${stack}`).toBe('lambda:InvokeFunction');
    if (Principal === 'events.amazonaws.com') {
      // Limited by the rule's ARN: EventBridge can't invoke a function whose policy requires the
      // account.
      expect(text(SourceArn), `${name}, ${stack}`).toMatch(/^\$\{Alerts\w+Rule\w+\.Arn\}$/);
      expect(SourceAccount, `${name}, ${stack}`).toBeUndefined();
    } else {
      expect(Principal).toBe('config.amazonaws.com');
      const central = ['organization-rule', 'conformance-pack'].some((mode) => name.startsWith(mode));
      expect(SourceAccount !== undefined, `${name}, ${stack}`).toBe(!central);
    }
  }
  expect(permissions.length).toBeGreaterThan(8);
});

test('the resource policies of queues, topics, keys and buses', () => {
  const policies = all.flatMap(({ resource: { Type, Properties } }) => {
    const statements = {
      'AWS::SQS::QueuePolicy': () => Properties.PolicyDocument.Statement,
      'AWS::SNS::TopicPolicy': () => Properties.PolicyDocument.Statement,
      'AWS::KMS::Key': () => Properties.KeyPolicy.Statement,
      'AWS::Events::EventBusPolicy': () => [Properties.Statement],
    }[Type];
    return listOf<Statement>(statements?.() ?? []).map((statement) => {
      const who =
        typeof statement.Principal === 'string' ? statement.Principal : Object.values(statement.Principal ?? {});
      const by = listOf<unknown>(who as never)
        .map(text)
        .join(', ');
      const condition = statement.Condition ? ` if ${JSON.stringify(statement.Condition)}` : '';
      return `${Type}: ${statement.Effect} ${listOf(statement.Action).join(', ')} by ${by}${condition}`;
    });
  });
  expect([...new Set(policies)].sort()).toMatchSnapshot();
});

test('permissions depend on the selected checks', () => {
  const actions = (parameters: object) =>
    evaluationStatements(parameters).flatMap((statement) => listOf<string>(statement.toStatementJson().Action));
  const always = [
    'apigateway:GET',
    'config:BatchGetResourceConfig',
    'config:DescribeConfigRules',
    'config:DescribeConfigurationRecorderStatus',
    'config:GetComplianceDetailsByConfigRule',
    'config:GetResourceConfigHistory',
    'config:PutEvaluations',
    'config:SelectResourceConfig',
  ];
  const certificates = ['acm:DescribeCertificate'];
  for (const [parameters, more] of [
    [{}, [...certificates, 'tag:GetResources']],
    [{ checks: ['certificate-unique'] }, []],
    [{ checks: ['certificate-expiry'] }, certificates],
    [{ checks: ['owner-tag'], ownerTagOn: ['stage'] }, ['tag:GetResources']],
    [{ checks: ['owner-tag'] }, [...certificates, 'tag:GetResources']],
    [{ checks: ['certificate-unique'], exemptionTag: 'exempt' }, ['tag:GetResources']],
    // The function's own role reads the document: see readExemptions.
    [{ checks: ['certificate-unique'], exemptions: 's3://bucket/key' }, []],
  ] as const) {
    expect(actions(parameters).sort(), JSON.stringify(parameters)).toEqual([...always, ...more].sort());
  }
  const findings = ['securityhub:BatchImportFindings', 'securityhub:GetFindings'];
  expect(actions({ checks: ['certificate-unique'], securityHub: 'on' }).sort()).toEqual(
    [...always, ...findings].sort(),
  );
  expect(actions({ checks: ['certificate-unique'], securityHub: 'off' }).sort()).toEqual([...always].sort());
});

test.each(Object.entries(CONFIGURATIONS))(
  "%s: only the function's own role reads the exemption document, and only if there is one",
  (name, configuration) => {
    const { rule } = configuration as { rule?: { parameters?: RuleParameters; exemptionsKmsKey?: string } };
    const roles = all.filter((one) => one.name === name && one.resource.Type === 'AWS::IAM::Role');
    const readers = roles.map(({ resource }) => ({
      resource,
      statements: granted(resource).filter(({ Action }) =>
        listOf(Action).some((action) => action.startsWith('s3:') || action === 'kms:Decrypt'),
      ),
    }));
    const own = readers.filter(({ resource: { Properties } }) =>
      /^stagecert: .*, and (puts|writes)/.test(Properties.Description),
    );
    const others = readers.filter((reader) => !own.includes(reader));
    // The mailer decrypts with the key of its topics.
    expect(others.flatMap(({ statements }) => statements).filter(({ Sid }) => Sid?.includes('Exemptions'))).toEqual([]);
    expect(JSON.stringify(others)).not.toContain('s3:GetObject');
    expect(own.length).toBeGreaterThan(0);
    for (const { statements } of own) {
      const lines = statements.map(
        ({ Sid, Effect, Action, Resource, Condition }) =>
          `${Sid}: ${Effect} ${Action} on ${text(Resource)}${Condition ? ` if ${JSON.stringify(Condition)}` : ''}`,
      );
      const object = rule?.parameters?.exemptions?.replace('s3://', '');
      expect(lines).toEqual([
        ...(object ? [`ReadExemptions: Allow s3:GetObject on arn:\${AWS::Partition}:s3:::${object}`] : []),
        ...(rule?.exemptionsKmsKey
          ? [
              `DecryptExemptions: Allow kms:Decrypt on ${rule.exemptionsKmsKey} if ` +
                '{"StringLike":{"kms:ViaService":"s3.eu-central-1.*"}}',
            ]
          : []),
      ]);
    }
  },
);

test('each mode is tested with and without an exemption document', () => {
  const tested = Object.entries(CONFIGURATIONS).map(([name, configuration]) => {
    const { rule } = configuration as { rule?: { parameters?: RuleParameters } };
    return `${name.split(',')[0]}: ${rule?.parameters?.exemptions !== undefined}`;
  });
  const modes = ['stack-set', 'organization-rule', 'conformance-pack', 'account'];
  expect(tested).toEqual(expect.arrayContaining(modes.flatMap((mode) => [`${mode}: true`, `${mode}: false`])));
});

test('a function whose changes export nothing may read the result of one resource', () => {
  const reads = (parameters: object, changeExports?: boolean) =>
    evaluationStatements(parameters, ['eu-west-1'], false, changeExports)
      .flatMap((statement) => listOf<string>(statement.toStatementJson().Action))
      .includes('config:GetComplianceDetailsByResource');
  expect([reads({}), reads({}, true), reads({}, false)]).toEqual([false, false, true]);
  // No result of these checks depends on what is deployed.
  expect(reads({ checks: ['certificate-unique', 'owner-tag'] }, false)).toBe(false);
  expect(reads({ checks: ['certificate-attached'], appliesTo: 'all-stages' }, false)).toBe(false);

  const functions = all.filter(
    ({ resource: { Type, Properties } }) =>
      Type === 'AWS::Lambda::Function' && Properties.FunctionName === 'stagecert-evaluator',
  );
  const settings = functions.map(({ name, stack, resource }) => {
    const { Environment } = resource.Properties as { Environment: { Variables: Record<string, string> } };
    return { name, stack, exports: Environment.Variables.STAGECERT_CHANGE_EXPORTS };
  });
  expect(new Set(settings.map(({ exports }) => exports))).toEqual(new Set(['on', 'off']));
  for (const { name, stack, exports } of settings) {
    // A central function has these permissions in the member role, which is in another stack.
    const roles = all.filter((one) => one.name === name && (one.stack === stack || isMember(one.resource)));
    const actions = roles.flatMap(({ resource }) => granted(resource)).flatMap(({ Action }) => listOf(Action));
    expect(actions, `${name}, ${stack}`).toContain('config:PutEvaluations');
    const may = actions.includes('config:GetComplianceDetailsByResource');
    // Events are sent for what differs from the earlier result.
    const sendsEvents = 'alerts' in (CONFIGURATIONS[name] ?? {});
    expect(may, `${name}, ${stack}`).toBe(exports === 'off' || sendsEvents);
  }
});

function isMember({ Type, Properties }: Resource): boolean {
  return Type === 'AWS::IAM::Role' && String(Properties.RoleName).endsWith('-member');
}

test('alerts let the function send events, read earlier results and read owner tags', () => {
  const eventActions = (name: string) => {
    const actions = all
      .filter((one) => one.name === name)
      .flatMap(({ resource }) => granted(resource))
      .flatMap(({ Action }) => listOf(Action));
    const ofEvents = ['config:GetComplianceDetailsByResource', 'events:PutEvents', 'tag:GetResources'];
    return ofEvents.filter((action) => actions.includes(action));
  };
  // For the check owner-tag.
  expect(eventActions('organization-rule, minimal')).toEqual(['tag:GetResources']);
  for (const name of Object.keys(CONFIGURATIONS).filter((name) => 'alerts' in (CONFIGURATIONS[name] ?? {}))) {
    expect(eventActions(name), name).toEqual([
      'config:GetComplianceDetailsByResource',
      'events:PutEvents',
      'tag:GetResources',
    ]);
  }
  const [statement] = evaluationStatements({ checks: ['certificate-expiry'] }, ['eu-west-1'], true).filter(
    ({ sid }) => sid === 'ReadOwnerTags',
  );
  expect(statement?.actions).toEqual(['tag:GetResources']);
  const readsCertificates = (sendsEvents: boolean) =>
    evaluationStatements({ checks: ['owner-tag'], ownerTagOn: ['stage'] }, ['eu-west-1'], sendsEvents)
      .flatMap(({ resources }) => resources)
      .some((arn) => arn.endsWith('::/clientcertificates'));
  // The owner of an event can be the one of the certificate.
  expect([readsCertificates(false), readsCertificates(true)]).toEqual([false, true]);
});
