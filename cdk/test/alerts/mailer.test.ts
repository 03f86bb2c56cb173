import { expect, test } from 'vitest';
import { ALERTS_PARAMETERS, alertsTemplate } from '../../lib/stacks/alerts-template';
import { appOf, CONFIGURATIONS, type Resource, resolved, type TemplateObject, templatesOf } from '../fixtures';

const EXISTING = 'arn:aws:sns:eu-west-1:222222222222:search-alerts';
const RUNBOOK = 'https://wiki.example.com/stagecert?page=1';

/** The configurations that send emails, with the resources of the stack that sends them. */
const stacks = Object.entries(CONFIGURATIONS).flatMap(([name, configuration]) => {
  const template = templatesOf(configuration)['stagecert-alerts'];
  return template === undefined ? [] : [[name, template] as const];
});

const ofType = (template: TemplateObject, type: string) =>
  Object.values(template.Resources).filter(({ Type }) => Type === type);
const one = (template: TemplateObject, type: string, property: string, value: unknown): Resource => {
  const found = ofType(template, type).filter(({ Properties }) => Properties[property] === value);
  expect(found, `${type} with ${property} ${value}`).toHaveLength(1);
  return found[0] as Resource;
};
const mailer = (template: TemplateObject) =>
  one(template, 'AWS::Lambda::Function', 'FunctionName', 'stagecert-mailer').Properties;

function alertsStack(configuration: object): TemplateObject {
  const template = templatesOf(configuration)['stagecert-alerts'];
  expect(template).toBeDefined();
  return template as TemplateObject;
}

test('every deployment mode that sends emails has a mailer', () => {
  expect(stacks.map(([name]) => name)).toEqual([
    'stack-set, full',
    'organization-rule, full',
    'conformance-pack, full',
    'account, full',
  ]);
});

test.each(stacks)('%s: the mailer is the function of the same zip, with its own settings', (name, template) => {
  const { Code, Architectures, Environment, ...properties } = mailer(template);
  expect(properties).toMatchObject({ Runtime: 'provided.al2023', Handler: 'bootstrap', Timeout: 60, MemorySize: 256 });
  expect(properties).not.toHaveProperty('ReservedConcurrentExecutions');
  const [evaluator] = Object.values(templatesOf(CONFIGURATIONS[name] ?? {}))
    .flatMap((other) => ofType(other, 'AWS::Lambda::Function'))
    .filter(({ Properties }) => Properties.FunctionName === 'stagecert-evaluator');
  expect(Code.S3Key).toBe(evaluator?.Properties.Code.S3Key);
  expect(Architectures).toEqual(evaluator?.Properties.Architectures);
  const { STAGECERT_EMAILS_TABLE: table, ...variables } = Environment.Variables;
  expect(variables).toEqual({
    SSL_CERT_FILE: evaluator?.Properties.Environment.Variables.SSL_CERT_FILE,
    STAGECERT_NAME: 'stagecert',
    STAGECERT_VERSION: '0.1.0',
    // Only central functions send events about other accounts.
    ...(name.startsWith('organization-rule') || name.startsWith('conformance-pack')
      ? { STAGECERT_FUNCTION_ACCOUNT: '222222222222' }
      : {}),
  });
  expect(template.Resources[table.Ref]?.Properties.TableName).toBe('stagecert-emails');
  one(template, 'AWS::Logs::LogGroup', 'LogGroupName', '/aws/lambda/stagecert-mailer');
});

test('the code of the mailer comes from the bucket of the code, where there is one', () => {
  const bucket = (template: TemplateObject) => resolved(mailer(template).Code.S3Bucket);
  const full = CONFIGURATIONS['stack-set, full'] ?? {};
  expect(bucket(alertsStack(full))).toBe('stagecert-code-222222222222-eu-west-1');
  for (const name of ['stack-set, full', 'organization-rule, full', 'account, full']) {
    const configuration = {
      ...CONFIGURATIONS[name],
      function: { code: { bucket: 'artifacts-REGION', key: 'v1.zip' } },
    };
    const template = alertsStack({ ...configuration, rollout: {} });
    expect([bucket(template), mailer(template).Code.S3Key]).toEqual(['artifacts-eu-west-1', 'v1.zip']);
  }
});

