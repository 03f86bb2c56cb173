import { z } from 'zod';
import { DeploymentNames } from '../names';
import { FREQUENCIES, type Frequency } from './frequency';
import type { RuleParameters } from './rule-parameters';
import { integer, text, uniqueList } from './schemas';

/** The codes of the checks of the front door, which have a separate rule. */
export const FRONT_DOOR_CHECKS = [
  'mutual-tls',
  'truststore',
  'domain-certificate',
  'tls-policy',
  'private-front-door',
] as const;

/** The code of one check of the front door. */
export type FrontDoorCheck = (typeof FRONT_DOOR_CHECKS)[number];

/**
 * The message types that trigger the rule. AWS Config refuses a scope for a rule that has only this
 * one.
 */
export const FRONT_DOOR_TRIGGERS = ['ScheduledNotification'];

/** The window of `truststore` if `truststoreWindowDays` is not set. */
export const DEFAULT_TRUSTSTORE_WINDOW_DAYS = 90;

/** What the rule for the front door checks, and what it may read. */
export interface FrontDoorSettings {
  /** @default - all checks of the front door */
  readonly checks?: readonly FrontDoorCheck[] | undefined;

  /**
   * Globs over domain names and API ids: the APIs that callers may reach only with a certificate.
   *
   * @default - only APIs that require one already, on at least one entry point
   */
  readonly requireMutualTls?: readonly string[] | undefined;

  /** @default 90 */
  readonly truststoreWindowDays?: number | undefined;

  /**
   * The ARNs of the buckets with the truststores of custom domain names. The truststore of any
   * other bucket is unreadable.
   *
   * @default - no bucket
   */
  readonly truststoreBuckets?: readonly string[] | undefined;

  /** @default - the frequency of the rule for stages */
  readonly frequency?: Frequency | undefined;
}

/**
 * The pattern of a glob over domain names and API ids, in the syntax that Java, JavaScript and RE2
 * share. The function refuses `**`.
 */
export const NAME_GLOB = '(\\*|\\*?[a-z0-9._?-]+(\\*[a-z0-9._?-]+)*\\*?)';

/** What a glob may be, for error messages. */
const ALLOWED_GLOB = 'a domain name or an API id, in which * stands for any characters and ? for one';

/** The pattern of the ARN of a bucket, in the same syntax. */
export const BUCKET_ARN = 'arn:aws[a-z-]*:s3:::[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]';

const notEmpty = { error: 'allowed: at least one entry, or leave the key out' };

/** The schema of the key `frontDoor` in the configuration file. */
export const frontDoorSchema = z.strictObject({
  enabled: z
    .boolean()
    .optional()
    .describe('Whether to deploy the rule for the front door and grant what it reads. Default: false'),
  checks: uniqueList(z.enum(FRONT_DOOR_CHECKS)).min(1, notEmpty).optional().describe('Default: all five'),
  requireMutualTls: uniqueList(text(new RegExp(`^${NAME_GLOB}$`), ALLOWED_GLOB))
    .min(1, notEmpty)
    .optional()
    .describe(
      'Globs over domain names and API ids: the APIs that callers may reach only with a certificate. Default: only APIs ' +
        'with an entry point that requires one already',
    ),
  truststoreWindowDays: integer(1, 365)
    .optional()
    .describe(
      `Truststores with a CA that expires within this number of days are NON_COMPLIANT. Default: ${DEFAULT_TRUSTSTORE_WINDOW_DAYS}`,
    ),
  truststoreBuckets: uniqueList(text(new RegExp(`^${BUCKET_ARN}$`), 'the ARN of a bucket (arn:aws:s3:::BUCKET)'))
    .min(1, notEmpty)
    .optional()
    .describe(
      'The ARNs of the buckets with the truststores of custom domain names, which the function may read. The truststore ' +
        'of any other bucket is reported as unreadable',
    ),
  frequency: z
    .enum(FREQUENCIES)
    .optional()
    .describe('How often the front door is evaluated: no change triggers this rule. Default: rule.frequency'),
});

/** The parameters of the rule for stages that the rule for the front door has too. */
export const SHARED_PARAMETERS = [
  'expiryWindowDays',
  'managedRenewalWindowDays',
  'ownerTagKeys',
  'ownerTagPattern',
  'apiGatewayCallsPerSecond',
  'reporting',
  'securityHub',
  'findingOwner',
] as const satisfies readonly (keyof RuleParameters)[];

/** The rule's parameters: numbers and lists instead of AWS Config's strings. */
export interface FrontDoorParameters extends Pick<RuleParameters, (typeof SHARED_PARAMETERS)[number]> {
  /** Without this parameter, the rule would have the checks of stages. */
  readonly checks: readonly FrontDoorCheck[];
  readonly requireMutualTls?: readonly string[] | undefined;
  readonly truststoreWindowDays?: number | undefined;
}

/** The name, description and parameters of the rule for the front door. */
export interface FrontDoorRule {
  readonly name: string;
  readonly description: string;
  readonly parameters: FrontDoorParameters;
  readonly frequency: Frequency;
}

/** What {@link frontDoorRule} needs. */
export interface FrontDoorRuleProps {
  /** The deployment's name. */
  readonly name: string;

  /** How often the rule for stages sweeps. */
  readonly frequency: Frequency;

  /** The parameters of the rule for stages. */
  readonly parameters: RuleParameters;

  /** @default - no rule for the front door */
  readonly frontDoor?: FrontDoorSettings | undefined;
}

/** Returns the rule for the front door, if the settings include it. */
export function frontDoorRule(props: FrontDoorRuleProps): FrontDoorRule | undefined {
  const { name, frontDoor, parameters } = props;
  if (frontDoor === undefined) {
    return undefined;
  }
  const { requireMutualTls, truststoreWindowDays } = frontDoor;
  const shared = Object.fromEntries(SHARED_PARAMETERS.map((key) => [key, parameters[key]]));
  return {
    name: new DeploymentNames(name).frontDoorRule,
    description: 'API Gateway APIs and custom domain names whose mutual TLS can be bypassed or is about to fail',
    parameters: { checks: selectedFrontDoorChecks(frontDoor), requireMutualTls, truststoreWindowDays, ...shared },
    frequency: frontDoor.frequency ?? props.frequency,
  };
}

/** Returns the selected checks in the order of the documentation. */
export function selectedFrontDoorChecks({ checks }: FrontDoorSettings): readonly FrontDoorCheck[] {
  return FRONT_DOOR_CHECKS.filter((check) => (checks ?? FRONT_DOOR_CHECKS).includes(check));
}
