import { z } from 'zod';

/** The checks, by their codes. */
export const CHECKS = ['certificate-attached', 'certificate-expiry', 'certificate-unique', 'owner-tag'] as const;

/** A check's code. */
export type Check = (typeof CHECKS)[number];

/** AWS Config's limit of `InputParameters`, in characters (botocore, `StringWithCharLimit1024`). */
const LONGEST = 1024;

const days = z.int({ error: 'allowed: a whole number from 1 to 365' }).min(1, bounds()).max(365, bounds());
const entry = z.string().regex(/^[^,\s](?:[^,]*[^,\s])?$/, { error: 'allowed: an entry without commas' });
/** A glob, and behind it the last day (UTC) and the reason, as the function takes them. */
const exclusion = entry
  .regex(/^[^\s/]+\/[^\s/]+(?:\s+until=\d{4}-\d{2}-\d{2})?(?:\s+reason=[ -~]{1,100})?$/, {
    error: 'allowed: GLOB [until=YYYY-MM-DD] [reason=TEXT of 1 to 100 printable ASCII characters]',
  })
  .refine((text) => isDay(/\suntil=(\S+)/.exec(text)?.[1]), { error: 'allowed: until= with a day that there is' });
const list = <T extends z.ZodType<string>>(of: T) =>
  z
    .array(of)
    .min(1, { error: 'allowed: at least one entry, or leave the key out' })
    .refine((entries) => new Set(entries).size === entries.length, { error: 'allowed: each entry once' });

/** The rule parameters as the configuration file has them: numbers and lists, not Config's strings. */
export const RuleParameters = z.strictObject({
  checks: list(z.enum(CHECKS)).optional(),
  expiryWindowDays: days.optional(),
  managedRenewalWindowDays: days.optional(),
  ownerTagKeys: list(entry).optional(),
  ownerTagPattern: z.string().min(1).optional(),
  ownerTagOn: list(z.enum(['stage', 'certificate'])).optional(),
  certificateIds: list(entry).optional(),
  certificateSharing: z.union([z.literal('none'), list(z.enum(['same-api', 'acm']))]).optional(),
  appliesTo: z.enum(['http-integrations', 'all-stages']).optional(),
  includeStages: list(entry).optional(),
  excludeStages: list(exclusion)
    .refine((entries) => new Set(entries.map(globOf)).size === entries.length, { error: 'allowed: each glob once' })
    .optional(),
  inventory: z.enum(['config', 'apigateway']).optional(),
  reporting: z.enum(['changed', 'all']).optional(),
  securityHub: z.enum(['off', 'on']).optional(),
  findingOwner: z.enum(['key', 'value']).optional(),
});

/** The rule parameters of the configuration file. */
export type RuleParameters = z.infer<typeof RuleParameters>;

/** Parameters that a deployment sets by itself. */
export interface DeploymentParameters {
  /** The role to assume in the event's account. */
  readonly executionRoleName?: string;
}

/** What goes into a rule's `InputParameters`: strings, as Config hands them to the function. */
export function inputParameters(
  parameters: RuleParameters,
  deployment: DeploymentParameters = {},
): Record<string, string> {
  const entries = Object.entries({ ...parameters, ...deployment }).filter(([, value]) => value !== undefined);
  const strings = Object.fromEntries(
    entries.map(([key, value]) => [key, Array.isArray(value) ? value.join(',') : String(value)]),
  );
  const length = JSON.stringify(strings).length;
  if (length > LONGEST) {
    throw new Error(`rule.parameters: ${length} characters; allowed: ${LONGEST} as JSON, the limit of AWS Config`);
  }
  return strings;
}

/** The checks that the parameters choose. */
export function chosenChecks(parameters: RuleParameters): readonly Check[] {
  return parameters.checks ?? CHECKS;
}

function globOf(exclusion: string) {
  return exclusion.split(/\s/)[0];
}

function isDay(text: string | undefined) {
  if (text === undefined) return true;
  const day = new Date(`${text}T00:00:00Z`);
  return !Number.isNaN(day.valueOf()) && day.toISOString().startsWith(text);
}

function bounds() {
  return { error: 'allowed: a whole number from 1 to 365' };
}