test.each(stacks)('%s: the queues keep the order of each recipient and every message for 14 days', (_, template) => {
  const queue = one(template, 'AWS::SQS::Queue', 'QueueName', 'stagecert-emails.fifo').Properties;
  const shared = { FifoQueue: true, MessageRetentionPeriod: 14 * 86_400, SqsManagedSseEnabled: true };
  expect(queue).toMatchObject({
    ...shared,
    ContentBasedDeduplication: true,
    DeduplicationScope: 'messageGroup',
    FifoThroughputLimit: 'perMessageGroupId',
    VisibilityTimeout: 2 * mailer(template).Timeout,
    RedrivePolicy: { maxReceiveCount: 100 },
  });
  const unsent = template.Resources[queue.RedrivePolicy.deadLetterTargetArn['Fn::GetAtt'][0]];
  expect(unsent?.Properties).toMatchObject({ ...shared, QueueName: 'stagecert-unsent-emails.fifo' });
  const [mapping] = ofType(template, 'AWS::Lambda::EventSourceMapping');
  expect(mapping?.Properties.BatchSize).toBe(10);
  expect(template.Resources[mapping?.Properties.EventSourceArn['Fn::GetAtt'][0]]?.Properties).toEqual(queue);
});

test.each(stacks)('%s: two schedules start the runs in one message group', (_, template) => {
  const runs = ofType(template, 'AWS::Scheduler::Schedule').map(({ Properties }) => {
    const { Input, SqsParameters, Arn } = Properties.Target;
    expect(template.Resources[Arn['Fn::GetAtt'][0]]?.Properties.QueueName).toBe('stagecert-emails.fifo');
    expect(Properties).not.toHaveProperty('ScheduleExpressionTimezone');
    expect(SqsParameters).toEqual({ MessageGroupId: 'runs' });
    return [Properties.ScheduleExpression, JSON.parse(Input)];
  });
  const time = '<aws.scheduler.scheduled-time>';
  expect(runs).toEqual([
    ['rate(1 minute)', { run: 'urgent', time }],
    ['cron(0 8 * * ? *)', { run: 'digest', time }],
  ]);
});

test('the table expires what it has, costs nothing unless it is used, and is deleted with the stack', () => {
  const [table] = Object.values(alertsStack(CONFIGURATIONS['account, full'] ?? {}).Resources).filter(
    ({ Type }) => Type === 'AWS::DynamoDB::Table',
  );
  expect(table).toMatchObject({
    DeletionPolicy: 'Delete',
    Properties: {
      BillingMode: 'PAY_PER_REQUEST',
      KeySchema: [
        { AttributeName: 'pk', KeyType: 'HASH' },
        { AttributeName: 'sk', KeyType: 'RANGE' },
      ],
      AttributeDefinitions: [
        { AttributeName: 'pk', AttributeType: 'S' },
        { AttributeName: 'sk', AttributeType: 'S' },
      ],
      TimeToLiveSpecification: { AttributeName: 'expires', Enabled: true },
    },
  });
});

