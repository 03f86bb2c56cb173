import { describe, expect, test } from 'vitest';
import ADVICE from '../../lib/alerts/advice.json';
import { InputTransformer } from '../../lib/alerts/input-transformer';
import { ruleDefinitions } from '../../lib/rule/config-rules';
import { FRONT_DOOR_CHECKS } from '../../lib/rule/front-door';
import { CHECKS } from '../../lib/rule/rule-parameters';
import { Deliveries, UNCHANGED } from '../events/deliveries';
import { PYTHON } from '../events/matches';
import {
  ACCOUNT,
  alarm,
  complianceChange,
  configEvent,
  type Event,
  expiredReminder,
  findingChange,
  invocationFailure,
  put,
  reminder,
} from '../events/samples';
import { CONFIGURATIONS } from '../fixtures';

const INSTANT = '2026-11-21T08:00:00Z';
const ADMINISTRATOR = '222222222222';

/** The rule in the function's reminders, in every deployment mode. */
const REMINDED_RULE = 'stagecert-certificate-expiry';

/**
 * For each deployment mode: the stack in a member account, the stack of the function and its
 * account, the name of a rule in an account, and the stacks of the buses.
 */
const MODES = {
  'account, full': {
    accountStack: 'stagecert-eu-west-1',
    functionStack: 'stagecert-eu-west-1',
    functionAccount: ACCOUNT,
    alarmStack: 'stagecert-eu-west-1',
    alarmAccount: ACCOUNT,
    rule: 'stagecert-certificate-expiry',
    memberRole: undefined,
    buses: { stagecert: 'stagecert-alerts' },
  },
  'stack-set, full': {
    accountStack: 'stagecert-accounts > template',
    functionStack: 'stagecert-accounts > template',
    functionAccount: ACCOUNT,
    alarmStack: 'stagecert-alarms-eu-west-1',
    alarmAccount: ADMINISTRATOR,
    rule: 'stagecert-certificate-expiry',
    memberRole: undefined,
    buses: { stagecert: 'stagecert-alerts' },
  },
  'organization-rule, full': {
    accountStack: 'stagecert-member-alerts > template',
    functionStack: 'stagecert-organization-rule-eu-west-1',
    functionAccount: ADMINISTRATOR,
    alarmStack: 'stagecert-organization-rule-eu-west-1',
    alarmAccount: ADMINISTRATOR,
    rule: 'OrgConfigRule-stagecert-certificate-expiry-dbgzf8ba',
    memberRole: 'security/stagecert-member',
    buses: { stagecert: 'stagecert-alerts', 'stagecert-function': 'stagecert-organization-rule-eu-west-1' },
  },
  'conformance-pack, full': {
    accountStack: 'stagecert-member-alerts > template',
    functionStack: 'stagecert-conformance-pack-eu-west-1',
    functionAccount: ADMINISTRATOR,
    alarmStack: 'stagecert-conformance-pack-eu-west-1',
    alarmAccount: ADMINISTRATOR,
    rule: 'stagecert-certificate-expiry-conformance-pack-6cruwvtg2',
    memberRole: 'stagecert-member',
    buses: { stagecert: 'stagecert-alerts', 'stagecert-function': 'stagecert-conformance-pack-eu-west-1' },
  },
} as const;

const readable = (deliveries: ReturnType<Deliveries['of']>) =>
  deliveries.map(({ to, text }) => `to ${to}\n${text}`).join('\n\n');

