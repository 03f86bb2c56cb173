import { Aws, DefaultStackSynthesizer, type Stack, Tags } from 'aws-cdk-lib';
import { Code } from 'aws-cdk-lib/aws-lambda';
import type { Construct } from 'constructs';
import { tellsByFunction } from './alerts/account-alerts';
import type { Configuration, OrganizationConfiguration } from './configuration';
import { codeBucketPrefix } from './evaluator/code-bucket';
import { CodeBucketStack, CodeStack, codeOf } from './evaluator/code-stacks';
import { evaluatorCode } from './evaluator/evaluator-code';
import type { EvaluatorSettings } from './evaluator/evaluator-function';
import type { MemberRoleProps } from './evaluator/member-role';
import { StackSetStack } from './organization/stack-set-stacks';
import { templateOf } from './organization/template';
import { AccountStack } from './stacks/account-stack';
import {
  CentralStack,
  EVALUATOR_ROLE_NAME,
  EvaluatorRoleStack,
  MemberAlertsStack,
  MemberStack,
} from './stacks/central-stacks';
import {
  addAlerts,
  addOrganizationDashboard,
  addSuppression,
  suppressed,
  type Telling,
} from './stacks/notification-stacks';

/** Adds the stacks that a configuration asks for. `codeDirectory` holds `bootstrap`. */
export function addStacks(scope: Construct, configuration: Configuration, codeDirectory: string): void {
  Object.entries(configuration.tags).forEach(([key, value]) => {
    Tags.of(scope).add(key, value);
  });
  const directory = evaluatorCode(codeDirectory, configuration.function.architecture);
  const { organization } = configuration;
  if (configuration.deploymentMode === 'account' || organization === undefined) {
    addAccounts(scope, configuration, directory);
    return;
  }
  const ofOrganization = { ...configuration, organization };
  if (configuration.deploymentMode === 'stack-set') {
    addStackSet(scope, ofOrganization, directory);
  } else {
    addCentral(scope, ofOrganization, configuration.deploymentMode, directory);
  }
}

/** One account: a stack in each Region. */
function addAccounts(scope: Construct, configuration: Configuration, directory: string): void {
  const telling = addAlerts(scope, configuration);
  for (const region of configuration.targets.regions) {
    const stack = new AccountStack(scope, `stagecert-${region}`, {
      env: { region },
      code: () => Code.fromAsset(directory),
      evaluator: evaluator(configuration, 1),
      rule: configuration.rule,
      alerts: telling.sinks,
      dashboard: configuration.dashboard.home,
      suppressed: suppressed(configuration),
    });
    tellsTo(telling, stack);
  }
}

/** Events are sent to a bus that is there. */
function tellsTo(telling: Telling, ...stacks: Stack[]): void {
  if (telling.stack !== undefined) {
    for (const stack of stacks) {
      stack.addStackDependency(telling.stack, 'it sends its alerts there');
    }
  }
}

