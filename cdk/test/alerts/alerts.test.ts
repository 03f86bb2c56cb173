import { describe, expect, test } from 'vitest';
import { Deliveries, PYTHON } from '../events/deliveries';
import { ACCOUNT, alarm, complianceChange, type Event, put, reminder, stageChange } from '../events/samples';
import { transformed } from '../events/transform';
import { CONFIGURATIONS } from '../fixtures';

const EXPIRY =
  'certificate-expiry, owner-tag: client certificate vjzgoe expires at 2026-12-05T08:00:00Z; no tag "owner"';
const INSTANT = '2026-11-21T08:00:00Z';
const ADMINISTRATOR = '222222222222';

/** Each way: the stacks of an account, of the function, and the buses; and how its rules are called in an account. */
const MODES = {
  'account, most': {
    place: 'stagecert-eu-west-1',
    functionIn: 'stagecert-eu-west-1',
    functionAccount: ACCOUNT,
    rule: 'stagecert-certificate-expiry',
    buses: { stagecert: 'stagecert-alerts' },
  },
  'stack-set, most': {
    place: 'stagecert-accounts > template',
    functionIn: 'stagecert-accounts > template',
    functionAccount: ACCOUNT,
    rule: 'stagecert-certificate-expiry',
    buses: { stagecert: 'stagecert-alerts' },
  },
  'organization-rule, most': {
    place: 'stagecert-member-alerts > template',
    functionIn: 'stagecert-organization-rule-eu-west-1',
    functionAccount: ADMINISTRATOR,
    rule: 'OrgConfigRule-stagecert-certificate-expiry-dbgzf8ba',
    buses: { stagecert: 'stagecert-alerts', 'stagecert-function': 'stagecert-organization-rule-eu-west-1' },
  },
  'conformance-pack, most': {
    place: 'stagecert-member-alerts > template',
    functionIn: 'stagecert-conformance-pack-eu-west-1',
    functionAccount: ADMINISTRATOR,
    rule: 'stagecert-certificate-expiry-conformance-pack-6cruwvtg2',
    buses: { stagecert: 'stagecert-alerts', 'stagecert-function': 'stagecert-conformance-pack-eu-west-1' },
  },
} as const;

/** Deliveries as people would read them. */
const shown = (deliveries: ReturnType<Deliveries['of']>) =>
  deliveries.map(({ to, as }) => `to ${to}\n${as}`).join('\n\n');

