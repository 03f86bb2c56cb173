import { DeploymentNames } from '../names';
import type { FrontDoorSettings } from '../rule/front-door';
import { type RuleParameters, selectedChecks } from '../rule/rule-parameters';
import {
  type AlertSettings,
  DEFAULT_EXPIRY_WINDOW_DAYS,
  frontDoorWindow,
  hasRecipients,
  TOPIC,
} from './alert-settings';

const BUS = /^arn:aws[a-z-]*:events:([a-z0-9-]+):([0-9]{12}):event-bus\/(.+)$/;

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

  /** @default - no rule for the front door */
  readonly frontDoor?: FrontDoorSettings | undefined;
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
  problems.push(...reminderConflicts(alerts, parameters, surroundings.frontDoor));
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

/** Returns the problems of reminders that no check would send. */
function reminderConflicts(
  { reminderDays = [] }: AlertSettings,
  parameters: RuleParameters,
  frontDoor: FrontDoorSettings | undefined,
): string[] {
  const problems: string[] = [];
  const window = parameters.expiryWindowDays ?? DEFAULT_EXPIRY_WINDOW_DAYS;
  const longest = Math.max(window, frontDoorWindow(parameters, frontDoor));
  if (reminderDays.some((day) => day > longest)) {
    const key = longest === window ? 'rule.parameters.expiryWindowDays' : 'frontDoor.truststoreWindowDays';
    problems.push(
      `alerts.reminderDays: allowed: at most ${longest}, the value of ${key}: a certificate that expires later passes ` +
        'the check',
    );
  }
  const isSent =
    selectedChecks(parameters).includes('certificate-expiry') || frontDoorWindow(parameters, frontDoor) > 0;
  if (reminderDays.length > 0 && !isSent) {
    problems.push('alerts.reminderDays: allowed only with the check certificate-expiry in rule.parameters.checks');
  }
  return problems;
}

/** Returns the problems of the owners: alerts that reach no one, and owners that no tag has. */
function ownerConflicts(alerts: AlertSettings, parameters: RuleParameters): string[] {
  const problems: string[] = [];
  if (Object.keys(alerts.owners ?? {}).length > 0 && alerts.email === undefined && alerts.eventBus === undefined) {
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
