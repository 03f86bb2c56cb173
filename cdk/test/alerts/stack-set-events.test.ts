import { expect, test } from 'vitest';
import { Deliveries, UNCHANGED } from '../events/deliveries';
import { PYTHON } from '../events/matches';
import { ADMINISTRATOR, type Event, stackInstanceChange } from '../events/samples';
import { CONFIGURATIONS, templatesOf } from '../fixtures';

const FAILURES = 'stagecert-stack-set-failures';
const MANAGEMENT = 'stagecert-stack-set-failures-management';
const ACCOUNTS = { [FAILURES]: ADMINISTRATOR, [MANAGEMENT]: '111111111111' };

const deliveriesOf = (name: string, buses: Record<string, string>) =>
  new Deliveries(CONFIGURATIONS[name] ?? {}, buses, ACCOUNTS);

test.runIf(PYTHON)('a failed StackSet instance is reported to the email address and to eventBus', () => {
  const deliveries = deliveriesOf('stack-set, full', { stagecert: 'stagecert-alerts' });
  for (const stackSet of ['stagecert', 'stagecert-canary', 'stagecert-unreserved']) {
    for (const status of ['FAILED', 'INOPERABLE']) {
      const delivered = deliveries.of(stackInstanceChange(stackSet, status), FAILURES);
      expect(delivered.map(({ to }) => to)).toEqual([
        'email:security@example.com',
        'arn:aws:events:eu-central-1:666666666666:event-bus/security',
      ]);
      expect(delivered[0]?.text).toContain(`"Operation CREATE, status ${status}, at 2026-11-21T08:00:00Z"`);
      expect(delivered[1]?.text).toBe(UNCHANGED);
    }
  }
});

test.runIf(PYTHON)('the StackSets of a central function are included', () => {
  const buses = { stagecert: 'stagecert-alerts' };
  for (const name of ['organization-rule, full', 'conformance-pack, full']) {
    for (const stackSet of ['stagecert-member', 'stagecert-member-alerts']) {
      const delivered = deliveriesOf(name, buses).of(stackInstanceChange(stackSet, 'FAILED'), FAILURES);
      expect(delivered.map(({ to }) => to)).toEqual(['email:security@example.com']);
    }
  }
});

test.runIf(PYTHON)('StackSets that a delegated administrator creates may belong to the management account', () => {
  const deliveries = deliveriesOf('stack-set, full', { stagecert: 'stagecert-alerts' });
  const sample = stackInstanceChange('stagecert', 'FAILED');
  const arn = sample.detail['stack-set-arn'].replace(ADMINISTRATOR, '111111111111');
  const event: Event = { ...sample, detail: { ...sample.detail, 'stack-set-arn': arn } };
  expect(deliveries.of(event, FAILURES)).toHaveLength(2);
  expect(deliveries.of({ ...event, account: '111111111111' }, MANAGEMENT)).toHaveLength(2);
});

test.runIf(PYTHON)('other statuses, StackSets, accounts and Regions are not reported', () => {
  const deliveries = deliveriesOf('stack-set, full', { stagecert: 'stagecert-alerts' });
  const failed = stackInstanceChange('stagecert', 'FAILED');
  const of = (from: string, to: string): Event => {
    const arn = failed.detail['stack-set-arn'].replace(from, to);
    return { ...failed, detail: { ...failed.detail, 'stack-set-arn': arn } };
  };
  for (const event of [
    ...['SUCCEEDED', 'RUNNING', 'PENDING', 'CANCELLED', 'SKIPPED_SUSPENDED_ACCOUNT'].map((status) =>
      stackInstanceChange('stagecert', status),
    ),
    stackInstanceChange('stagecert2', 'FAILED'),
    stackInstanceChange('recorder', 'FAILED'),
    of(ADMINISTRATOR, '999999999999'),
    of('eu-west-1', 'us-east-1'),
    { ...failed, account: '999999999999' },
    { ...failed, source: 'custom' },
  ]) {
    expect(deliveries.of(event, FAILURES), JSON.stringify(event)).toEqual([]);
  }
});

test('there is no such rule without alerts or without StackSets', () => {
  for (const name of ['stack-set, minimal', 'organization-rule, minimal', 'account, full']) {
    const templates = templatesOf(CONFIGURATIONS[name] ?? {});
    expect(Object.keys(templates), name).not.toContain(FAILURES);
    expect(JSON.stringify(templates), name).not.toContain('StackInstance Status Change');
  }
});

test('failures are reported from the first deployment of a StackSet on', () => {
  const templates = Object.keys(templatesOf(CONFIGURATIONS['stack-set, full'] ?? {}));
  expect(templates.indexOf(FAILURES)).toBeGreaterThan(templates.indexOf('stagecert-alerts'));
  for (const stackSet of ['stagecert-accounts-canary', 'stagecert-accounts', 'stagecert-accounts-unreserved']) {
    expect(templates.indexOf(stackSet), stackSet).toBeGreaterThan(templates.indexOf(FAILURES));
  }
});
