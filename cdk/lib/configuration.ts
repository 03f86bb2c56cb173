import { readFileSync } from 'node:fs';
import { RetentionDays } from 'aws-cdk-lib/aws-logs';
import { parseDocument } from 'yaml';
import { z } from 'zod';
import { AlertSettings, alertConflicts } from './alerts/alert-settings';
import { ARCHITECTURES, type ArchitectureName } from './evaluator/evaluator-code';
import { MAX_LISTED_ACCOUNTS } from './evaluator/organization-invoke';
import { FREQUENCIES } from './rule/config-rules';
import { RuleParameters } from './rule/rule-parameters';
import { integer, text, uniqueList } from './rule/schemas';

/** The deployment modes. */
export const DEPLOYMENT_MODES = ['stack-set', 'organization-rule', 'conformance-pack', 'account'] as const;

const RETENTIONS = Object.values(RetentionDays).filter((days): days is RetentionDays => typeof days === 'number');

const accountId = text(/^[0-9]{12}$/, 'an account id: twelve digits in quotes');
const region = text(/^[a-z]{2}(-[a-z]+)+-[0-9]$/, 'a Region, such as eu-west-1');
const target = text(
  /^(ou-[0-9a-z]{4,32}-[a-z0-9]{8,32}|r-[0-9a-z]{4,32})$/,
  "an organizational unit (ou-…) or the organization's root (r-…)",
);

