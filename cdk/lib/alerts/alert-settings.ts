import { z } from 'zod';
import { DEFAULT_TRUSTSTORE_WINDOW_DAYS, type FrontDoorSettings, selectedFrontDoorChecks } from '../rule/front-door';
import { type RuleParameters, selectedChecks } from '../rule/rule-parameters';
import { integer, text, uniqueList } from '../rule/schemas';

/** The default days before expiry on which reminders are sent. 0 means that it has expired. */
export const REMINDER_DAYS: readonly number[] = [30, 14, 7, 1, 0];

/**
 * The days on which the severity rises: seven days before the end, and at the end. Only reminders
 * report it, so they are sent on these days whatever the settings say.
 */
export const SEVERITY_DAYS: readonly number[] = [7, 0];

/** The maximum length of the URL in every email. */
export const MAX_RUNBOOK_LENGTH = 500;

/** The maximum number of owners. An event bus can have 300 rules (EventBridge quota). */
const MAX_OWNERS = 100;

/** The window of `certificate-expiry` if `expiryWindowDays` is not set. */
export const DEFAULT_EXPIRY_WINDOW_DAYS = 60;

const busArn = text(
  /^arn:aws[a-z-]*:events:[a-z0-9-]+:[0-9]{12}:event-bus\/[\w./-]{1,256}$/,
  'the ARN of an event bus (arn:aws:events:REGION:ACCOUNT:event-bus/NAME)',
);
/** The ARN of a topic, with its Region and account. */
export const TOPIC = /^arn:aws[a-z-]*:sns:([a-z0-9-]+):([0-9]{12}):[\w-]{1,256}$/;
const destination = z.union([z.email(), z.string().regex(TOPIC)], {
  error: 'allowed: an email address, or the ARN of a topic (arn:aws:sns:REGION:ACCOUNT:NAME)',
});

const alarmTopicArn = text(
  /^arn:aws[a-z-]*:sns:(REGION|[a-z0-9-]+):[0-9]{12}:[\w-]{1,256}$/,
  'the ARN of a topic; REGION in it is replaced with the Region of each alarm',
);

/** Who receives alerts, and about what. */
export interface AlertSettings {
  /** The address that receives all alerts. */
  readonly email?: string | undefined;

  /**
   * Additional recipients by value of the owner tag, ignoring case: an email address, or the ARN of
   * a topic in the home Region.
   */
  readonly owners?: Readonly<Record<string, string>> | undefined;

  /**
   * The days before expiry on which reminders are sent, in addition to 7 and 0; 0 means that the
   * certificate has expired.
   *
   * @default - 30, 14, 7, 1 and 0, as far as they are in the expiry window
   */
  readonly reminderDays?: readonly number[] | undefined;

  /** The URL in every email. */
  readonly runbook?: string | undefined;

  /** The ARN of a bus that receives the events unchanged. */
  readonly eventBus?: string | undefined;

  /** Whether each account and Region has alarms about its own function. */
  readonly accountAlarms?: boolean | undefined;

  /**
   * The ARN of the topic that alarms notify. `REGION` in it stands for the Region of each alarm.
   *
   * @default - a topic in each Region
   */
  readonly alarmTopic?: string | undefined;
}

