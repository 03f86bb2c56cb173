import { expect, test } from 'vitest';
import { DeploymentNames } from '../../lib/names';
import { CONFIGURATIONS, type Resource, resolved, type TemplateObject, templatesOf } from '../fixtures';

const ofType = (template: TemplateObject, type: string) =>
  Object.values(template.Resources).filter(({ Type }) => Type === type);

const templates = Object.entries(CONFIGURATIONS).flatMap(([name, configuration]) =>
  Object.entries(templatesOf(configuration)).map(([stack, template]) => ({ name, stack, template })),
);

/** Returns whether a template has the schedule of the reminders. */
const hasReminders = ({ template }: { template: TemplateObject }) =>
  ofType(template, 'AWS::Scheduler::Schedule').some(({ Properties }) => Properties.Name === 'stagecert-reminders');

/** Returns the statements of all roles, with what they allow on parameters. */
const onParameters = ({ template }: { template: TemplateObject }) =>
  ofType(template, 'AWS::IAM::Role')
    .flatMap(({ Properties }: Resource) => Properties.Policies ?? [])
    .flatMap(({ PolicyDocument }) => PolicyDocument.Statement)
    .filter(({ Action }) => [Action].flat().some((action: string) => action.startsWith('ssm:')));

test('each schedule of reminders has one parameter, which the function may read and write, and no other', () => {
  const schedules = templates.filter(hasReminders);
  expect(schedules.length).toBeGreaterThan(3);
  for (const { name, stack, template } of schedules) {
    const parameters = ofType(template, 'AWS::SSM::Parameter');
    expect(parameters.map(({ Properties }) => [resolved(Properties.Name), Properties.Type, Properties.Value])).toEqual([
      ['/stagecert/last-reminders', 'String', 'none'],
    ]);
    const statements = templates.filter((one) => one.name === name).flatMap(onParameters);
    expect(statements.length, `${name}, ${stack}`).toBeGreaterThan(0);
    for (const { Sid, Action, Resource } of statements) {
      expect([Sid, Action]).toEqual(['RememberReminders', ['ssm:GetParameter', 'ssm:PutParameter']]);
      for (const arn of [Resource].flat()) {
        expect(resolved(arn)).toMatch(/:ssm:[^:*]+:[^:*]+:parameter\/stagecert\/last-reminders$/);
      }
    }
  }
});

test('without reminders, there is neither a parameter nor a permission for one', () => {
  const without = templates.filter(
    ({ name }) => !templates.some((other) => other.name === name && hasReminders(other)),
  );
  expect(without.length).toBeGreaterThan(2);
  for (const one of without) {
    expect(onParameters(one), one.name).toEqual([]);
  }
});

test('the name of the parameter is the one that the function derives', () => {
  expect(new DeploymentNames('payments').lastReminders).toBe('/payments/last-reminders');
});

test('an owner with the address of email gets no second email, and an address has one topic', () => {
  const configuration = {
    deploymentMode: 'account',
    targets: { regions: ['eu-west-1'] },
    alerts: {
      email: 'Security@example.com',
      owners: { platform: 'security@example.com', payments: 'payments@example.com', billing: 'Payments@Example.com' },
    },
  };
  const template = templatesOf(configuration)['stagecert-alerts'] as TemplateObject;
  const endpoints = ofType(template, 'AWS::SNS::Subscription').map(({ Properties }) => Properties.Endpoint);
  expect(endpoints).toEqual(['Security@example.com', 'payments@example.com']);
  const owners = ofType(template, 'AWS::Events::Rule').map(({ Properties }) => Properties.EventPattern.detail.owner);
  expect(owners.filter((owner) => owner !== undefined)).toEqual([
    [{ 'equals-ignore-case': 'payments' }, { 'equals-ignore-case': 'billing' }],
  ]);
});