describe.runIf(PYTHON).each(Object.entries(MODES))(
  '%s',
  (name, { accountStack, functionStack, functionAccount, alarmStack, alarmAccount, rule, memberRole, buses }) => {
    const deliveries = new Deliveries(CONFIGURATIONS[name] ?? {}, buses, {
      [functionStack]: functionAccount,
      [alarmStack]: alarmAccount,
    });
    const fromFunction = (event: Event): Event => ({ ...event, account: functionAccount });
    const fromAlarms = (event: Event): Event => ({ ...event, account: alarmAccount });
    const hasOwners = name !== 'conformance-pack, full';

    test.each([
      ['a certificate with an owner expires soon', fromFunction(reminder('payments', REMINDED_RULE)), functionStack],
      ['a certificate without an owner has expired', fromFunction(expiredReminder('', REMINDED_RULE)), functionStack],
      ['a check of a stage with an owner fails', fromFunction(findingChange('payments', rule)), functionStack],
      ['a check of a stage without an owner fails', fromFunction(findingChange('', rule)), functionStack],
      [
        'the function gives up on a sweep',
        fromFunction(invocationFailure('stagecert-evaluator', configEvent('ScheduledNotification'))),
        functionStack,
      ],
      [
        'the function gives up on reminders',
        fromFunction(invocationFailure('stagecert-evaluator', { stagecert: 'reminders', accountId: ACCOUNT })),
        functionStack,
      ],
      ['the function fails', fromAlarms(alarm('stagecert-errors', 'The function failed.', 'OK')), alarmStack],
      [
        'a sweep is missed',
        fromAlarms(alarm('stagecert-no-sweep-certificate-expiry', 'No sweep has succeeded.', 'OK')),
        alarmStack,
      ],
    ])('%s', (_, event, stack) => {
      const delivered = deliveries.of(event, stack);
      expect(delivered.length).toBeGreaterThan(0);
      expect(readable(delivered)).toMatchSnapshot();
    });

    test('an event of either type reaches each of its recipients exactly once, as a message for the mailer', () => {
      for (const event of [findingChange('PayMents', rule), reminder('PayMents', REMINDED_RULE)].map(fromFunction)) {
        const delivered = deliveries.of(event, functionStack).filter(({ text }) => text !== UNCHANGED);
        expect(delivered.map(({ to, group }) => [to, group])).toEqual([
          ['email:security@example.com', 'everything'],
          ...(hasOwners ? [['email:payments@example.com', 'owner-1']] : []),
        ]);
        for (const { text } of delivered) {
          const { recipient, ...message } = JSON.parse(text);
          expect(recipient).toMatch(/^\$\{Topics(Everything|Owner1)\w+\}$/);
          // The detail is an object, even if it contains quotes and backslashes.
          const { account, 'detail-type': type, detail } = event;
          expect(message).toEqual({ account, type, detail });
        }
      }
    });

    test('the case of an owner makes no difference, and other owners get nothing', () => {
      for (const of of [
        (owner: string) => findingChange(owner, rule),
        (owner: string) => reminder(owner, REMINDED_RULE),
      ]) {
        const recipients = (owner: string) => deliveries.of(fromFunction(of(owner)), functionStack).map(({ to }) => to);
        expect(recipients('PayMents')).toEqual(recipients('payments'));
        expect(recipients('payments').includes('email:payments@example.com')).toBe(hasOwners);
        expect(recipients('payments-2')).not.toContain('email:payments@example.com');
      }
    });

    test("no email is sent for AWS Config's events and for events of others", () => {
      const emails = (event: Event, stack: string) =>
        deliveries.of(event, stack).filter(({ text }) => text !== UNCHANGED);
      if (name === 'stack-set, full') {
        expect(deliveries.of(complianceChange(rule), accountStack).map(({ text }) => text)).toEqual([UNCHANGED]);
      }
      for (const event of [
        findingChange('payments', 'api-gw-ssl-enabled'),
        findingChange('payments', 'not-stagecert-certificate-expiry'),
        findingChange('payments', 'api-gw-xray-enabled-conformance-pack-6cruwvtg2'),
        complianceChange(rule),
      ].map(fromFunction)) {
        expect(emails(event, functionStack), JSON.stringify(event)).toEqual([]);
      }
      const elsewhere = { ...findingChange('payments', rule), account: '999999999999' };
      expect(emails(elsewhere, functionStack)).toEqual([]);
      for (const event of [
        fromAlarms(alarm('stagecert-errors', '', 'ALARM', 'OK')),
        fromAlarms(alarm('billing', '', 'OK')),
        // It notifies the topic of the emails itself.
        fromAlarms(alarm('stagecert-failed-emails', '', 'OK')),
        // A new alarm stays in ALARM until the first sweep.
        fromAlarms(alarm('stagecert-no-sweep-certificate-expiry', '', 'INSUFFICIENT_DATA')),
      ]) {
        expect(emails(event, alarmStack), JSON.stringify(event)).toEqual([]);
      }
    });

    test("failures are events of the deployment's own bus, with everything that Lambda sends", () => {
      const input = configEvent('ScheduledNotification');
      const event = fromFunction(invocationFailure('stagecert-evaluator', input));
      const delivered = deliveries.of(event, functionStack);
      // They contain the result token, so no other bus receives them, and no email contains it.
      expect(delivered.map(({ to }) => to)).toEqual(['email:security@example.com']);
      expect(readable(delivered)).not.toContain(input.resultToken);
      for (const other of [
        // The next sweep repairs a change, and thousands of changes may fail at once.
        invocationFailure('stagecert-evaluator', configEvent('ConfigurationItemChangeNotification')),
        invocationFailure('payments-stagecert-evaluator', input),
        invocationFailure('stagecert-evaluator-2', input),
      ]) {
        expect(deliveries.of(fromFunction(other), functionStack)).toEqual([]);
      }
    });

    test('the schedule invokes the function with valid input for reminders', () => {
      const { target, input } = deliveries.schedule(accountStack, INSTANT);
      let functionInput = input;
      if (accountStack !== functionStack) {
        expect(target).toBe('arn:aws:scheduler:::aws-sdk:eventbridge:putEvents');
        const [entry] = JSON.parse(input).Entries;
        expect(entry.EventBusName).toBe('arn:aws:events:eu-west-1:222222222222:event-bus/stagecert-function');
        const [delivery, ...more] = deliveries.of(put(entry), functionStack, 'stagecert-function');
        expect(more).toEqual([]);
        expect(delivery?.to).toBe('stagecert-evaluator');
        functionInput = delivery?.text ?? '';
      }
      const { ruleParameters, ...rest } = JSON.parse(functionInput);
      expect(rest).toEqual({
        stagecert: 'reminders',
        time: INSTANT,
        hours: 1,
        accountId: ACCOUNT,
        region: 'eu-west-1',
        ruleName: REMINDED_RULE,
        days: name === 'stack-set, full' ? '60,7,0' : '30,14,7,1,0',
      });
      expect(JSON.parse(ruleParameters)).toMatchObject({
        checks: 'certificate-expiry',
        events: 'on',
        ...(memberRole === undefined ? {} : { executionRoleName: memberRole }),
        // This pattern contains what a template would treat as a variable.
        ...(name === 'organization-rule, full' ? { ownerTagPattern: '(?<team>[a-z]+)' } : {}),
      });
    });
  },
);