test('the mailer may do only what it needs, on its own resources and the topics of all recipients', () => {
  const template = alertsStack(CONFIGURATIONS['stack-set, full'] ?? {});
  const role = template.Resources[mailer(template).Role['Fn::GetAtt'][0]]?.Properties;
  expect(role.Policies).toHaveLength(1);
  const named = (resource: { Ref?: string; 'Fn::GetAtt'?: [string] } | string) => {
    const id = typeof resource === 'string' ? undefined : (resource.Ref ?? resource['Fn::GetAtt']?.[0]);
    const { Type, Properties } = (id === undefined ? undefined : template.Resources[id]) ?? {};
    const name = Properties?.QueueName ?? Properties?.TableName ?? Properties?.LogGroupName ?? '';
    return Type === undefined ? resource : `${Type} ${name}`.trim();
  };
  const statements = role.Policies[0].PolicyDocument.Statement as { Effect: string; Action: object; Resource: never }[];
  const granted = statements.map(({ Effect, Action, Resource }) => ({
    [Effect]: [Action].flat().join(', '),
    on: [Resource].flat().map(named),
  }));
  expect(granted).toMatchInlineSnapshot(`
    [
      {
        "Allow": "sqs:DeleteMessage, sqs:GetQueueAttributes, sqs:ReceiveMessage",
        "on": [
          "AWS::SQS::Queue stagecert-emails.fifo",
        ],
      },
      {
        "Allow": "dynamodb:DeleteItem, dynamodb:PutItem, dynamodb:Query",
        "on": [
          "AWS::DynamoDB::Table stagecert-emails",
        ],
      },
      {
        "Allow": "sns:Publish",
        "on": [
          "AWS::SNS::Topic",
          "AWS::SNS::Topic",
          "arn:aws:sns:eu-west-1:222222222222:search-alerts",
        ],
      },
      {
        "Allow": "kms:Decrypt, kms:GenerateDataKey",
        "on": [
          "AWS::KMS::Key",
        ],
      },
      {
        "Allow": "logs:CreateLogStream, logs:PutLogEvents",
        "on": [
          "AWS::Logs::LogGroup /aws/lambda/stagecert-mailer",
        ],
      },
    ]
  `);
  const topics = statements.find(({ Action }) => (Action as unknown) === 'sns:Publish')?.Resource;
  expect(topics).toContain(EXISTING);
  // The queue's policy doesn't let the mailer send, and no other service may invoke it.
  expect(ofType(template, 'AWS::IAM::Policy')).toEqual([]);
  expect(ofType(template, 'AWS::Lambda::Permission')).toEqual([]);
});

test('with only existing topics, there is no key, and the output names the role that they must allow', () => {
  const configuration = {
    ...CONFIGURATIONS['account, full'],
    alerts: { eventBus: 'arn:aws:events:eu-central-1:666666666666:event-bus/security', owners: { search: EXISTING } },
  };
  const template = alertsStack(configuration);
  expect(ofType(template, 'AWS::KMS::Key')).toEqual([]);
  expect(JSON.stringify(template)).not.toContain('kms:');
  expect(template.Outputs?.MailerRoleArn).toMatchObject({ Value: mailer(template).Role });
});

test.each(stacks)('%s: three alarms notify the address without EventBridge and without the mailer', (_, template) => {
  const alarms = ofType(template, 'AWS::CloudWatch::Alarm').map(({ Properties }) => {
    const [{ Ref: topic }] = Properties.AlarmActions;
    const subscriptions = ofType(template, 'AWS::SNS::Subscription').filter(
      ({ Properties }) => Properties.TopicArn.Ref === topic,
    );
    expect(subscriptions.map(({ Properties }) => Properties.Endpoint)).toEqual(['security@example.com']);
    return [Properties.AlarmName, Properties.MetricName, Properties.Statistic];
  });
  expect(alarms).toEqual([
    ['stagecert-failed-emails', 'NumberOfMessagesSent', 'Sum'],
    // SQS emits no NumberOfMessagesSent for what it moves to a dead-letter queue itself.
    ['stagecert-unsent-emails', 'ApproximateNumberOfMessagesVisible', 'Maximum'],
    ['stagecert-mailer-errors', 'Errors', 'Sum'],
    ['stagecert-waiting-emails', 'ApproximateAgeOfOldestMessage', 'Maximum'],
    ['stagecert-mailer-idle', 'Invocations', 'Sum'],
    ['stagecert-refused-emails', 'MailerErrorLines', 'Sum'],
  ]);
  const policies = [...ofType(template, 'AWS::SNS::TopicPolicy'), ...ofType(template, 'AWS::KMS::Key')];
  const allowed = policies
    .flatMap(({ Properties }) => (Properties.PolicyDocument ?? Properties.KeyPolicy).Statement)
    .filter(({ Sid }) => Sid === 'AlarmsNotify')
    .map(({ Condition }) => Condition.ArnLike['aws:SourceArn'].map((arn: unknown) => resolved(arn).split(':').at(-1)));
  const names = alarms.map(([name]) => name);
  expect(allowed).toEqual([names, names]);
});

