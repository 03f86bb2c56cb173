import { Aws, type Stack } from 'aws-cdk-lib';
import type { Construct } from 'constructs';
import type { AlertRouting } from '../alerts/account-alerts';
import { hasRecipients, notifiesOwners, reminderDays } from '../alerts/alert-settings';
import { AlertsStack } from '../alerts/alerts-stack';
import { busArn } from '../alerts/event-forwarding';
import { type RuleName, ruleNames } from '../alerts/event-patterns';
import type { Configuration } from '../configuration/schema';
import type { MetricSource } from '../dashboard/dashboard-sources';
import { OrganizationDashboardStack } from '../dashboard/dashboards';
import { DeploymentNames } from '../names';
import { selectedChecks } from '../rule/rule-parameters';
import { SuppressionStack } from './security-hub';

/** The alerts of a deployment. */
export interface Notifications {
  /**
   * Which alerts each account and Region sends, and to which buses.
   *
   * @default - no alerts
   */
  readonly routing?: AlertRouting | undefined;

  /**
   * The stack that sends emails. It must be deployed before the stacks that send events to it.
   *
   * @default - no emails
   */
  readonly stack?: AlertsStack | undefined;
}

/** Adds the stack that sends emails in the home Region, if the configuration names recipients. */
export function addAlertsStack(scope: Construct, configuration: Configuration): Notifications {
  const { name, alerts, organization, deploymentMode } = configuration;
  if (alerts === undefined) {
    return {};
  }
  const { parameters } = configuration.rule;
  const region = configuration.targets.regions[0] ?? '';
  const account = alerts.account ?? organization?.administratorAccount;
  const deployment = new DeploymentNames(name);
  const names = ruleNames(deploymentMode, { ...configuration.rule, name });
  const stack = hasRecipients(alerts)
    ? new AlertsStack(scope, deployment.stack('alerts'), {
        name,
        env: { region, ...(account === undefined ? {} : { account }) },
        organizationId: deploymentMode === 'account' ? undefined : organization?.id,
        alerts,
        ruleNames: names,
        checks: selectedChecks(parameters),
      })
    : undefined;
  const buses = [
    ...(stack === undefined ? [] : [busArn(deployment.alertBus, { account: account ?? Aws.ACCOUNT_ID, region })]),
    ...(alerts.eventBus === undefined ? [] : [alerts.eventBus]),
  ];
  const routing = {
    buses,
    ruleNames: names,
    reminderDays: reminderDays(alerts, parameters),
    notifiesOwners: notifiesOwners(alerts),
  };
  return { routing, stack };
}

/** Makes stacks depend on the stack that sends emails, so that its bus exists before they use it. */
export function deployAfterAlerts(notifications: Notifications, ...stacks: Stack[]): void {
  if (notifications.stack !== undefined) {
    for (const stack of stacks) {
      stack.addStackDependency(notifications.stack, 'It sends its alerts to the bus of this stack.');
    }
  }
}

/** Adds the organization's dashboard in the home Region, if it is enabled. */
export function addDashboardStack(
  app: Construct,
  configuration: Configuration,
  scope: Exclude<MetricSource['scope'], 'account'>,
): void {
  const { name, organization, targets, rule, dashboard, deploymentMode } = configuration;
  if (!dashboard.home || organization === undefined) {
    return;
  }
  const rules = deploymentMode === 'conformance-pack' ? 'per-check' : rule.rules;
  new OrganizationDashboardStack(app, new DeploymentNames(name).stack('dashboard'), {
    env: { account: dashboard.account ?? organization.administratorAccount, region: targets.regions[0] ?? '' },
    source: { scope, regions: targets.regions, rule: { ...rule, name, rules } },
  });
}

/** Returns the rules whose AWS Config findings Security Hub suppresses, if that is enabled. */
export function suppressedRules(configuration: Configuration): RuleName[] | undefined {
  return configuration.securityHub.suppressConfigFindings
    ? ruleNames(configuration.deploymentMode, { ...configuration.rule, name: configuration.name })
    : undefined;
}

/**
 * Adds the Security Hub automation rule that suppresses AWS Config's findings, in each Region.
 * Security Hub accepts automation rules only from its administrator account.
 */
export function addSuppressionStacks(scope: Construct, configuration: Configuration): void {
  const { name, organization, securityHub } = configuration;
  const names = suppressedRules(configuration);
  if (names === undefined || organization === undefined) {
    return;
  }
  const account = securityHub.administratorAccount ?? organization.administratorAccount;
  for (const region of configuration.targets.regions) {
    new SuppressionStack(scope, new DeploymentNames(name).stack(`security-hub-${region}`), {
      env: { account, region },
      name,
      ruleNames: names,
    });
  }
}
