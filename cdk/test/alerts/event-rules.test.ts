import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { App, Stack } from 'aws-cdk-lib';
import { expect, test } from 'vitest';
import { AlertTexts } from '../../lib/alerts/alert-texts';
import { addEventRule, MAX_PATTERN_LENGTH } from '../../lib/alerts/event-rule';
import { DeploymentNames } from '../../lib/names';
import { CONFIGURATIONS, type Resource, resolved, type TemplateObject, templatesOf } from '../fixtures';

const LIB = join(__dirname, '../../lib');

/** A configuration with owners whose names are as long as a tag's value can be. */
const MANY_OWNERS = {
  deploymentMode: 'account',
  targets: { regions: ['eu-west-1'] },
  alerts: {
    email: 'security@example.com',
    owners: Object.fromEntries(
      Array.from({ length: 40 }, (_, index) => [
        `team ${String(index).padStart(2, '0')} ${'x'.repeat(248)}`,
        'teams@example.com',
      ]),
    ),
  },
};

const configurations = { ...CONFIGURATIONS, 'many owners': MANY_OWNERS };
const templates = Object.entries(configurations).flatMap(([name, configuration]) =>
  Object.entries(templatesOf(configuration)).map(([stack, template]) => [`${name}, ${stack}`, template] as const),
);
const ofType = (template: TemplateObject, type: string) =>
  Object.values(template.Resources).filter(({ Type }) => Type === type);

test("every pattern of every configuration is within EventBridge's limit", () => {
  let count = 0;
  for (const [name, template] of templates) {
    for (const { Properties } of ofType(template, 'AWS::Events::Rule')) {
      const text = JSON.stringify(Properties.EventPattern, (_, value) =>
        typeof value === 'object' && value !== null && 'Ref' in value ? '111122223333' : value,
      );
      expect(text.length, name).toBeLessThanOrEqual(MAX_PATTERN_LENGTH);
      count += 1;
    }
  }
  expect(count).toBeGreaterThan(50);
});

