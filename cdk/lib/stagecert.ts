import { Aws, DefaultStackSynthesizer, type Stack, Tags } from 'aws-cdk-lib';
import { Code } from 'aws-cdk-lib/aws-lambda';
import type { Construct } from 'constructs';
import { functionSendsEvents } from './alerts/account-alerts';
import type { Configuration, OrganizationConfiguration } from './configuration';
import { codeBucketPrefix } from './evaluator/code-bucket';
import { CodeBucketStack, CodeStack, codeFromBucket } from './evaluator/code-stacks';
import { evaluatorCode } from './evaluator/evaluator-code';
import type { EvaluatorSettings } from './evaluator/evaluator-function';
import type { MemberRoleProps } from './evaluator/member-role';
import { EVERYWHERE_AT_ONCE } from './organization/service-managed-stack-set';
import { StackSetStack } from './organization/stack-set-stacks';
import { synthesizeTemplate } from './organization/template';
import { AccountStack } from './stacks/account-stack';
import {
  CentralStack,
  EVALUATOR_ROLE_NAME,
  EvaluatorRoleStack,
  MemberAlertsStack,
  MemberStack,
} from './stacks/central-stacks';
import {
  addAlertsStack,
  addDashboardStack,
  addSuppressionStacks,
  type Notifications,
  suppressedRules,
} from './stacks/notification-stacks';

/** Adds the stacks for a configuration. `codeDirectory` contains `bootstrap`. */
export function addStacks(scope: Construct, configuration: Configuration, codeDirectory: string): void {
  Object.entries(configuration.tags).forEach(([key, value]) => {
    Tags.of(scope).add(key, value);
  });
  const directory = evaluatorCode(codeDirectory, configuration.function.architecture);
  const { organization } = configuration;
  if (configuration.deploymentMode === 'account' || organization === undefined) {
    addAccountStacks(scope, configuration, directory);
    return;
  }
  const organizationConfiguration = { ...configuration, organization };
  if (configuration.deploymentMode === 'stack-set') {
    addStackSetStacks(scope, organizationConfiguration, directory);
  } else {
    addCentralStacks(scope, organizationConfiguration, configuration.deploymentMode, directory);
  }
}

/** Adds the stacks for one account: one per Region. */
function addAccountStacks(scope: Construct, configuration: Configuration, directory: string): void {
  const notifications = addAlertsStack(scope, configuration);
  for (const region of configuration.targets.regions) {
    const stack = new AccountStack(scope, `stagecert-${region}`, {
      env: { region },
      code: () => Code.fromAsset(directory),
      evaluator: evaluatorSettings(configuration, 1),
      rule: configuration.rule,
      alerts: notifications.routing,
      dashboard: configuration.dashboard.home,
      suppressedRules: suppressedRules(configuration),
    });
    deployAfterAlerts(notifications, stack);
  }
}

/**
 * Makes stacks depend on the stack that sends emails, so that its bus exists before they use it.
 */
function deployAfterAlerts(notifications: Notifications, ...stacks: Stack[]): void {
  if (notifications.stack !== undefined) {
    for (const stack of stacks) {
      stack.addStackDependency(notifications.stack, 'It sends its alerts to the bus of this stack.');
    }
  }
}

/**
 * Adds a code bucket in each Region, one StackSet, and stacks for the management account, which
 * StackSets don't cover.
 */
function addStackSetStacks(scope: Construct, configuration: OrganizationConfiguration, directory: string): void {
  const { organization, targets } = configuration;
  const account = organization.administratorAccount;
  const prefix = codeBucketPrefix(account);
  const codeStacks = targets.regions.map((region) => {
    const env = { account, region };
    const bucket = new CodeBucketStack(scope, `stagecert-code-bucket-${region}`, {
      env,
      administratorAccount: account,
      organizationId: organization.id,
    });
    const codeStack = new CodeStack(scope, `stagecert-code-${region}`, {
      env,
      directory,
      synthesizer: new DefaultStackSynthesizer({ fileAssetsBucketName: `${prefix}-${region}` }),
    });
    codeStack.addStackDependency(bucket);
    return codeStack;
  });
  const key = codeStacks[0]?.key ?? '';
  const notifications = addAlertsStack(scope, configuration);
  const shared = {
    code: (stack: Construct) => codeFromBucket(stack, `${prefix}-${Aws.REGION}`, key),
    evaluator: evaluatorSettings(configuration, 1),
    rule: configuration.rule,
    alerts: notifications.routing,
    dashboard: configuration.dashboard.everyAccount,
  };
  const stackSet = new StackSetStack(scope, 'stagecert-accounts', {
    env: homeEnvironment(configuration),
    stackSet: {
      name: 'stagecert',
      description: 'stagecert: function and rule in each account and Region',
      template: synthesizeTemplate(
        (app, id, props) => new AccountStack(app, id, { ...props, ...shared }),
        configuration.tags,
      ),
      targets,
      rollout: EVERYWHERE_AT_ONCE,
      delegatedAdministrator: isDelegatedAdministrator(configuration),
      tags: configuration.tags,
    },
  });
  const dependents: Stack[] = [stackSet];
  if (targets.managementAccount) {
    for (const region of targets.regions) {
      const env = { account: organization.managementAccount, region };
      dependents.push(new AccountStack(scope, `stagecert-management-${region}`, { env, ...shared }));
    }
  }
  for (const dependent of dependents) {
    codeStacks.forEach((codeStack) => {
      dependent.addStackDependency(codeStack, 'The function loads its code from the bucket of this stack.');
    });
  }
  deployAfterAlerts(notifications, ...dependents);
  addDashboardStack(scope, configuration, 'organization');
  addSuppressionStacks(scope, configuration);
}

