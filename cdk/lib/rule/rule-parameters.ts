import { z } from 'zod';
import { integer } from './schemas';

/** The codes of all checks. */
export const CHECKS = ['certificate-attached', 'certificate-expiry', 'certificate-unique', 'owner-tag'] as const;

/** The code of one check. */
export type Check = (typeof CHECKS)[number];

/** The maximum length of `InputParameters` in characters (botocore, `StringWithCharLimit1024`). */
const MAX_LENGTH = 1024;

const days = integer(1, 365);
const entry = z.string().regex(/^[^,\s](?:[^,]*[^,\s])?$/, { error: 'allowed: an entry without commas' });
/** A glob, followed by the optional last day (UTC) and the optional reason. */
const exclusion = entry
  .regex(/^[^\s/]+\/[^\s/]+(?:\s+until=\d{4}-\d{2}-\d{2})?(?:\s+reason=[ -~]{1,100})?$/, {
    error: 'allowed: GLOB [until=YYYY-MM-DD] [reason=TEXT of 1 to 100 printable ASCII characters]',
  })
  .refine((text) => isCalendarDay(/\suntil=(\S+)/.exec(text)?.[1]), {
    error: 'allowed: until= with a day that exists',
  });
const list = <T extends z.ZodType<string>>(of: T) =>
  z
    .array(of)
    .min(1, { error: 'allowed: at least one entry, or leave the key out' })
    .refine((entries) => new Set(entries).size === entries.length, { error: 'allowed: each entry once' });

/**
 * The rule parameters: numbers and lists instead of AWS Config's strings. docs/parameters.md
 * describes them and their defaults.
 */
export interface RuleParameters {
  readonly checks?: readonly Check[] | undefined;
  readonly expiryWindowDays?: number | undefined;
  readonly managedRenewalWindowDays?: number | undefined;
  readonly ownerTagKeys?: readonly string[] | undefined;
  readonly ownerTagPattern?: string | undefined;
  readonly ownerTagOn?: readonly ('stage' | 'certificate')[] | undefined;
  readonly certificateIds?: readonly string[] | undefined;
  readonly certificateSharing?: 'none' | readonly ('same-api' | 'acm')[] | undefined;
  readonly appliesTo?: 'http-integrations' | 'all-stages' | undefined;
  readonly includeStages?: readonly string[] | undefined;
  readonly excludeStages?: readonly string[] | undefined;
  readonly inventory?: 'config' | 'apigateway' | undefined;
  readonly reporting?: 'changed' | 'all' | undefined;
  readonly securityHub?: 'off' | 'on' | undefined;
  readonly findingOwner?: 'key' | 'value' | undefined;
}

/** The schema of the rule parameters in the configuration file. */
export const ruleParametersSchema = z.strictObject({
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

/** Parameters that the deployment sets and the configuration file can't. */
export interface DeploymentParameters {
  /** Whether the function sends an event for each check that newly fails, rises or is fixed. */
  readonly events?: 'on';

  /** The role to assume in the event's account. */
  readonly executionRoleName?: string;
}

/** The names of the parameters that the deployment sets. */
export const DEPLOYMENT_PARAMETERS: readonly (keyof DeploymentParameters)[] = ['events', 'executionRoleName'];

/** Returns a rule's `InputParameters`: strings, which AWS Config passes to the function. */
export function inputParameters(
  parameters: RuleParameters,
  deployment: DeploymentParameters = {},
): Record<string, string> {
  const entries = Object.entries({ ...parameters, ...deployment }).filter(([, value]) => value !== undefined);
  const strings = Object.fromEntries(
    entries.map(([key, value]) => [key, Array.isArray(value) ? value.join(',') : String(value)]),
  );
  const length = JSON.stringify(strings).length;
  if (length > MAX_LENGTH) {
    throw new Error(`rule.parameters: ${length} characters; allowed: ${MAX_LENGTH} as JSON, AWS Config's limit`);
  }
  return strings;
}

/** Returns the checks that the parameters select. */
export function selectedChecks(parameters: RuleParameters): readonly Check[] {
  return parameters.checks ?? CHECKS;
}

function globOf(exclusion: string) {
  return exclusion.split(/\s/)[0];
}

function isCalendarDay(text: string | undefined) {
  if (text === undefined) return true;
  const day = new Date(`${text}T00:00:00Z`);
  return !Number.isNaN(day.valueOf()) && day.toISOString().startsWith(text);
}
