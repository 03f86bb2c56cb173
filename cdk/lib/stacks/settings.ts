import { Aws } from 'aws-cdk-lib';
import { Code } from 'aws-cdk-lib/aws-lambda';
import type { Construct } from 'constructs';
import type { StackSetHome } from '../alerts/stack-set-events';
import { frontDoorSettings } from '../configuration/front-door';
import type { Configuration, OrganizationConfiguration } from '../configuration/schema';
import { codeFromBucket } from '../evaluator/code-stacks';
import type { EvaluatorSettings } from '../evaluator/evaluator-function';
import type { RuleSettings } from '../rule/config-rules';
import { VERSION } from '../version';

/** A reserved concurrency, or `none`. */
export type Reservation = number | 'none';

/** Returns the settings of the function. */
export function evaluatorSettings(configuration: Configuration, reservation: Reservation): EvaluatorSettings {
  const { architecture, memoryMegabytes, timeoutSeconds, logRetentionDays, logKmsKey } = configuration.function;
  return {
    name: configuration.name,
    architecture,
    memoryMegabytes,
    timeoutSeconds,
    reservedConcurrency: reservation === 'none' ? undefined : reservation,
    metrics: configuration.metrics,
    logRetention: logRetentionDays,
    logKmsKey,
  };
}

/** Returns the reserved concurrency of functions that are not in a StackSet. */
export function defaultReservation({ function: settings }: Configuration, otherwise: number): Reservation {
  const { reservedConcurrency = otherwise } = settings;
  return typeof reservedConcurrency === 'object' ? (reservedConcurrency.default ?? otherwise) : reservedConcurrency;
}

/** Returns the settings of the rules. */
export const ruleSettings = (configuration: Configuration): RuleSettings => ({
  ...configuration.rule,
  name: configuration.name,
  frontDoor: frontDoorSettings(configuration),
});

/**
 * Returns the code for functions in the account that deploys: a bucket that the configuration
 * names, or an asset.
 */
export function accountCode(configuration: Configuration, path: string | undefined): (scope: Construct) => Code {
  const { code } = configuration.function;
  return typeof code === 'object'
    ? (scope) => codeFromBucket(scope, code.bucket.replaceAll('REGION', Aws.REGION), code.key)
    : () => Code.fromAsset(path ?? '');
}

/** Returns the tags of all resources. `make orphans` finds resources by the deployment's name. */
export function deploymentTags({ name, tags }: Configuration): Record<string, string> {
  return { ...tags, 'stagecert:deployment': name, 'stagecert:version': VERSION };
}

/** Returns the account and Region of resources that exist once. */
export function homeEnvironment({ organization, targets }: OrganizationConfiguration): {
  account: string;
  region: string;
} {
  return { account: organization.administratorAccount, region: targets.regions[0] ?? '' };
}

/** Returns where the StackSets are, or `undefined` if the deployment has none. */
export function stackSetHome({ organization, targets, deploymentMode }: Configuration): StackSetHome | undefined {
  return organization === undefined || deploymentMode === 'account'
    ? undefined
    : {
        accounts: [organization.administratorAccount, organization.managementAccount],
        region: targets.regions[0] ?? '',
      };
}

/** Returns whether the account that deploys is a delegated administrator. */
export function isDelegatedAdministrator({ organization }: OrganizationConfiguration): boolean {
  return organization.administratorAccount !== organization.managementAccount;
}

/** Returns whether the management account is a target: only if the configuration names it. */
export function includesManagementAccount({ organization, targets }: OrganizationConfiguration): boolean {
  return targets.managementAccount ?? targets.accounts?.includes(organization.managementAccount) ?? false;
}
