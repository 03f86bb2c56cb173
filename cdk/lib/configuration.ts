import { readFileSync } from 'node:fs';
import { RetentionDays } from 'aws-cdk-lib/aws-logs';
import { parseDocument } from 'yaml';
import { z } from 'zod';
import { AlertSettings, alertDisagreements } from './alerts/alert-settings';
import { ARCHITECTURES, type ArchitectureName } from './evaluator/evaluator-code';
import { MOST_LISTED_ACCOUNTS } from './evaluator/organization-invoke';
import { FREQUENCIES } from './rule/config-rules';
import { RuleParameters } from './rule/rule-parameters';
import { several, text, whole } from './rule/schemas';

/** The ways to deploy. */
export const DEPLOYMENT_MODES = ['stack-set', 'organization-rule', 'conformance-pack', 'account'] as const;

const RETENTIONS = Object.values(RetentionDays).filter((days): days is RetentionDays => typeof days === 'number');

const accountId = text(/^[0-9]{12}$/, 'an account id, twelve digits in quotes');
const region = text(/^[a-z]{2}(-[a-z]+)+-[0-9]$/, 'a Region, such as eu-west-1');
const target = text(
  /^(ou-[0-9a-z]{4,32}-[a-z0-9]{8,32}|r-[0-9a-z]{4,32})$/,
  "an organizational unit (ou-…) or the organization's root (r-…)",
);

/** What a security engineer writes into `stagecert.yaml`. */
export const Configuration = z.strictObject({
  deploymentMode: z
    .enum(DEPLOYMENT_MODES)
    .default('stack-set')
    .describe(
      'stack-set: function and rule in every account; organization-rule, conformance-pack: one central function a Region',
    ),
  organization: z
    .strictObject({
      id: text(/^o-[a-z0-9]{10,32}$/, "the organization's id (o-…)"),
      managementAccount: accountId.describe("The organization's management account"),
      administratorAccount: accountId.describe(
        'Where this is deployed from: the delegated administrator, or the management account',
      ),
      invokingAccounts: several(accountId)
        .min(1)
        .max(MOST_LISTED_ACCOUNTS, { error: `allowed: at most ${MOST_LISTED_ACCOUNTS}, what a resource policy holds` })
        .optional()
        .describe('Only AWS Config of these accounts may invoke a central function; without it, of any account'),
    })
    .optional()
    .describe('Needed for every way but account'),
  targets: z.strictObject({
    organizationalUnits: several(target)
      .default([])
      .describe("Organizational units, or the organization's root. Needed for every way but account"),
    accounts: several(accountId).min(1).optional().describe('Only these accounts of them'),
    excludedAccounts: several(accountId).max(1000).default([]).describe('All but these accounts of them'),
    regions: several(region).min(1, { error: 'allowed: at least one Region' }).describe('The first is the home Region'),
    managementAccount: z
      .boolean()
      .default(true)
      .describe('Whether the management account gets it too, by a stack of its own: StackSets leave it out'),
  }),
  rule: z
    .strictObject({
      frequency: z.enum(FREQUENCIES).default('TwentyFour_Hours').describe('How often everything is judged again'),
      rules: z
        .enum(['combined', 'per-check'])
        .default('combined')
        .describe('One rule with one result a stage, or a rule a check; a conformance pack has a rule a check'),
      parameters: RuleParameters.default({}).describe('The rule parameters; README.md describes them'),
    })
    .prefault({}),
  function: z
    .strictObject({
      architecture: z.enum(Object.keys(ARCHITECTURES) as [ArchitectureName, ...ArchitectureName[]]).default('arm64'),
      memoryMegabytes: whole(128, 10240).default(128),
      timeoutSeconds: whole(30, 900).default(900),
      reservedConcurrency: z
        .union([whole(1, 1000), z.literal('none')])
        .optional()
        .describe(
          '1 in an account of its own, 10 for a central function; none where the quota is too small to reserve',
        ),
      logRetentionDays: z
        .literal(RETENTIONS as unknown as number[], { error: `allowed: ${RETENTIONS.join(', ')}` })
        .default(RetentionDays.ONE_YEAR),
      code: z.string().optional().describe('The directory that holds `bootstrap`, from this file on'),
    })
    .prefault({}),
  alerts: AlertSettings.optional().describe(
    'Who is told of stages that fail, certificates that end, and a function in trouble',
  ),
  dashboard: z
    .strictObject({
      home: z.boolean().default(true).describe('One in the home Region: of the organization, or of the account'),
      everyAccount: z
        .boolean()
        .default(false)
        .describe(
          'One in each account and Region too, with deploymentMode stack-set. CloudWatch charges for more than three an account',
        ),
    })
    .prefault({}),
  securityHub: z
    .strictObject({
      suppressConfigFindings: z
        .boolean()
        .default(false)
        .describe(
          "Whether Security Hub suppresses what AWS Config sends of these rules, beside stagecert's own findings",
        ),
    })
    .prefault({}),
  tags: z
    .record(z.string().min(1).max(128), z.string().max(256))
    .default({ application: 'stagecert' })
    .describe('On everything that takes tags'),
});