/** Code buckets in each Region, one StackSet, and stacks for the management account, which StackSets leave out. */
function addStackSet(scope: Construct, configuration: OrganizationConfiguration, directory: string): void {
  const { organization, targets } = configuration;
  const account = organization.administratorAccount;
  const prefix = codeBucketPrefix(account);
  const code = targets.regions.map((region) => {
    const env = { account, region };
    const bucket = new CodeBucketStack(scope, `stagecert-code-bucket-${region}`, {
      env,
      administratorAccount: account,
      organizationId: organization.id,
    });
    const published = new CodeStack(scope, `stagecert-code-${region}`, {
      env,
      directory,
      synthesizer: new DefaultStackSynthesizer({ fileAssetsBucketName: `${prefix}-${region}` }),
    });
    published.addStackDependency(bucket);
    return published;
  });
  const key = code[0]?.key ?? '';
  const telling = addAlerts(scope, configuration);
  const shared = {
    code: (stack: Construct) => codeOf(stack, `${prefix}-${Aws.REGION}`, key),
    evaluator: evaluator(configuration, 1),
    rule: configuration.rule,
    alerts: telling.sinks,
    dashboard: configuration.dashboard.everyAccount,
  };
  const stackSet = new StackSetStack(scope, 'stagecert-accounts', {
    env: home(configuration),
    stackSet: {
      name: 'stagecert',
      description: 'stagecert: function and rule in every account and Region',
      template: templateOf((app, id, props) => new AccountStack(app, id, { ...props, ...shared }), configuration.tags),
      targets,
      delegatedAdministrator: isDelegated(configuration),
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
    code.forEach((published) => {
      dependent.addStackDependency(published, 'an account takes the code from here');
    });
  }
  tellsTo(telling, ...dependents);
  addOrganizationDashboard(scope, configuration, 'organization');
  addSuppression(scope, configuration);
}

/** One function a Region, the role that it has, the role that it assumes in every account, and the rule or pack. */
function addCentral(
  scope: Construct,
  configuration: OrganizationConfiguration,
  deploymentMode: 'organization-rule' | 'conformance-pack',
  directory: string,
): void {
  const { organization, targets } = configuration;
  const env = home(configuration);
  const telling = addAlerts(scope, configuration);
  const tells = telling.sinks !== undefined && tellsByFunction(telling.sinks);
  const role = new EvaluatorRoleStack(scope, 'stagecert-role', {
    env,
    organizationId: organization.id,
    regions: targets.regions,
    tells,
  });
  const member: MemberRoleProps = {
    evaluatorRoleArn: `arn:${Aws.PARTITION}:iam::${organization.administratorAccount}:role/${EVALUATOR_ROLE_NAME}`,
    organizationId: organization.id,
    parameters: configuration.rule.parameters,
    regions: targets.regions,
    tellsOwners: tells,
  };
  const members: Stack[] = [
    new StackSetStack(scope, 'stagecert-members', {
      env,
      stackSet: {
        name: 'stagecert-member',
        description: 'stagecert: the role that the central function assumes in every account',
        template: templateOf((app, id, props) => new MemberStack(app, id, { ...props, ...member }), configuration.tags),
        targets: { ...targets, regions: targets.regions.slice(0, 1) },
        delegatedAdministrator: isDelegated(configuration),
        tags: configuration.tags,
      },
    }),
  ];
  if (targets.managementAccount) {
    const management = { account: organization.managementAccount, region: env.region };
    members.push(new MemberStack(scope, 'stagecert-member-management', { env: management, ...member }));
  }
  for (const stack of members) {
    // A trust policy that names a role which does not exist is refused.
    stack.addStackDependency(role);
  }
  const centrals = targets.regions.map((region) => {
    const central = new CentralStack(scope, `stagecert-${deploymentMode}-${region}`, {
      env: { account: organization.administratorAccount, region },
      deploymentMode,
      region,
      code: () => Code.fromAsset(directory),
      evaluator: evaluator(configuration, 10),
      rule: configuration.rule,
      excludedAccounts: excludedAccounts(configuration),
      invokingAccounts: organization.invokingAccounts,
      organizationId: organization.id,
      alerts: telling.sinks,
    });
    members.forEach((stack) => {
      central.addStackDependency(stack, 'the first event needs the member role');
    });
    tellsTo(telling, central);
    return central;
  });
  for (const stack of addMemberAlerts(scope, configuration, telling)) {
    tellsTo(telling, stack);
    centrals.forEach((central) => {
      stack.addStackDependency(central, 'it sends its function what is due');
    });
  }
  addOrganizationDashboard(scope, configuration, 'central');
  addSuppression(scope, configuration);
}

/** What sends the events of accounts without a function: by a StackSet in each Region, because EventBridge knows Regions. */
function addMemberAlerts(scope: Construct, configuration: OrganizationConfiguration, { sinks }: Telling): Stack[] {
  if (sinks === undefined) {
    return [];
  }
  const { organization, targets } = configuration;
  const props = { ...sinks, administratorAccount: organization.administratorAccount };
  const stackSet = new StackSetStack(scope, 'stagecert-member-alerts', {
    env: home(configuration),
    stackSet: {
      name: 'stagecert-member-alerts',
      description: 'stagecert: sends the alerts of every account to where people are told',
      template: templateOf(
        (app, id, more) => new MemberAlertsStack(app, id, { ...more, ...props }),
        configuration.tags,
      ),
      targets,
      delegatedAdministrator: isDelegated(configuration),
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

/** The management account has no member role unless it was asked for. */
function excludedAccounts({ organization, targets }: OrganizationConfiguration): string[] {
  const management = targets.managementAccount ? [] : [organization.managementAccount];
  return [...new Set([...targets.excludedAccounts, ...management])];
}

function evaluator(configuration: Configuration, concurrency: number): EvaluatorSettings {
  const { reservedConcurrency = concurrency, logRetentionDays, ...settings } = configuration.function;
  return {
    ...settings,
    logRetention: logRetentionDays,
    reservedConcurrency: reservedConcurrency === 'none' ? undefined : reservedConcurrency,
  };
}

function home({ organization, targets }: OrganizationConfiguration): { account: string; region: string } {
  return { account: organization.administratorAccount, region: targets.regions[0] ?? '' };
}

function isDelegated({ organization }: OrganizationConfiguration): boolean {
  return organization.administratorAccount !== organization.managementAccount;
}