test.runIf(PYTHON)('with only eventBus, the bus receives the events unchanged and no email is sent', () => {
  const deliveries = new Deliveries(CONFIGURATIONS['conformance-pack, minimal'] ?? {}, {});
  const event = complianceChange('stagecert-owner-tag-conformance-pack-6cruwvtg2', 'owner-tag: no owner', 'COMPLIANT');
  expect(deliveries.of(event, 'stagecert-member-alerts > template')).toEqual([
    { to: 'arn:aws:events:eu-west-1:222222222222:event-bus/incidents', text: UNCHANGED },
  ]);
});

test('the rules have the titles of the checks', () => {
  // The checks of the front door share one rule.
  expect(Object.keys(ADVICE).sort()).toEqual([...CHECKS, ...FRONT_DOOR_CHECKS].sort());
  const descriptions = ruleDefinitions({ name: 'stagecert', rules: 'per-check', parameters: {} }).map(
    ({ description }) => description,
  );
  expect(descriptions).toEqual(CHECKS.map((check) => ADVICE[check].title));
});

test("templates are rendered as EventBridge's user guide shows", () => {
  const event = put({
    Source: 's',
    DetailType: 'd',
    Detail: '{"instance-id":"i-0123456789","state":"RUNNING","count":2}',
  });
  const paths = {
    instance: '$.detail.instance-id',
    state: '$.detail.state',
    count: '$.detail.count',
    none: '$.detail.none',
  };
  const rendered = (template: string) => new InputTransformer(template, paths).render(event);
  expect(rendered('"instance <instance> is in <state>"')).toBe('"instance i-0123456789 is in RUNNING"');
  expect(rendered('{"instance":<instance>,"state":"<state>"}')).toBe('{"instance":"i-0123456789","state":"RUNNING"}');
  expect(rendered('{"status":"instance \\"<instance>\\" is in <state>"}')).toBe(
    '{"status":"instance \\"i-0123456789\\" is in RUNNING"}',
  );
  expect(rendered('{"state":[9,<count>,true]}')).toBe('{"state":[9,2,true]}');
  expect(rendered('"<none> triggered"')).toBe('" triggered"');
  expect(() => rendered('"<undefined>"')).toThrow('no path');
});