test('a longer pattern is refused: all rules are added in one place', () => {
  const stack = new Stack(new App(), 'Stack');
  expect(() =>
    addEventRule(stack, 'Rule', { pattern: { source: Array.from({ length: 400 }, (_, i) => `s${i}`) }, targets: [] }),
  ).toThrow(/^Stack, rule Rule: an event pattern of \d+ characters; allowed: 2048/);
  const others = readdirSync(LIB, { recursive: true, encoding: 'utf8' })
    .filter((path) => path.endsWith('.ts') && !path.endsWith('event-rule.ts'))
    .filter((path) => /new (events\.)?(Cfn)?Rule\(/.test(readFileSync(join(LIB, path), 'utf8')));
  expect(others).toEqual([]);
});

test('the owners of one recipient are split into rules, each owner into exactly one for both kinds of events', () => {
  const [, template] = templates.find(([name]) => name === 'many owners, stagecert-alerts') ?? [];
  const rules = ofType(template as TemplateObject, 'AWS::Events::Rule');
  const owned = rules.filter(({ Properties }) => Properties.EventPattern.detail.owner !== undefined);
  const owners = owned.flatMap(({ Properties }) => Properties.EventPattern.detail.owner as object[]);
  expect(owners.flatMap((owner) => Object.values(owner)).sort()).toEqual(Object.keys(MANY_OWNERS.alerts.owners));
  expect(owned.length).toBeGreaterThan(5);
  for (const { Properties } of owned) {
    expect(Properties.EventPattern['detail-type']).toEqual(['Stage Finding Change', 'Client Certificate Reminder']);
  }
  // One message group per recipient, so that its messages are processed in order.
  const targets = owned.map(({ Properties }) => Properties.Targets[0]);
  expect(new Set(targets.map(({ SqsParameters }) => SqsParameters.MessageGroupId))).toEqual(new Set(['owner-1']));
  expect(new Set(targets.map(({ InputTransformer }) => JSON.stringify(InputTransformer))).size).toBe(1);
});

test('every target of every rule and schedule has a dead-letter queue that accepts its events for 14 days', () => {
  let count = 0;
  for (const [name, template] of templates) {
    for (const rule of ofType(template, 'AWS::Events::Rule')) {
      for (const { DeadLetterConfig } of rule.Properties.Targets) {
        expect(DeadLetterConfig, name).toBeDefined();
        const id = DeadLetterConfig.Arn['Fn::GetAtt'][0];
        expect((template.Resources[id] as Resource).Properties.MessageRetentionPeriod, name).toBe(14 * 86_400);
        expect(accepts(template, id, rule), `${name}, ${JSON.stringify(rule.Properties)}`).toBe(true);
        count += 1;
      }
    }
    for (const { Properties } of ofType(template, 'AWS::Scheduler::Schedule')) {
      const id = Properties.Target.DeadLetterConfig.Arn['Fn::GetAtt'][0];
      // EventBridge Scheduler doesn't support a FIFO queue as a dead-letter queue.
      expect(template.Resources[id]?.Properties, name).not.toHaveProperty('FifoQueue');
    }
  }
  expect(count).toBeGreaterThan(50);
});

/** Returns whether a queue's policy allows a rule to send to it. */
function accepts(template: TemplateObject, queue: string, rule: Resource): boolean {
  const ruleId = Object.keys(template.Resources).find((id) => template.Resources[id] === rule);
  const { EventBusName, Name = 'stagecert-generated' } = rule.Properties;
  const bus = EventBusName === undefined ? '' : `${template.Resources[EventBusName.Ref]?.Properties.Name}/`;
  const statements = ofType(template, 'AWS::SQS::QueuePolicy')
    .filter(({ Properties }) => Properties.Queues.some(({ Ref }: { Ref: string }) => Ref === queue))
    .flatMap(({ Properties }) => Properties.PolicyDocument.Statement);
  return statements.some(({ Effect, Principal, Action, Condition }) => {
    if (Effect !== 'Allow' || Principal.Service !== 'events.amazonaws.com' || Action !== 'sqs:SendMessage') {
      return false;
    }
    const exact = Condition?.ArnEquals?.['aws:SourceArn']?.['Fn::GetAtt']?.[0];
    if (exact !== undefined) {
      return exact === ruleId;
    }
    const pattern = resolvedArn(Condition?.ArnLike?.['aws:SourceArn'], template);
    const [prefix = ''] = pattern.split('*');
    return `arn:aws:events:eu-west-1:111122223333:rule/${bus}${Name}`.startsWith(prefix);
  });
}

function resolvedArn(arn: unknown, template: TemplateObject): string {
  const text = resolved(arn).replace(/\$\{(\w+)\}/g, (_, id) => template.Resources[id]?.Properties.Name ?? '');
  return text.replace(/:events:[^:]*:[^:]*:/, ':events:eu-west-1:111122223333:');
}

test('reminders run hourly and without a delay, with the scheduled time as their input', () => {
  const schedules = templates
    .flatMap(([, template]) => ofType(template, 'AWS::Scheduler::Schedule'))
    .filter(({ Properties }) => Properties.Name === 'stagecert-reminders');
  expect(schedules.length).toBeGreaterThan(5);
  for (const { Properties } of schedules) {
    // A rate counts from the creation of the schedule, which differs by account. A start date would
    // be the same for all accounts, and a flexible time window would delay the reminders.
    expect(Properties).toMatchObject({ ScheduleExpression: 'rate(1 hour)', FlexibleTimeWindow: { Mode: 'OFF' } });
    expect(Properties).not.toHaveProperty('StartDate');
    expect(JSON.stringify(Properties.Target.Input)).toContain('<aws.scheduler.scheduled-time>');
  }
});

test.each([
  ['eu-west-1', 'console.aws.amazon.com'],
  ['cn-north-1', 'console.amazonaws.cn'],
  ['us-gov-west-1', 'console.amazonaws-us-gov.com'],
  ['eusc-de-east-1', 'console.amazonaws-eusc.eu'],
  ['us-iso-east-1', 'console.c2shome.ic.gov'],
  ['us-isob-east-1', 'console.sc2shome.sgov.gov'],
])('the links of %s point to %s', (region, domain) => {
  const { template } = new AlertTexts(region, new DeploymentNames('stagecert')).functionAlarm();
  expect(template).toContain(`https://<region>.${domain}/cloudwatch/home`);
});
