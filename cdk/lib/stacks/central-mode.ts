import type { Stack } from 'aws-cdk-lib';
import type { Construct } from 'constructs';
import { sentReminders } from '../alerts/account-alerts';
import { membersSendEvents } from '../alerts/alert-settings';
import { frontDoorSettings } from '../configuration/front-door';
import type { OrganizationConfiguration } from '../configuration/schema';
import { changeExports } from '../evaluator/evaluator-function';
import type { MemberRoleProps } from '../evaluator/member-role';
import { applyRoleSettings } from '../evaluator/roles';
import { DeploymentNames } from '../names';
import { StackSetStack } from '../organization/stack-set-stacks';
import { synthesizeTemplate } from '../organization/template';
import { CentralStack, EvaluatorRoleStack, MemberAlertsStack, MemberStack } from './central-stacks';
import {
  addAlertsStack,
  addAutomationRulesStacks,
  addDashboardStack,
  deployAfterAlerts,
  type Notifications,
} from './notification-stacks';
import {
  accountCode,
  defaultReservation,
  deploymentTags,
  evaluatorSettings,
  homeEnvironment,
  includesManagementAccount,
  isDelegatedAdministrator,
  ruleSettings,
} from './settings';
import { addStackSetFailures, reportFailures } from './stack-set-failures';

/**
 * Adds one function per Region with its role, the role that it assumes in every account, and the
 * rule or conformance pack.
 */
export function addCentralStacks(
  scope: Construct,
  configuration: OrganizationConfiguration,
  deploymentMode: 'organization-rule' | 'conformance-pack',
  codePath: string | undefined,
): void {
  const { name, organization, targets } = configuration;
  const names = new DeploymentNames(name);
  const code = accountCode(configuration, codePath);
  const notifications = addAlertsStack(scope, configuration, code);
  const sendsEvents = notifications.routing !== undefined;
  const shared = { name, organizationId: organization.id, rolePath: configuration.roles.path, sendsEvents };
  const role = new EvaluatorRoleStack(scope, names.stack('role'), {
    ...shared,
    env: homeEnvironment(configuration),
    regions: targets.regions,
    rule: ruleSettings(configuration),
  });
  const evaluator = evaluatorSettings(configuration, defaultReservation(configuration, 10));
  const failures = addStackSetFailures(scope, configuration, notifications);
  const members = addMemberStacks(scope, configuration, {
    ...shared,
    ...sentReminders(notifications.routing),
    frontDoor: frontDoorSettings(configuration),
    changeExports: changeExports(evaluator),
    administratorAccount: organization.administratorAccount,
    parameters: configuration.rule.parameters,
    regions: targets.regions,
  });
  reportFailures(failures, ...members);
  const centrals = targets.regions.map((region) => {
    const central = new CentralStack(scope, names.stack(`${deploymentMode}-${region}`), {
      ...shared,
      env: { account: organization.administratorAccount, region },
      deploymentMode,
      region,
      code,
      evaluator,
      rule: ruleSettings(configuration),
      excludedAccounts: excludedAccounts(configuration),
      alerts: notifications.routing,
    });
    central.addStackDependency(role, 'The function uses the role of this stack.');
    members.forEach((stack) => {
      central.addStackDependency(stack, 'The function needs the member role from the first event on.');
    });
    deployAfterAlerts(notifications, central);
    return central;
  });
  for (const stack of addMemberAlertStacks(scope, configuration, notifications)) {
    deployAfterAlerts(notifications, stack);
    reportFailures(failures, stack);
    centrals.forEach((central) => {
      stack.addStackDependency(central, 'It sends events to the bus of the central function.');
    });
  }
  addDashboardStack(scope, configuration, 'central');
  addAutomationRulesStacks(scope, configuration);
}

/** Adds the role that the central functions assume in every account. */
function addMemberStacks(scope: Construct, configuration: OrganizationConfiguration, member: MemberRoleProps): Stack[] {
  const { name, organization, targets } = configuration;
  const names = new DeploymentNames(name);
  const env = homeEnvironment(configuration);
  const stackSet = new StackSetStack(scope, names.stack('members'), {
    env,
    stackSet: {
      name: names.stack('member'),
      description: 'stagecert: role that the central function assumes in each account',
      template: synthesizeTemplate((app, id, props) => {
        const stack = new MemberStack(app, id, { ...props, ...member });
        applyRoleSettings(stack, configuration.roles);
        return stack;
      }, deploymentTags(configuration)),
      ...sharedStackSet(configuration),
      // Roles are global.
      targets: { ...targets, regions: targets.regions.slice(0, 1) },
    },
  });
  if (!includesManagementAccount(configuration)) {
    return [stackSet];
  }
  const management = { account: organization.managementAccount, region: env.region };
  return [stackSet, new MemberStack(scope, names.stack('member-management'), { env: management, ...member })];
}

/**
 * Adds the stacks that forward events from accounts without a function: a StackSet in each Region.
 */
function addMemberAlertStacks(
  scope: Construct,
  configuration: OrganizationConfiguration,
  { routing }: Notifications,
): Stack[] {
  if (
    routing === undefined ||
    !membersSendEvents(configuration.alerts, configuration.rule.parameters, frontDoorSettings(configuration))
  ) {
    return [];
  }
  const { name, organization, targets } = configuration;
  const names = new DeploymentNames(name);
  const props = { ...routing, name, administratorAccount: organization.administratorAccount };
  const stackSet = new StackSetStack(scope, names.stack('member-alerts'), {
    env: homeEnvironment(configuration),
    stackSet: {
      name: names.stack('member-alerts'),
      description: 'stagecert: forwards the alerts of each account',
      template: synthesizeTemplate((app, id, more) => {
        const stack = new MemberAlertsStack(app, id, { ...more, ...props });
        applyRoleSettings(stack, configuration.roles);
        return stack;
      }, deploymentTags(configuration)),
      ...sharedStackSet(configuration),
      targets,
    },
  });
  const management = includesManagementAccount(configuration) ? targets.regions : [];
  return [
    stackSet,
    ...management.map((region) => {
      const env = { account: organization.managementAccount, region };
      return new MemberAlertsStack(scope, names.stack(`member-alerts-management-${region}`), { env, ...props });
    }),
  ];
}

function sharedStackSet(configuration: OrganizationConfiguration) {
  return {
    rollout: configuration.rollout,
    delegatedAdministrator: isDelegatedAdministrator(configuration),
    tags: deploymentTags(configuration),
  };
}

/** Returns the excluded accounts. The management account is one unless it has a member role. */
function excludedAccounts(configuration: OrganizationConfiguration): string[] {
  const { organization, targets } = configuration;
  const management = includesManagementAccount(configuration) ? [] : [organization.managementAccount];
  return [...new Set([...targets.excludedAccounts, ...management])];
}