describe.runIf(PYTHON).each(Object.entries(MODES))(
  '%s',
  (name, { place, functionIn, functionAccount, rule, buses }) => {
    const deliveries = new Deliveries(CONFIGURATIONS[name] ?? {}, buses, { [functionIn]: functionAccount });
    const own = (event: Event): Event => ({ ...event, account: functionAccount });

    test.each([
      ['a stage fails', complianceChange(rule, EXPIRY), place],
      ['a reminder, and the stage has an owner', own(reminder(14, 'payments')), functionIn],
      ['a certificate has ended, and nobody owns the stage', own(reminder(0, '')), functionIn],
      ['a stage of an owner fails', own(stageChange('payments')), functionIn],
      ['the function fails', own(alarm('stagecert-errors', 'the function failed.', 'OK')), functionIn],
      ['no sweep', own(alarm('stagecert-no-sweep-certificate-expiry', 'no sweep has succeeded.', 'OK')), functionIn],
    ])('%s', (_, event, stack) => {
      const told = deliveries.of(event, stack);
      // Only an owner's event, where no owner has an address, goes to nobody.
      expect(told.length > 0).toBe(
        event['detail-type'] !== 'Stage Compliance Change' || name !== 'conformance-pack, most',
      );
      expect(shown(told)).toMatchSnapshot();
    });

    test('what is good, or is not ours, is told to nobody', () => {
      const told = (event: Event, stack: string) =>
        deliveries.of(event, stack).filter(({ as }) => as !== 'the event itself');
      for (const event of [
        complianceChange(rule, '', 'COMPLIANT'),
        complianceChange(rule, '', 'NOT_APPLICABLE'),
        complianceChange('api-gw-ssl-enabled', EXPIRY),
        complianceChange('not-stagecert-certificate-expiry', EXPIRY),
        complianceChange('api-gw-xray-enabled-conformance-pack-6cruwvtg2', EXPIRY),
        { ...complianceChange(rule, EXPIRY), account: '999999999999' },
      ]) {
        expect(told(event, place), JSON.stringify(event)).toEqual([]);
      }
      for (const event of [
        own(alarm('stagecert-errors', '', 'ALARM', 'OK')),
        own(alarm('billing', '', 'OK')),
        // A new alarm waits in its state of alarm for the first sweep.
        own(alarm('stagecert-no-sweep-certificate-expiry', '', 'INSUFFICIENT_DATA')),
      ]) {
        expect(told(event, functionIn), JSON.stringify(event)).toEqual([]);
      }
    });

    test('reminders come due: the function is asked in the form that it takes', () => {
      const { target, input } = deliveries.schedule(place, INSTANT);
      let asked = input;
      if (place !== functionIn) {
        expect(target).toBe('arn:aws:scheduler:::aws-sdk:eventbridge:putEvents');
        const [entry] = JSON.parse(input).Entries;
        expect(entry.EventBusName).toBe('arn:aws:events:eu-west-1:222222222222:event-bus/stagecert-function');
        const [delivery, ...more] = deliveries.of(put(entry), functionIn, 'stagecert-function');
        expect(more).toEqual([]);
        expect(delivery?.to).toBe('stagecert-evaluator');
        asked = delivery?.as ?? '';
      }
      const { ruleParameters, ...rest } = JSON.parse(asked);
      expect(rest).toEqual({
        stagecert: 'reminders',
        time: INSTANT,
        hours: 24,
        accountId: ACCOUNT,
        region: 'eu-west-1',
        ruleName: 'stagecert-certificate-expiry',
        days: name === 'stack-set, most' ? '60,7,0' : '30,14,7,1,0',
      });
      expect(JSON.parse(ruleParameters)).toMatchObject({
        checks: 'certificate-expiry',
        ...(place === functionIn ? {} : { executionRoleName: 'stagecert-member' }),
        // Its pattern holds what a template would take for a variable.
        ...(name === 'organization-rule, most' ? { ownerTagPattern: '(?<team>[a-z]+)' } : {}),
      });
    });

    test('a stage that fails is given to the function, whole, to find its owner', () => {
      const event = complianceChange(rule, EXPIRY);
      const [given, ...more] = deliveries.of(event, place).filter(({ to }) => to === 'stagecert-evaluator');
      expect(more).toEqual([]);
      if (name === 'conformance-pack, most') {
        expect(given).toBeUndefined(); // No owner has an address there.
        return;
      }
      const { ruleParameters, ...rest } = JSON.parse(given?.as ?? '');
      expect(rest).toEqual({ stagecert: 'compliance-change', event });
      expect(Object.keys(JSON.parse(ruleParameters))).not.toContain('stagecert');
    });
  },
);

test.runIf(PYTHON)('a bus of yours gets the events as they are, and mails nobody where no address is given', () => {
  const deliveries = new Deliveries(CONFIGURATIONS['conformance-pack, least'] ?? {}, {});
  const event = complianceChange('stagecert-owner-tag-conformance-pack-6cruwvtg2', 'owner-tag: no owner', 'COMPLIANT');
  expect(deliveries.of(event, 'stagecert-member-alerts > template')).toEqual([
    { to: 'arn:aws:events:eu-west-1:222222222222:event-bus/incidents', as: 'the event itself' },
  ]);
});

test("templates come out as EventBridge's user guide shows", () => {
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
  const come = (template: string) => transformed(template, paths, event);
  expect(come('"instance <instance> is in <state>"')).toBe('"instance i-0123456789 is in RUNNING"');
  expect(come('{"instance":<instance>,"state":"<state>"}')).toBe('{"instance":"i-0123456789","state":"RUNNING"}');
  expect(come('{"status":"instance \\"<instance>\\" is in <state>"}')).toBe(
    '{"status":"instance \\"i-0123456789\\" is in RUNNING"}',
  );
  expect(come('{"state":[9,<count>,true]}')).toBe('{"state":[9,2,true]}');
  expect(come('"<none> triggered"')).toBe('" triggered"');
  expect(() => come('"<undefined>"')).toThrow('no path');
});
