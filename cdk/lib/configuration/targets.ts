import { z } from 'zod';
import { integer, text, uniqueList } from '../rule/schemas';

/** How many StackSets a StackSet can depend on (botocore, `AutoDeployment`). */
const MAX_DEPENDENCIES = 10;

/** The schema of an account id. */
export const accountId = text(/^[0-9]{12}$/, 'an account id: twelve digits in quotes');

const region = text(/^[a-z]{2,4}(-[a-z]+)+-[0-9]+$/, 'a Region, such as eu-west-1');
const organizationalUnit = text(/^ou-[0-9a-z]{4,32}-[a-z0-9]{8,32}$/, 'an organizational unit (ou-…)');
const target = text(
  /^(ou-[0-9a-z]{4,32}-[a-z0-9]{8,32}|r-[0-9a-z]{4,32})$/,
  "an organizational unit (ou-…) or the organization's root (r-…)",
);
const stackSetArn = text(
  /^arn:aws[a-z-]*:cloudformation:[a-z0-9-]+:[0-9]{12}:stackset\/[a-zA-Z][a-zA-Z0-9-]{0,127}:[0-9a-f-]{36}$/,
  'the ARN of a StackSet (arn:aws:cloudformation:REGION:ACCOUNT:stackset/NAME:ID)',
);

/** The schema of the accounts and Regions. */
export const Targets = z.strictObject({
  organizationalUnits: uniqueList(target)
    .default([])
    .describe("Organizational units, or the organization's root. Required unless deploymentMode is account"),
  accounts: uniqueList(accountId)
    .min(1)
    .optional()
    .describe('The only accounts of these units to deploy to, now and later: new accounts are not included'),
  excludedAccounts: uniqueList(accountId).max(1000).default([]).describe('The accounts of these units to leave out'),
  regions: uniqueList(region)
    .min(1, { error: 'allowed: at least one Region' })
    .describe('The Regions; the first is the home Region'),
  managementAccount: z
    .boolean()
    .optional()
    .describe(
      'Whether to deploy to the management account too, with separate stacks, because StackSets leave it out. ' +
        'Default: only if targets.accounts lists it',
    ),
  dependsOn: uniqueList(stackSetArn)
    .max(MAX_DEPENDENCIES, { error: `allowed: at most ${MAX_DEPENDENCIES}, the limit of a StackSet` })
    .default([])
    .describe("The ARNs of the StackSets that create AWS Config's recorder in new accounts: they are deployed first"),
});

/** The schema of the rollout. */
export const Rollout = z.strictObject({
  canary: organizationalUnit
    .optional()
    .describe(
      'One of targets.organizationalUnits. It is deployed first; if it fails in any account, the others stay as they are',
    ),
  regionConcurrency: z
    .enum(['parallel', 'sequential'])
    .default('parallel')
    .describe('Whether the Regions of an account are deployed at the same time or in the order of targets.regions'),
  maxConcurrentPercentage: integer(1, 100).default(100).describe('The share of accounts deployed at the same time'),
  failureTolerancePercentage: integer(0, 100)
    .default(100)
    .describe('The share of accounts that may fail in a Region before the deployment stops'),
});
