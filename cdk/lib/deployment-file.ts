import { Stack, Token } from 'aws-cdk-lib';
import type { IConstruct } from 'constructs';
import { membersSendEvents } from './alerts/alert-settings';
import { frontDoorRuleNames, type RuleName, stageRuleNames } from './alerts/event-patterns';
import { frontDoorSettings } from './configuration/front-door';
import type { Configuration, OrganizationConfiguration } from './configuration/schema';
import { DeploymentNames } from './names';
import { partitionOf } from './partitions';
import { includesManagementAccount, isDelegatedAdministrator, ruleSettings } from './stacks/settings';
import { groupsOf, stackSetName } from './stacks/stack-set-mode';
import { VERSION } from './version';

/** The name of the file in the cloud assembly. */
export const DEPLOYMENT_FILE = 'deployment.json';

/**
 * Returns what `stagecert coverage`, `preflight`, `retry` and `orphans` must know about a
 * deployment. docs/coverage.md describes the file.
 */
export function deploymentFile(app: IConstruct, configuration: Configuration): object {
  const { name, deploymentMode, organization, targets } = configuration;
  const inOrganization = organization === undefined ? undefined : { ...configuration, organization };
  const names = new DeploymentNames(name);
  return {
    deploymentVersion: 1,
    name,
    version: VERSION,
    deploymentMode,
    partition: partitionOf(targets.regions[0] ?? ''),
    homeRegion: targets.regions[0],
    regions: targets.regions,
    administratorAccount: organization?.administratorAccount ?? null,
    managementAccount: organization?.managementAccount ?? null,
    includesManagementAccount: inOrganization !== undefined && includesManagementAccount(inOrganization),
    callAs: inOrganization === undefined ? null : isDelegatedAdministrator(inOrganization) ? 'DELEGATED_ADMIN' : 'SELF',
    organizationalUnits: targets.organizationalUnits,
    accounts: targets.accounts ?? null,
    excludedAccounts: targets.excludedAccounts,
    stackSets: inOrganization === undefined ? [] : stackSets(inOrganization),
    stacks: stacks(app),
    rules: rules(configuration),
    frequency: configuration.rule.frequency,
    functionName: names.function,
    aggregator: organization?.aggregator ?? null,
  };
}

function stackSets(configuration: OrganizationConfiguration): object[] {
  const { name, deploymentMode, targets, alerts, rule } = configuration;
  const { organizationalUnits, regions } = targets;
  const names = new DeploymentNames(name);
  if (deploymentMode === 'stack-set') {
    return groupsOf(configuration).map((group) => ({
      name: stackSetName(names, group),
      organizationalUnits: group.organizationalUnits,
      regions,
      reservedConcurrency: group.reservedConcurrency === 'none' ? null : group.reservedConcurrency,
    }));
  }
  // The members have no function, and so no reserved concurrency.
  const shared = { organizationalUnits, reservedConcurrency: null };
  const members = { name: names.stack('member'), ...shared, regions: regions.slice(0, 1) };
  return membersSendEvents(alerts, rule.parameters, frontDoorSettings(configuration))
    ? [members, { name: names.stack('member-alerts'), ...shared, regions }]
    : [members];
}

function stacks(app: IConstruct): object[] {
  return app.node
    .findAll()
    .filter(Stack.isStack)
    .map(({ stackName, account, region }) => ({ name: stackName, account: known(account), region: known(region) }));
}

const known = (value: string) => (Token.isUnresolved(value) ? null : value);

function rules(configuration: Configuration): object[] {
  const { deploymentMode } = configuration;
  const settings = ruleSettings(configuration);
  const frequency = settings.frontDoor?.frequency ?? settings.frequency;
  return [
    ...stageRuleNames(deploymentMode, settings).map(matched),
    ...frontDoorRuleNames(deploymentMode, settings).map((rule) => ({ ...matched(rule), frequency })),
  ];
}

const matched = (rule: RuleName) =>
  typeof rule === 'string' ? { name: rule, match: 'exact' } : { name: rule.prefix, match: 'prefix' };
