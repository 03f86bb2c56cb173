import { z } from 'zod';
import { DeploymentNames } from '../names';
import { type RuleParameters, selectedChecks } from '../rule/rule-parameters';
import { integer, text, uniqueList } from '../rule/schemas';

/** The default days before expiry on which reminders are sent. 0 means that it has expired. */
export const REMINDER_DAYS: readonly number[] = [30, 14, 7, 1, 0];

/** The maximum number of owners. An event bus can have 300 rules (EventBridge quota). */
const MAX_OWNERS = 100;

/** The window of `certificate-expiry` if `expiryWindowDays` is not set. */
export const DEFAULT_EXPIRY_WINDOW_DAYS = 60;

const BUS = /^arn:aws[a-z-]*:events:([a-z0-9-]+):([0-9]{12}):event-bus\/(.+)$/;
const busArn = text(
  /^arn:aws[a-z-]*:events:[a-z0-9-]+:[0-9]{12}:event-bus\/[\w./-]{1,256}$/,
  'the ARN of an event bus (arn:aws:events:REGION:ACCOUNT:event-bus/NAME)',
);
const TOPIC = /^arn:aws[a-z-]*:sns:([a-z0-9-]+):([0-9]{12}):[\w-]{1,256}$/;
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
   * The days before expiry on which reminders are sent; 0 means that the certificate has expired.
   *
   * @default - 30, 14, 7, 1 and 0, as far as they are in the expiry window
   */
  readonly reminderDays?: readonly number[] | undefined;

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
      'Days before expiry on which reminders are sent; 0 means that the certificate has expired; [] sends none. ' +
        'Default: [30, 14, 7, 1, 0]',
    ),
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

/** Returns whether the owners of stages receive alerts. */
export function notifiesOwners(alerts: AlertSettings | undefined): boolean {
  return Object.keys(alerts?.owners ?? {}).length > 0;
}

/**
 * Returns the days of the reminders in descending order; none without the check
 * `certificate-expiry`.
 */
export function reminderDays(alerts: AlertSettings | undefined, parameters: RuleParameters): number[] {
  if (alerts === undefined || !selectedChecks(parameters).includes('certificate-expiry')) {
    return [];
  }
  const window = parameters.expiryWindowDays ?? DEFAULT_EXPIRY_WINDOW_DAYS;
  const days = alerts.reminderDays ?? REMINDER_DAYS.filter((day) => day <= window);
  return [...days].sort((one, other) => other - one);
}

/** Returns whether events of this deployment come, or may come, from a bus. */
function sendsEvents(arn: string, { name, regions, account, senders }: AlertSurroundings): boolean {
  const [, region = '', busAccount = '', bus = ''] = BUS.exec(arn) ?? [];
  if (!regions.includes(region)) {
    return false;
  }
  const names = new DeploymentNames(name);
  if (bus === names.alertBus || bus === names.functionBus) {
    return busAccount === (account ?? busAccount) || senders.known.includes(busAccount);
  }
  if (bus !== 'default' || senders.known.includes(busAccount)) {
    return bus === 'default';
  }
  return senders.others === undefined ? !senders.excluded.includes(busAccount) : senders.others.includes(busAccount);
}

/** What {@link alertConflicts} compares alert settings with. */
export interface AlertSurroundings {
  readonly deploymentMode: string;

  /** The Regions; the first is the home Region. */
  readonly regions: readonly string[];

  /** The account that sends the emails. */
  readonly account?: string | undefined;
  readonly metrics: string;

  /** The deployment's name. */
  readonly name: string;

  /** The accounts from whose default buses events may come. */
  readonly senders: Senders;
}

/** The accounts from whose default buses events may come. */
export interface Senders {
  /** Accounts from which events come for certain. */
  readonly known: readonly string[];

  /**
   * All other accounts from which events come.
   *
   * @default - any account that isn't excluded: the accounts of organizational units are not known
   */
  readonly others?: readonly string[] | undefined;

  readonly excluded: readonly string[];
}

