import { z } from 'zod';
import { alertSettingsSchema } from '../alerts/alert-settings';
import { DEFAULT_NAME, MAX_NAME_LENGTH, reservedEnding } from '../names';
import { FREQUENCIES } from '../rule/frequency';
import { frontDoorSchema } from '../rule/front-door';
import { ruleParametersSchema } from '../rule/rule-parameters';
import { text } from '../rule/schemas';
import { FunctionSettings, RoleSettings } from './function-settings';
import { accountId, Rollout, Targets } from './targets';

/** The deployment modes. */
export const DEPLOYMENT_MODES = ['stack-set', 'organization-rule', 'conformance-pack', 'account'] as const;

/** The schema of `stagecert.yaml`. */
export const Configuration = z.strictObject({
  name: text(
    new RegExp(`^[a-z](-?[a-z0-9]){0,${MAX_NAME_LENGTH - 1}}$`),
    `a name of at most ${MAX_NAME_LENGTH} lowercase letters, digits and single hyphens that starts with a letter`,
  )
    .refine((name) => name.length <= MAX_NAME_LENGTH, { error: `allowed: at most ${MAX_NAME_LENGTH} characters` })
    .refine((name) => reservedEnding(name) === undefined, {
      error: ({ input }) =>
        `allowed: a name that doesn't end with -${reservedEnding(String(input))}, which names a part of a deployment`,
    })
    .default(DEFAULT_NAME)
    .describe('The name of the deployment, with which the names of all resources start'),
  deploymentMode: z
    .enum(DEPLOYMENT_MODES)
    .default('stack-set')
    .describe(
      'stack-set: function and rule in every account; organization-rule and conformance-pack: one central function per ' +
        'Region; account: function and rule in one account',
    ),
  organization: z
    .strictObject({
      id: text(/^o-[a-z0-9]{10,32}$/, "the organization's id (o-…)"),
      managementAccount: accountId.describe("The organization's management account"),
      administratorAccount: accountId.describe(
        'The account from which you deploy: a delegated administrator, or the management account',
      ),
      aggregator: text(/^[\w-]{1,256}$/, 'the name of an AWS Config aggregator')
        .optional()
        .describe(
          'The AWS Config aggregator of the organization, in the home Region of the administrator account. ' +
            '`make coverage` reads it instead of each account',
        ),
    })
    .optional()
    .describe('Required unless deploymentMode is account'),
  targets: Targets,
  rollout: Rollout.prefault({}).describe('The order and speed in which a StackSet deploys'),
  rule: z
    .strictObject({
      frequency: z.enum(FREQUENCIES).default('TwentyFour_Hours').describe('How often all stages are evaluated'),
      rules: z
        .enum(['combined', 'per-check'])
        .default('combined')
        .describe(
          'combined: one rule with one result per stage; per-check: one rule per check, as in a conformance pack',
        ),
      parameters: ruleParametersSchema.default({}).describe('The rule parameters'),
      exemptionsKmsKey: text(
        /^arn:aws[a-z-]*:kms:[a-z0-9-]+:[0-9]{12}:key\/[a-zA-Z0-9-]+$/,
        'the ARN of a key (arn:aws:kms:REGION:ACCOUNT:key/ID)',
      )
        .optional()
        .describe('The KMS key that encrypts the document of rule.parameters.exemptions'),
    })
    .prefault({}),
  frontDoor: frontDoorSchema
    .optional()
    .describe('The rule for the front door: mutual TLS of APIs and custom domain names. See docs/front-door.md'),
  function: FunctionSettings.prefault({}),
  roles: RoleSettings.prefault({}),
  metrics: z
    .enum(['full', 'few', 'none'])
    .default('full')
    .describe('The metrics of each account and Region. CloudWatch charges for each: see docs/cost.md'),
  alerts: alertSettingsSchema
    .optional()
    .describe('Who receives alerts about NON_COMPLIANT stages, expiring certificates and the function'),
  rotation: z
    .enum(['none', 'automation'])
    .default('none')
    .describe(
      'automation: a person can start the rotation of a certificate in the console of AWS Config, as a remediation. It ' +
        'generates a certificate and sends it, and never changes a stage',
    ),
  dashboard: z
    .strictObject({
      home: z.boolean().default(true).describe('A dashboard of the organization or account in the home Region'),
      account: accountId
        .optional()
        .describe(
          "The account of the organization's dashboard: CloudWatch's monitoring account. Default: administratorAccount",
        ),
      everyAccount: z
        .boolean()
        .default(false)
        .describe(
          'A dashboard in each account and Region (stack-set only). CloudWatch charges for more than three per account',
        ),
    })
    .prefault({}),
  securityHub: z
    .strictObject({
      suppressConfigFindings: z
        .boolean()
        .default(false)
        .describe(
          "Whether Security Hub suppresses AWS Config's findings for these rules, which duplicate stagecert's findings",
        ),
      resolvePassedFindings: z
        .boolean()
        .default(false)
        .describe("Whether Security Hub resolves stagecert's findings about checks that passed"),
      administratorAccount: accountId
        .optional()
        .describe("Security Hub's administrator account. Default: organization.administratorAccount"),
    })
    .prefault({}),
  tags: z
    .record(z.string().min(1).max(128), z.string().max(256))
    .default({ application: 'stagecert' })
    .describe('The tags of all resources that support tags'),
});

/** The configuration, with every default filled in. */
export type Configuration = z.infer<typeof Configuration>;

/** A configuration for an organization. */
export type OrganizationConfiguration = Configuration & { organization: NonNullable<Configuration['organization']> };