/**
 * Adds one function per Region with its role, the role that it assumes in every account, and the
 * rule or conformance pack.
 */
function addCentralStacks(
  scope: Construct,
  configuration: OrganizationConfiguration,
  deploymentMode: 'organization-rule' | 'conformance-pack',
  directory: string,
): void {
  const { organization, targets } = configuration;
  const env = homeEnvironment(configuration);
  const notifications = addAlertsStack(scope, configuration);
  const sendsEvents = notifications.routing !== undefined && functionSendsEvents(notifications.routing);
  const role = new EvaluatorRoleStack(scope, 'stagecert-role', {
    env,
    organizationId: organization.id,
    regions: targets.regions,
    sendsEvents,
  });
  const member: MemberRoleProps = {
    evaluatorRoleArn: `arn:${Aws.PARTITION}:iam::${organization.administratorAccount}:role/${EVALUATOR_ROLE_NAME}`,
    organizationId: organization.id,
    parameters: configuration.rule.parameters,
    regions: targets.regions,
    sendsEvents,
  };
  const members: Stack[] = [
    new StackSetStack(scope, 'stagecert-members', {
      env,
      stackSet: {
        name: 'stagecert-member',
        description: 'stagecert: role that the central function assumes in each account',
        template: synthesizeTemplate(
          (app, id, props) => new MemberStack(app, id, { ...props, ...member }),
          configuration.tags,
        ),
        targets: { ...targets, regions: targets.regions.slice(0, 1) },
        rollout: EVERYWHERE_AT_ONCE,
        delegatedAdministrator: isDelegatedAdministrator(configuration),
        tags: configuration.tags,
      },
    }),
  ];
  if (targets.managementAccount) {
    const management = { account: organization.managementAccount, region: env.region };
    members.push(new MemberStack(scope, 'stagecert-member-management', { env: management, ...member }));
  }
  for (const stack of members) {
    // Creating a role fails if its trust policy names a role that doesn't exist.
    stack.addStackDependency(role);
  }
  const centrals = targets.regions.map((region) => {
    const central = new CentralStack(scope, `stagecert-${deploymentMode}-${region}`, {
      env: { account: organization.administratorAccount, region },
      deploymentMode,
      region,
      code: () => Code.fromAsset(directory),
      evaluator: evaluatorSettings(configuration, 10),
      rule: configuration.rule,
      excludedAccounts: excludedAccounts(configuration),
      invokingAccounts: organization.invokingAccounts,
      organizationId: organization.id,
      alerts: notifications.routing,
    });
    members.forEach((stack) => {
      central.addStackDependency(stack, 'The function needs the member role from the first event on.');
    });
    deployAfterAlerts(notifications, central);
    return central;
  });
  for (const stack of addMemberAlertStacks(scope, configuration, notifications)) {
    deployAfterAlerts(notifications, stack);
    centrals.forEach((central) => {
      stack.addStackDependency(central, 'It sends events to the bus of the central function.');
    });
  }
  addDashboardStack(scope, configuration, 'central');
  addSuppressionStacks(scope, configuration);
}

/**
 * Adds the stacks that forward events from accounts without a function: a StackSet in each Region.
 */
function addMemberAlertStacks(
  scope: Construct,
  configuration: OrganizationConfiguration,
  { routing }: Notifications,
): Stack[] {
  if (routing === undefined) {
    return [];
  }
  const { organization, targets } = configuration;
  const props = { ...routing, administratorAccount: organization.administratorAccount };
  const stackSet = new StackSetStack(scope, 'stagecert-member-alerts', {
    env: homeEnvironment(configuration),
    stackSet: {
      name: 'stagecert-member-alerts',
      description: 'stagecert: forwards the alerts of each account',
      template: synthesizeTemplate(
        (app, id, more) => new MemberAlertsStack(app, id, { ...more, ...props }),
        configuration.tags,
      ),
      targets,
      rollout: EVERYWHERE_AT_ONCE,
      delegatedAdministrator: isDelegatedAdministrator(configuration),
      tags: configuration.tags,
    },
  });
  const management = targets.managementAccount ? targets.regions : [];
  return [
    stackSet,
    ...management.map((region) => {
      const env = { account: organization.managementAccount, region };
      return new MemberAlertsStack(scope, `stagecert-member-alerts-management-${region}`, { env, ...props });
    }),
  ];
}

/** Returns the excluded accounts. The management account is one unless it has a member role. */
function excludedAccounts({ organization, targets }: OrganizationConfiguration): string[] {
  const management = targets.managementAccount ? [] : [organization.managementAccount];
  return [...new Set([...targets.excludedAccounts, ...management])];
}

function evaluatorSettings(configuration: Configuration, concurrency: number): EvaluatorSettings {
  const { reservedConcurrency = concurrency, logRetentionDays, ...settings } = configuration.function;
  return {
    ...settings,
    logRetention: logRetentionDays,
    reservedConcurrency: reservedConcurrency === 'none' ? undefined : reservedConcurrency,
  };
}

function homeEnvironment({ organization, targets }: OrganizationConfiguration): { account: string; region: string } {
  return { account: organization.administratorAccount, region: targets.regions[0] ?? '' };
}

function isDelegatedAdministrator({ organization }: OrganizationConfiguration): boolean {
  return organization.administratorAccount !== organization.managementAccount;
}