/** Returns the problems of alert settings that conflict with the rest of the configuration. */
export function alertConflicts(
  alerts: AlertSettings | undefined,
  parameters: RuleParameters,
  surroundings: AlertSurroundings,
): string[] {
  const { deploymentMode, regions, account, metrics } = surroundings;
  if (alerts === undefined) {
    return [];
  }
  const problems: string[] = [];
  if (!hasRecipients(alerts) && alerts.eventBus === undefined) {
    problems.push('alerts: allowed: at least one of email, owners, eventBus');
  }
  problems.push(...ownerConflicts(alerts, parameters));
  const window = parameters.expiryWindowDays ?? DEFAULT_EXPIRY_WINDOW_DAYS;
  const early = (alerts.reminderDays ?? []).filter((day) => day > window);
  if (early.length > 0) {
    problems.push(
      `alerts.reminderDays: allowed: at most ${window}, the value of rule.parameters.expiryWindowDays: a certificate that ` +
        'expires later passes the check',
    );
  }
  if ((alerts.reminderDays ?? []).length > 0 && !selectedChecks(parameters).includes('certificate-expiry')) {
    problems.push('alerts.reminderDays: allowed only with the check certificate-expiry in rule.parameters.checks');
  }
  for (const [owner, destination] of Object.entries(alerts.owners ?? {})) {
    const [, topicRegion, topicAccount] = TOPIC.exec(destination) ?? [];
    if (topicRegion !== undefined && (topicRegion !== regions[0] || topicAccount !== (account ?? topicAccount))) {
      problems.push(
        `alerts.owners.${owner}: allowed: a topic in ${regions[0]}${account ? ` of account ${account}` : ''}, the home ` +
          'Region, from which alerts are sent',
      );
    }
  }
  if (alerts.eventBus !== undefined && sendsEvents(alerts.eventBus, surroundings)) {
    problems.push(
      'alerts.eventBus: allowed: a bus that no events of this deployment come from. They come from the default bus of each ' +
        "account in targets.regions and from the deployment's own buses, and would return to it without end. If the account has " +
        'no rule, add it to targets.excludedAccounts',
    );
  }
  if (alerts.accountAlarms && deploymentMode !== 'stack-set') {
    problems.push(
      'alerts.accountAlarms: allowed only with deploymentMode stack-set; in the other modes, each function has alarms anyway',
    );
  }
  if (alerts.accountAlarms && metrics === 'none') {
    problems.push(
      'alerts.accountAlarms: allowed only with metrics full or few: the alarm on missed sweeps needs a metric',
    );
  }
  const alarmTopicRegion = alerts.alarmTopic?.split(':')[3];
  if (
    alarmTopicRegion !== undefined &&
    alarmTopicRegion !== 'REGION' &&
    regions.some((it) => it !== alarmTopicRegion)
  ) {
    problems.push(
      'alerts.alarmTopic: allowed with these Regions: an ARN with REGION, because an alarm notifies a topic in its own Region',
    );
  }
  return problems;
}

/** Returns the problems of the owners: alerts that reach no one, and owners that no tag has. */
function ownerConflicts(alerts: AlertSettings, parameters: RuleParameters): string[] {
  const problems: string[] = [];
  if (notifiesOwners(alerts) && alerts.email === undefined && alerts.eventBus === undefined) {
    problems.push(
      'alerts.owners: allowed only with email or eventBus, which receive what no owner does: alerts about stages without ' +
        'an owner or with one that is not listed, and about the function',
    );
  }
  const pattern = ownerPattern(parameters.ownerTagPattern);
  const seen = new Map<string, string>();
  for (const owner of Object.keys(alerts.owners ?? {})) {
    const same = seen.get(owner.toLowerCase());
    if (same !== undefined) {
      problems.push(
        `alerts.owners.${owner}: allowed: each owner once; upper and lower case are the same as in ${same}`,
      );
    }
    seen.set(owner.toLowerCase(), owner);
    if (pattern !== undefined && !pattern.test(owner)) {
      problems.push(
        `alerts.owners.${owner}: allowed: an owner that matches rule.parameters.ownerTagPattern, ${parameters.ownerTagPattern}: ` +
          'any other value of the owner tag counts as no owner',
      );
    }
  }
  return problems;
}

/**
 * Returns the pattern of owners for a whole value, ignoring case as the alerts do; undefined if
 * there is none or if JavaScript doesn't support its syntax.
 */
function ownerPattern(pattern: string | undefined): RegExp | undefined {
  try {
    return pattern === undefined ? undefined : new RegExp(`^(?:${pattern})$`, 'isu');
  } catch {
    return undefined;
  }
}
