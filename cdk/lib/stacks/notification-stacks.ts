import { Aws } from 'aws-cdk-lib';
import type { Construct } from 'constructs';
import type { AlertRouting } from '../alerts/account-alerts';
import { hasRecipients, notifiesOwners, reminderDays } from '../alerts/alert-settings';
import { ALERT_BUS_NAME, AlertsStack } from '../alerts/alerts-stack';
import { busArn } from '../alerts/event-forwarding';
import { type RuleName, ruleNames } from '../alerts/event-patterns';
import type { Configuration } from '../configuration';
import type { MetricSource } from '../dashboard/dashboard-sources';
import { OrganizationDashboardStack } from '../dashboard/dashboards';
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
  const { alerts, organization, deploymentMode } = configuration;
  if (alerts === undefined) {
    return {};
  }
  const { parameters } = configuration.rule;
  const region = configuration.targets.regions[0] ?? '';
  const account = organization?.administratorAccount;
  const names = ruleNames(deploymentMode, configuration.rule);
  const stack = hasRecipients(alerts)
    ? new AlertsStack(scope, 'stagecert-alerts', {
        env: { region, ...(account === undefined ? {} : { account }) },
        organizationId: deploymentMode === 'account' ? undefined : organization?.id,
        alerts,
        ruleNames: names,
        checks: selectedChecks(parameters),
      })
    : undefined;
  const buses = [
    ...(stack === undefined ? [] : [busArn(ALERT_BUS_NAME, { account: account ?? Aws.ACCOUNT_ID, region })]),
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

/** Adds the organization's dashboard in the home Region, if it is enabled. */
export function addDashboardStack(
  app: Construct,
  configuration: Configuration,
  scope: Exclude<MetricSource['scope'], 'account'>,
): void {
  const { organization, targets, rule, dashboard, deploymentMode } = configuration;
  if (!dashboard.home || organization === undefined) {
    return;
  }
  const rules = deploymentMode === 'conformance-pack' ? 'per-check' : rule.rules;
  new OrganizationDashboardStack(app, 'stagecert-dashboard', {
    env: { account: organization.administratorAccount, region: targets.regions[0] ?? '' },
    source: { scope, regions: targets.regions, rule: { ...rule, rules } },
  });
}

/** Returns the rules whose AWS Config findings Security Hub suppresses, if that is enabled. */
export function suppressedRules(configuration: Configuration): RuleName[] | undefined {
  return configuration.securityHub.suppressConfigFindings
    ? ruleNames(configuration.deploymentMode, configuration.rule)
    : undefined;
}

/**
 * Adds the Security Hub automation rule that suppresses AWS Config's findings, in each Region.
 * Security Hub accepts automation rules only from its administrator account.
 */
export function addSuppressionStacks(scope: Construct, configuration: Configuration): void {
  const names = suppressedRules(configuration);
  if (names === undefined || configuration.organization === undefined) {
    return;
  }
  for (const region of configuration.targets.regions) {
    new SuppressionStack(scope, `stagecert-security-hub-${region}`, {
      env: { account: configuration.organization.administratorAccount, region },
      ruleNames: names,
    });
  }
}