/** The schema of `stagecert.yaml`. */
export const Configuration = z.strictObject({
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
      invokingAccounts: uniqueList(accountId)
        .min(1)
        .max(MAX_LISTED_ACCOUNTS, { error: `allowed: at most ${MAX_LISTED_ACCOUNTS}, the limit of a resource policy` })
        .optional()
        .describe('The accounts whose AWS Config may invoke a central function. Default: any account'),
    })
    .optional()
    .describe('Required unless deploymentMode is account'),
  targets: z.strictObject({
    organizationalUnits: uniqueList(target)
      .default([])
      .describe("Organizational units, or the organization's root. Required unless deploymentMode is account"),
    accounts: uniqueList(accountId).min(1).optional().describe('The only accounts of these units to deploy to'),
    excludedAccounts: uniqueList(accountId).max(1000).default([]).describe('The accounts of these units to leave out'),
    regions: uniqueList(region)
      .min(1, { error: 'allowed: at least one Region' })
      .describe('The Regions; the first is the home Region'),
    managementAccount: z
      .boolean()
      .default(true)
      .describe('Whether to deploy to the management account too, with a separate stack: StackSets leave it out'),
  }),
  rule: z
    .strictObject({
      frequency: z.enum(FREQUENCIES).default('TwentyFour_Hours').describe('How often all stages are evaluated'),
      rules: z
        .enum(['combined', 'per-check'])
        .default('combined')
        .describe(
          'combined: one rule with one result per stage; per-check: one rule per check, as in a conformance pack',
        ),
      parameters: RuleParameters.default({}).describe('The rule parameters'),
    })
    .prefault({}),
  function: z
    .strictObject({
      architecture: z.enum(Object.keys(ARCHITECTURES) as [ArchitectureName, ...ArchitectureName[]]).default('arm64'),
      memoryMegabytes: integer(128, 10240).default(128),
      timeoutSeconds: integer(30, 900).default(900),
      reservedConcurrency: z
        .union([integer(1, 1000), z.literal('none')])
        .optional()
        .describe(
          'The reserved concurrency, or none. Default: 1 for a function in each account, 10 for a central function',
        ),
      logRetentionDays: z
        .literal(RETENTIONS as unknown as number[], { error: `allowed: ${RETENTIONS.join(', ')}` })
        .default(RetentionDays.ONE_YEAR),
      code: z.string().optional().describe('The directory that contains `bootstrap`, relative to this file'),
    })
    .prefault({}),
  alerts: AlertSettings.optional().describe(
    'Who receives alerts about NON_COMPLIANT stages, expiring certificates and the function',
  ),
  dashboard: z
    .strictObject({
      home: z.boolean().default(true).describe('A dashboard of the organization or account in the home Region'),
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

/** Reads the configuration file. */
export function readConfiguration(path: string): Configuration {
  const document = parseDocument(readFileSync(path, 'utf8'), { uniqueKeys: true });
  const [problem] = document.errors;
  if (problem !== undefined) {
    throw new Error(`${path}: ${problem.message}`);
  }
  return parseConfiguration(document.toJS() ?? {}, path);
}

/**
 * Validates a configuration. The error has one line per problem, with the key and what is allowed.
 */
export function parseConfiguration(value: unknown, path = 'stagecert.yaml'): Configuration {
  const parsed = Configuration.safeParse(value);
  const problems = parsed.success ? conflicts(parsed.data) : parsed.error.issues.flatMap(issueMessages);
  if (!parsed.success || problems.length > 0) {
    throw new Error(problems.map((problem) => `${path}: ${problem}`).join('\n'));
  }
  return parsed.data;
}

/** Returns the problems of keys that are valid individually but conflict with each other. */
function conflicts(configuration: Configuration): string[] {
  const { deploymentMode, organization, targets, rule } = configuration;
  const problems = alertConflicts(configuration.alerts, rule.parameters, {
    region: targets.regions[0] ?? '',
    account: organization?.administratorAccount,
  });
  if (configuration.securityHub.suppressConfigFindings && rule.parameters.securityHub !== 'on') {
    problems.push(
      'securityHub.suppressConfigFindings: allowed only with rule.parameters.securityHub: on; otherwise no findings would ' +
        'remain',
    );
  }
  if (configuration.dashboard.everyAccount && deploymentMode !== 'stack-set') {
    problems.push(
      'dashboard.everyAccount: allowed only with deploymentMode stack-set; the other modes have no function in each account',
    );
  }
  if (deploymentMode === 'account') {
    if (targets.organizationalUnits.length > 0 || targets.accounts !== undefined) {
      problems.push(
        'targets: allowed with deploymentMode account: only regions; the target is the account of your credentials',
      );
    }
    return problems;
  }
  if (organization === undefined) {
    problems.push(
      `organization: required with deploymentMode ${deploymentMode}: id, managementAccount and administratorAccount`,
    );
  }
  if (targets.organizationalUnits.length === 0) {
    problems.push(`targets.organizationalUnits: required with deploymentMode ${deploymentMode}: at least one`);
  }
  if (targets.accounts !== undefined && targets.excludedAccounts.length > 0) {
    problems.push('targets.excludedAccounts: allowed only without targets.accounts');
  }
  if (deploymentMode !== 'stack-set') {
    const [root, ...more] = targets.organizationalUnits;
    if (root !== undefined && (more.length > 0 || !root.startsWith('r-'))) {
      problems.push(
        `targets.organizationalUnits: allowed with deploymentMode ${deploymentMode}: only the organization's root (r-…), because ` +
          'this mode reaches every account; use targets.excludedAccounts to leave accounts out',
      );
    }
    if (targets.accounts !== undefined) {
      problems.push(
        'targets.accounts: allowed only with deploymentMode stack-set; otherwise use targets.excludedAccounts to leave ' +
          'accounts out',
      );
    }
  }
  return problems;
}

function issueMessages(issue: z.core.$ZodIssue): string[] {
  const key = issue.path.join('.');
  if (issue.code === 'unrecognized_keys') {
    return issue.keys.map((unknown) => `${[...issue.path, unknown].join('.')}: unknown key`);
  }
  if (issue.code === 'invalid_value') {
    return [`${key}: allowed: ${issue.values.join(', ')}`];
  }
  return [`${key || 'the file'}: ${issue.message}`];
}