/** The configuration, with every default filled in. */
export type Configuration = z.infer<typeof Configuration>;

/** A configuration for an organization. */
export type OrganizationConfiguration = Configuration & { organization: NonNullable<Configuration['organization']> };

/** Reads the configuration file. */
export function readConfiguration(path: string): Configuration {
  const document = parseDocument(readFileSync(path, 'utf8'), { uniqueKeys: true });
  const [problem] = document.errors;
  if (problem !== undefined) {
    throw new Error(`${path}: ${problem.message}`);
  }
  return parseConfiguration(document.toJS() ?? {}, path);
}

/** Validates a configuration. The error has a line for each problem, which names the key and what is allowed. */
export function parseConfiguration(value: unknown, path = 'stagecert.yaml'): Configuration {
  const parsed = Configuration.safeParse(value);
  const problems = parsed.success ? disagreements(parsed.data) : parsed.error.issues.flatMap(described);
  if (!parsed.success || problems.length > 0) {
    throw new Error(problems.map((problem) => `${path}: ${problem}`).join('\n'));
  }
  return parsed.data;
}

/** What each key allows for itself and the others don't. */
function disagreements(configuration: Configuration): string[] {
  const { deploymentMode, organization, targets, rule } = configuration;
  const problems = alertDisagreements(configuration.alerts, rule.parameters, {
    region: targets.regions[0] ?? '',
    account: organization?.administratorAccount,
  });
  if (configuration.securityHub.suppressConfigFindings && rule.parameters.securityHub !== 'on') {
    problems.push(
      'securityHub.suppressConfigFindings: allowed only with rule.parameters.securityHub: on; else nothing would be left',
    );
  }
  if (configuration.dashboard.everyAccount && deploymentMode !== 'stack-set') {
    problems.push(
      'dashboard.everyAccount: allowed with deploymentMode stack-set alone; else there is one function to look at',
    );
  }
  if (deploymentMode === 'account') {
    if (targets.organizationalUnits.length > 0 || targets.accounts !== undefined) {
      problems.push(
        'targets: allowed with deploymentMode account: regions alone; it is deployed to the account of your credentials',
      );
    }
    return problems;
  }
  if (organization === undefined) {
    problems.push(
      `organization: allowed with deploymentMode ${deploymentMode}: id, managementAccount and administratorAccount, all three`,
    );
  }
  if (targets.organizationalUnits.length === 0) {
    problems.push(`targets.organizationalUnits: allowed with deploymentMode ${deploymentMode}: at least one`);
  }
  if (targets.accounts !== undefined && targets.excludedAccounts.length > 0) {
    problems.push('targets.excludedAccounts: allowed only without targets.accounts');
  }
  if (deploymentMode !== 'stack-set') {
    const [root, ...more] = targets.organizationalUnits;
    if (root !== undefined && (more.length > 0 || !root.startsWith('r-'))) {
      problems.push(
        `targets.organizationalUnits: allowed with deploymentMode ${deploymentMode}: the organization's root (r-…) alone, because it reaches every ` +
          'account; leave accounts out with targets.excludedAccounts',
      );
    }
    if (targets.accounts !== undefined) {
      problems.push(
        `targets.accounts: allowed with deploymentMode stack-set alone; with ${deploymentMode}, leave accounts out with targets.excludedAccounts`,
      );
    }
  }
  return problems;
}

function described(issue: z.core.$ZodIssue): string[] {
  const key = issue.path.join('.');
  if (issue.code === 'unrecognized_keys') {
    return issue.keys.map((unknown) => `${[...issue.path, unknown].join('.')}: no such key`);
  }
  if (issue.code === 'invalid_value') {
    return [`${key}: allowed: ${issue.values.join(', ')}`];
  }
  return [`${key || 'the file'}: ${issue.message}`];
}
