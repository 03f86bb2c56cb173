import { z } from 'zod';
import { integer, text } from './schemas';

/** The codes of all checks. */
export const CHECKS = ['certificate-attached', 'certificate-expiry', 'certificate-unique', 'owner-tag'] as const;

/** The code of one check. */
export type Check = (typeof CHECKS)[number];

/** The maximum length of `InputParameters` in characters (botocore, `StringWithCharLimit1024`). */
const MAX_LENGTH = 1024;

/** A part of a key: not empty, `.` or `..`, which an HTTP client may remove from a URL. */
const KEY_PART = "(\\.*[A-Za-z0-9!_'()-][A-Za-z0-9!_.'()-]*|\\.{3,})";

/**
 * The pattern of an exemption document, in the syntax that Java, JavaScript and RE2 share. `*` is
 * not allowed, because it is a wildcard in the ARN of the function's permission.
 */
export const EXEMPTION_DOCUMENT = `s3://[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]/${KEY_PART}(/${KEY_PART})*`;

/** The maximum length of the key, in characters. */
const MAX_KEY_LENGTH = 512;

/** The maximum length of an exemption document's location: a bucket's name has 63 characters. */
export const MAX_DOCUMENT_LENGTH = 's3:///'.length + 63 + MAX_KEY_LENGTH;

/** What an exemption document may be, for error messages. */
export const ALLOWED_DOCUMENT =
  `s3://BUCKET/KEY, with a key of at most ${MAX_KEY_LENGTH} letters, digits and !_.'()/-, without empty parts, . and .. ` +
  'between its slashes';

const days = integer(1, 365);
const entry = z.string().regex(/^[^,\s](?:[^,]*[^,\s])?$/, { error: 'allowed: an entry without commas' });
const codes = `(?:${CHECKS.join('|')})`;
/** A glob, followed by the optional checks, last day (UTC) and reason, in this order. */
const exemption = entry
  .regex(
    new RegExp(
      `^[^\\s/]+\\/[^\\s/]+(?:\\s+checks=${codes}(?:\\+${codes})*)?` +
        '(?:\\s+until=\\d{4}-\\d{2}-\\d{2})?(?:\\s+reason=(?!(?:.* )?(?:until|checks)=)[ -~]{1,100})?$',
    ),
    {
      error: 'allowed: GLOB [checks=CODE+CODE] [until=YYYY-MM-DD] [reason=TEXT of 1 to 100 printable ASCII characters]',
    },
  )
  .refine((text) => isCalendarDay(/\suntil=(\S+)/.exec(text)?.[1]), {
    error: 'allowed: until= with a day that exists',
  })
  .refine((text) => new Set(checksOf(text)).size === checksOf(text).length, {
    error: 'allowed: checks= with each code once',
  });
const exemptionDocument = text(new RegExp(`^${EXEMPTION_DOCUMENT}$`), ALLOWED_DOCUMENT).refine(
  (location) => {
    const [bucket = '', ...key] = location.slice('s3://'.length).split('/');
    return !bucket.includes('..') && key.join('/').length <= MAX_KEY_LENGTH;
  },
  { error: `allowed: ${ALLOWED_DOCUMENT}` },
);
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
  readonly exemptionTag?: string | undefined;
  readonly exemptions?: string | undefined;
  readonly apiGatewayCallsPerSecond?: number | undefined;
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
  excludeStages: list(exemption)
    .refine((entries) => !entries.some((entry, index) => entries.slice(0, index).some((it) => repeats(it, entry))), {
      error: 'allowed: each glob once per check',
    })
    .optional(),
  exemptionTag: text(/^[^,\s](?:[^,]{0,126}[^,\s])?$/, 'a tag key of 1 to 128 characters').optional(),
  exemptions: exemptionDocument.optional(),
  apiGatewayCallsPerSecond: integer(1, 8).optional(),
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

/**
 * Returns a rule's `InputParameters`: strings, which AWS Config passes to the function.
 *
 * @param parameters the parameters of the rule for stages or of the one for the front door
 * @param key where the configuration file has them, for error messages
 */
export function inputParameters(
  parameters: object,
  deployment: DeploymentParameters = {},
  key = 'rule.parameters',
): Record<string, string> {
  const entries = Object.entries({ ...parameters, ...deployment }).filter(([, value]) => value !== undefined);
  const strings = Object.fromEntries(
    entries.map(([key, value]) => [key, Array.isArray(value) ? value.join(',') : String(value)]),
  );
  const length = JSON.stringify(strings).length;
  if (length > MAX_LENGTH) {
    throw new Error(`${key}: ${length} characters; allowed: ${MAX_LENGTH} as JSON, AWS Config's limit`);
  }
  return strings;
}

/** Returns the checks that the parameters select. */
export function selectedChecks(parameters: RuleParameters): readonly Check[] {
  return parameters.checks ?? CHECKS;
}

/** Returns whether both exempt a check of the same glob, so that it is unclear which one counts. */
function repeats(one: string, other: string): boolean {
  return globOf(one) === globOf(other) && checksOf(one).some((check) => checksOf(other).includes(check));
}

/** Returns the checks of an exemption, which are all of them if it names none. */
function checksOf(exemption: string): readonly string[] {
  return /^\S+\s+checks=(\S+)/.exec(exemption)?.[1]?.split('+') ?? CHECKS;
}

function globOf(exemption: string) {
  return exemption.split(/\s/)[0];
}

function isCalendarDay(text: string | undefined) {
  if (text === undefined) return true;
  const day = new Date(`${text}T00:00:00Z`);
  return !Number.isNaN(day.valueOf()) && day.toISOString().startsWith(text);
}
