import { z } from 'zod';
import { chosenChecks, type RuleParameters } from '../rule/rule-parameters';
import { several, text, whole } from '../rule/schemas';

/** When people are reminded of a certificate: so many days before its end; 0 is the end itself. */
export const REMINDER_DAYS: readonly number[] = [30, 14, 7, 1, 0];

/** How many owners have a topic of their own. An event bus holds 300 rules (EventBridge's quota). */
const MOST_OWNERS = 100;

/** The window of `certificate-expiry` where `expiryWindowDays` is left out. */
export const DEFAULT_WINDOW = 60;

const busArn = text(
  /^arn:aws[a-z-]*:events:[a-z0-9-]+:[0-9]{12}:event-bus\/[\w./-]{1,256}$/,
  'the ARN of an event bus (arn:aws:events:REGION:ACCOUNT:event-bus/NAME)',
);
const TOPIC = /^arn:aws[a-z-]*:sns:([a-z0-9-]+):([0-9]{12}):[\w-]{1,256}$/;
const destination = z.union([z.email(), z.string().regex(TOPIC)], {
  error: 'allowed: an e-mail address, or the ARN of a topic (arn:aws:sns:REGION:ACCOUNT:NAME)',
});

/** Who is told, of what. */
export const AlertSettings = z.strictObject({
  email: z
    .email({ error: 'allowed: an e-mail address' })
    .optional()
    .describe('Who is told of everything: stages that fail, certificates that end, a function in trouble'),
  owners: z
    .record(z.string().min(1).max(256), destination)
    .refine((owners) => Object.keys(owners).length <= MOST_OWNERS, { error: `allowed: at most ${MOST_OWNERS}` })
    .optional()
    .describe(
      'Who is told beside `email`, by the value of the owner tag: an e-mail address, or a topic in the home Region',
    ),
  reminderDays: several(whole(0, 365))
    .max(10, { error: 'allowed: at most 10' })
    .optional()
    .describe(
      'So many days before a certificate ends people are reminded; 0 when it has ended; [] never. [30, 14, 7, 1, 0]',
    ),
  eventBus: busArn.optional().describe('An event bus of yours that gets the events too'),
});

/** Who is told, of what. */
export type AlertSettings = z.infer<typeof AlertSettings>;

/** Where people are told: by an address that a topic of ours has, or by a topic of yours. */
export const isTopic = (destination: string) => TOPIC.test(destination);

/** Whether anybody is told by mail, which takes a bus and topics in the home Region. */
export function tellsPeople(alerts: AlertSettings | undefined): boolean {
  return alerts?.email !== undefined || Object.keys(alerts?.owners ?? {}).length > 0;
}

/** Whether changes are told to the owner that a stage's tag names. */
export function routesOwners(alerts: AlertSettings | undefined): boolean {
  return Object.keys(alerts?.owners ?? {}).length > 0;
}

/** The days of the reminders, the longest first; none where the check that they come from is not chosen. */
export function reminderDays(alerts: AlertSettings | undefined, parameters: RuleParameters): number[] {
  if (alerts === undefined || !chosenChecks(parameters).includes('certificate-expiry')) {
    return [];
  }
  const window = parameters.expiryWindowDays ?? DEFAULT_WINDOW;
  const days = alerts.reminderDays ?? REMINDER_DAYS.filter((day) => day <= window);
  return [...days].sort((one, other) => other - one);
}

/** What of the alerts does not agree with the rest of the configuration. */
export function alertDisagreements(
  alerts: AlertSettings | undefined,
  parameters: RuleParameters,
  home: { readonly region: string; readonly account?: string | undefined },
): string[] {
  if (alerts === undefined) {
    return [];
  }
  const problems: string[] = [];
  if (!tellsPeople(alerts) && alerts.eventBus === undefined) {
    problems.push('alerts: allowed: at least one of email, owners, eventBus');
  }
  const window = parameters.expiryWindowDays ?? DEFAULT_WINDOW;
  const late = (alerts.reminderDays ?? []).filter((day) => day > window);
  if (late.length > 0) {
    problems.push(
      `alerts.reminderDays: allowed: at most ${window}, what rule.parameters.expiryWindowDays says: a certificate that ends later ` +
        'passes the check',
    );
  }
  if ((alerts.reminderDays ?? []).length > 0 && !chosenChecks(parameters).includes('certificate-expiry')) {
    problems.push('alerts.reminderDays: allowed only with the check certificate-expiry in rule.parameters.checks');
  }
  for (const [owner, destination] of Object.entries(alerts.owners ?? {})) {
    const [, region, account] = TOPIC.exec(destination) ?? [];
    if (region !== undefined && (region !== home.region || account !== (home.account ?? account))) {
      problems.push(
        `alerts.owners.${owner}: allowed: a topic in ${home.region}${home.account ? ` of account ${home.account}` : ''}, where the ` +
          'alerts are told from',
      );
    }
  }
  return problems;
}
