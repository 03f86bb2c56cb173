import { Aws, DefaultStackSynthesizer, type Stack } from 'aws-cdk-lib';
import type { Construct } from 'constructs';
import { AlertsStack } from '../alerts/alerts-stack';
import type { OrganizationConfiguration } from '../configuration/schema';
import { CodeBucketStack, CodeStack, codeFromBucket } from '../evaluator/code-stacks';
import { applyRoleSettings } from '../evaluator/roles';
import { DeploymentNames } from '../names';
import { type StackSetGroup, stackSetGroups } from '../organization/stack-set-groups';
import { StackSetStack } from '../organization/stack-set-stacks';
import { synthesizeTemplate } from '../organization/template';
import { AccountStack } from './account-stack';
import { addAlertsStack, addAutomationRulesStacks, addDashboardStack, deployAfterAlerts } from './notification-stacks';
import {
  defaultReservation,
  deploymentTags,
  evaluatorSettings,
  homeEnvironment,
  includesManagementAccount,
  isDelegatedAdministrator,
  type Reservation,
  ruleSettings,
} from './settings';
import { addStackSetFailures, reportFailures } from './stack-set-failures';

/**
 * Adds a code bucket in each Region, the StackSets, and stacks for the management account, which
 * StackSets don't cover.
 */
export function addStackSetStacks(
  scope: Construct,
  configuration: OrganizationConfiguration,
  codePath: string | undefined,
): void {
  const { organization, targets, rollout } = configuration;
  const names = new DeploymentNames(configuration.name);
  const { code, codeStacks } = publishCode(scope, configuration, codePath);
  const functionCode = (stack: Construct) =>
    codeFromBucket(stack, code.bucket.replaceAll('REGION', Aws.REGION), code.key);
  const notifications = addAlertsStack(scope, configuration, functionCode);
  const account = (reservation: Reservation) => ({
    code: functionCode,
    evaluator: evaluatorSettings(configuration, reservation),
    rule: ruleSettings(configuration),
    alerts: notifications.routing,
    dashboard: configuration.dashboard.everyAccount,
    startsRotations: configuration.rotation === 'automation',
  });
  const failures = addStackSetFailures(scope, configuration, notifications);
  const stackSets = groupsOf(configuration).map((group) => {
    const { kind, organizationalUnits, reservedConcurrency } = group;
    return new StackSetStack(scope, names.stack(kind === undefined ? 'accounts' : `accounts-${kind}`), {
      env: homeEnvironment(configuration),
      stackSet: {
        name: stackSetName(names, group),
        description: 'stagecert: function and rule in each account and Region',
        template: synthesizeTemplate((app, id, props) => {
          const stack = new AccountStack(app, id, { ...props, ...account(reservedConcurrency) });
          applyRoleSettings(stack, configuration.roles);
          return stack;
        }, deploymentTags(configuration)),
        targets: { ...targets, accounts: stackSetAccounts(configuration), organizationalUnits },
        rollout: kind === 'canary' ? { ...rollout, failureTolerancePercentage: 0 } : rollout,
        delegatedAdministrator: isDelegatedAdministrator(configuration),
        tags: deploymentTags(configuration),
      },
    });
  });
  const dependents: Stack[] = [...stackSets];
  if (includesManagementAccount(configuration)) {
    for (const region of targets.regions) {
      const env = { account: organization.managementAccount, region };
      const reservation = defaultReservation(configuration, 1);
      dependents.push(new AccountStack(scope, names.stack(`management-${region}`), { env, ...account(reservation) }));
    }
  }
  const [canary] = stackSets;
  if (rollout.canary !== undefined && canary !== undefined) {
    dependents.slice(1).forEach((stack) => {
      stack.addStackDependency(canary, 'The canary is deployed first. If it fails, nothing else is deployed.');
    });
  }
  // A unit that loses its reservation leaves the main StackSet before it gets another one.
  stackSets.slice(1).forEach((stackSet, index) => {
    stackSet.addStackDependency(stackSets[index] as Stack, 'An account must not get two StackSets at the same time.');
  });
  const mailers = notifications.stacks.filter((stack) => stack instanceof AlertsStack);
  for (const dependent of [...mailers, ...dependents]) {
    codeStacks.forEach((codeStack) => {
      dependent.addStackDependency(codeStack, 'The function loads its code from the bucket of this stack.');
    });
  }
  deployAfterAlerts(notifications, ...dependents);
  reportFailures(failures, ...stackSets);
  addDashboardStack(scope, configuration, 'organization');
  addAutomationRulesStacks(scope, configuration);
}

/** Returns the groups of organizational units, each of which has its own StackSet. */
export function groupsOf(configuration: OrganizationConfiguration): StackSetGroup[] {
  const { targets, rollout } = configuration;
  if (stackSetAccounts(configuration)?.length === 0) {
    return [];
  }
  const { reservedConcurrency = 1 } = configuration.function;
  const { organizationalUnits } = targets;
  return stackSetGroups({ organizationalUnits, canary: rollout.canary, reservedConcurrency });
}

/**
 * Returns the listed accounts to which StackSets deploy, or `undefined` if no accounts are listed.
 */
function stackSetAccounts({ organization, targets }: OrganizationConfiguration): string[] | undefined {
  return targets.accounts?.filter((account) => account !== organization.managementAccount);
}

/** Returns the name of a group's StackSet. */
export function stackSetName(names: DeploymentNames, { kind }: StackSetGroup): string {
  return kind === undefined ? names.deployment : names.stack(kind);
}

/**
 * Returns the location of the code, and the stacks that publish it if the configuration has none.
 */
function publishCode(scope: Construct, configuration: OrganizationConfiguration, codePath: string | undefined) {
  const { organization, targets } = configuration;
  if (typeof configuration.function.code === 'object') {
    return { code: configuration.function.code, codeStacks: [] };
  }
  const { name } = configuration;
  const names = new DeploymentNames(name);
  const account = organization.administratorAccount;
  const prefix = names.codeBucketPrefix(account);
  const codeStacks = targets.regions.map((region) => {
    const env = { account, region };
    const bucket = new CodeBucketStack(scope, names.stack(`code-bucket-${region}`), {
      env,
      name,
      administratorAccount: account,
      organizationId: organization.id,
    });
    const codeStack = new CodeStack(scope, names.stack(`code-${region}`), {
      env,
      name,
      path: codePath ?? '',
      synthesizer: new DefaultStackSynthesizer({ fileAssetsBucketName: `${prefix}-${region}` }),
    });
    codeStack.addStackDependency(bucket);
    return codeStack;
  });
  return { code: { bucket: `${prefix}-REGION`, key: codeStacks[0]?.key ?? '' }, codeStacks };
}