test.each(stacks)('%s: only topics of alerts without the mailer let EventBridge publish', (name, template) => {
  const topics = ofType(template, 'AWS::SNS::TopicPolicy').filter(({ Properties }) =>
    JSON.stringify(Properties).includes('events.amazonaws.com'),
  );
  expect(topics.flatMap(({ Properties }) => Properties.Topics)).toEqual([
    { Ref: expect.stringMatching(/^TopicsEverything/) },
    // New certificates are sent to owners without the mailer.
    ...('rotation' in (CONFIGURATIONS[name] ?? {}) ? [{ Ref: expect.stringMatching(/^TopicsOwner1/) }] : []),
  ]);
});

test('the runbook is a setting of the mailer, in every deployment mode', () => {
  for (const [name] of stacks) {
    const { alerts, ...configuration } = CONFIGURATIONS[name] as { alerts: object };
    const template = alertsStack({ ...configuration, alerts: { ...alerts, runbook: RUNBOOK } });
    expect(mailer(template).Environment.Variables.STAGECERT_RUNBOOK, name).toBe(RUNBOOK);
  }
});

test('the template without CDK has the code, the runbook and the settings of roles as parameters', () => {
  const { Resources, Conditions } = alertsTemplate();
  const [lambda] = Object.values(Resources).filter(({ Type }) => Type === 'AWS::Lambda::Function');
  expect(lambda?.Properties).toMatchObject({
    Code: {
      S3Bucket: { 'Fn::Join': ['-', [{ Ref: 'CodeBucketPrefix' }, { Ref: 'AWS::Region' }]] },
      S3Key: { Ref: 'CodeKey' },
    },
    Architectures: [{ Ref: 'Architecture' }],
    Environment: {
      Variables: { STAGECERT_RUNBOOK: { 'Fn::If': ['HasRunbook', { Ref: 'Runbook' }, { Ref: 'AWS::NoValue' }] } },
    },
  });
  expect(Object.keys(Conditions ?? {})).toEqual(['HasRunbook', 'HasLogKmsKey', 'HasPermissionsBoundary']);
  const roles = Object.values(Resources).filter(({ Type }) => Type === 'AWS::IAM::Role');
  expect(roles.map(({ Properties }) => (Properties as { Path: object }).Path)).toEqual(
    roles.map(() => ({ Ref: 'RolePath' })),
  );
  expect(roles).toHaveLength(3);
  const pattern = new RegExp(`^(?:${ALERTS_PARAMETERS.Runbook?.allowedPattern})$`);
  const accepted = ['', RUNBOOK, 'http://wiki.example.com', 'https://a b', 'https://'].filter((url) =>
    pattern.test(url),
  );
  expect(accepted).toEqual(['', RUNBOOK]);
  expect(JSON.stringify(Resources)).not.toMatch(/zz-|example\.com/);
});

test('with a StackSet, the stack of the mailer is deployed after its code', () => {
  const { stacks: deployed } = appOf(CONFIGURATIONS['stack-set, full'] ?? {}).synth();
  const alerts = deployed.find(({ stackName }) => stackName === 'stagecert-alerts');
  expect(alerts?.dependencies.map(({ id }) => id)).toContain('stagecert-code-eu-west-1');
});