/** The schema of the alert settings in the configuration file. */
export const alertSettingsSchema = z.strictObject({
  email: z
    .email({ error: 'allowed: an email address' })
    .optional()
    .describe('Receives all alerts: NON_COMPLIANT stages, expiring certificates and alarms about the function'),
  owners: z
    .record(z.string().min(1).max(256), destination)
    .refine((owners) => Object.keys(owners).length <= MAX_OWNERS, { error: `allowed: at most ${MAX_OWNERS}` })
    .optional()
    .describe(
      'Additional recipients by value of the owner tag, ignoring case: an email address, or the ARN of a topic in the ' +
        'home Region. Requires email or eventBus',
    ),
  reminderDays: uniqueList(integer(0, 365))
    .max(10, { error: 'allowed: at most 10' })
    .optional()
    .describe(
      'Days before expiry on which reminders are sent; 0 means that the certificate has expired. 7 and 0 are always ' +
        'included, because the severity rises then; [] means only these. Default: [30, 14, 7, 1, 0]',
    ),
  runbook: text(/^https:\/\/[\w.~:/?#[\]@!$&'()*+,;=%-]+$/, 'a URL that starts with https://')
    .max(MAX_RUNBOOK_LENGTH, { error: `allowed: at most ${MAX_RUNBOOK_LENGTH} characters` })
    .optional()
    .describe('The https URL of your instructions, which is in every email about stages and certificates'),
  account: text(/^[0-9]{12}$/, 'an account id: twelve digits in quotes')
    .optional()
    .describe('The account that sends the emails. Default: organization.administratorAccount'),
  accountAlarms: z
    .boolean()
    .default(false)
    .describe(
      'Whether each account and Region gets alarms about its own function, at a cost for each alarm. Default: one set of ' +
        'alarms for the organization, in the account of the dashboard',
    ),
  alarmTopic: alarmTopicArn
    .optional()
    .describe(
      'The ARN of your topic for on-call or chat tools, which alarms about the function notify; REGION in it is replaced with ' +
        'the Region of each alarm. Default: a topic NAME-alarms in each Region',
    ),
  eventBus: busArn.optional().describe('The ARN of your event bus, which receives the events unchanged'),
});

/** Returns whether a destination is the ARN of an existing topic instead of an email address. */
export const isTopic = (destination: string) => TOPIC.test(destination);

/** Returns whether anyone receives emails, which requires a bus and topics in the home Region. */
export function hasRecipients(alerts: AlertSettings | undefined): boolean {
  return alerts?.email !== undefined || Object.keys(alerts?.owners ?? {}).length > 0;
}

/**
 * Returns the days of the reminders in descending order, with those on which the severity rises;
 * none without the check `certificate-expiry`.
 */
export function reminderDays(alerts: AlertSettings | undefined, parameters: RuleParameters): number[] {
  if (alerts === undefined || !selectedChecks(parameters).includes('certificate-expiry')) {
    return [];
  }
  return daysWithin(parameters.expiryWindowDays ?? DEFAULT_EXPIRY_WINDOW_DAYS, alerts);
}

/**
 * Returns the days of the reminders about truststores and domain certificates in descending order;
 * none without a check of either.
 */
export function frontDoorReminderDays(
  alerts: AlertSettings | undefined,
  parameters: RuleParameters,
  frontDoor: FrontDoorSettings | undefined,
): number[] {
  const window = frontDoorWindow(parameters, frontDoor);
  return alerts === undefined || window === 0 ? [] : daysWithin(window, alerts);
}

/** Returns the longest window of a check of the front door, in days; 0 if no check has one. */
export function frontDoorWindow(parameters: RuleParameters, frontDoor: FrontDoorSettings | undefined): number {
  const checks = frontDoor === undefined ? [] : selectedFrontDoorChecks(frontDoor);
  return Math.max(
    checks.includes('truststore') ? (frontDoor?.truststoreWindowDays ?? DEFAULT_TRUSTSTORE_WINDOW_DAYS) : 0,
    checks.includes('domain-certificate') ? (parameters.expiryWindowDays ?? DEFAULT_EXPIRY_WINDOW_DAYS) : 0,
  );
}

function daysWithin(window: number, alerts: AlertSettings): number[] {
  const days = [...(alerts.reminderDays ?? REMINDER_DAYS), ...SEVERITY_DAYS].filter((day) => day <= window);
  return [...new Set(days)].sort((one, other) => other - one);
}

/**
 * Returns whether an account without a function sends events: compliance changes to your own bus,
 * or triggers of reminders.
 */
export function membersSendEvents(
  alerts: AlertSettings | undefined,
  parameters: RuleParameters,
  frontDoor: FrontDoorSettings | undefined,
): boolean {
  const days = [...reminderDays(alerts, parameters), ...frontDoorReminderDays(alerts, parameters, frontDoor)];
  return alerts?.eventBus !== undefined || days.length > 0;
}
