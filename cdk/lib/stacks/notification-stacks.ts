import { Aws } from 'aws-cdk-lib';
import type { Construct } from 'constructs';
import type { AlertSinks } from '../alerts/account-alerts';
import { reminderDays, routesOwners, tellsPeople } from '../alerts/alert-settings';
import { ALERT_BUS, AlertsStack } from '../alerts/alerts-stack';
import { busArn } from '../alerts/event-forwarding';
import { type RuleName, ruleNames } from '../alerts/event-patterns';
import type { Configuration } from '../configuration';
import type { Numbers } from '../dashboard/dashboard-sources';
import { OrganizationDashboardStack } from '../dashboard/dashboards';
import { chosenChecks } from '../rule/rule-parameters';
import { SuppressionStack } from './security-hub';

/** What a deployment tells, and where to. */
export interface Telling {
  /**
   * Where the alerts of each account and Region go.
   *
   * @default - there are none
   */
  readonly sinks?: AlertSinks | undefined;

  /**
   * The stack that tells people, which has to be there first.
   *
   * @default - nobody is told by mail
   */
  readonly stack?: AlertsStack | undefined;
}

/** Adds the stack in the home Region that tells people, if the configuration names any. */
export function addAlerts(scope: Construct, configuration: Configuration): Telling {
  const { alerts, organization, deploymentMode } = configuration;
  if (alerts === undefined) {
    return {};
  }
  const { parameters } = configuration.rule;
  const region = configuration.targets.regions[0] ?? '';
  const account = organization?.administratorAccount;
  const names = ruleNames(deploymentMode, configuration.rule);
  const stack = tellsPeople(alerts)
    ? new AlertsStack(scope, 'stagecert-alerts', {
        env: { region, ...(account === undefined ? {} : { account }) },
        organizationId: deploymentMode === 'account' ? undefined : organization?.id,
        alerts,
        ruleNames: names,
        checks: chosenChecks(parameters),
      })
    : undefined;
  const buses = [
    ...(stack === undefined ? [] : [busArn(ALERT_BUS, { account: account ?? Aws.ACCOUNT_ID, region })]),
    ...(alerts.eventBus === undefined ? [] : [alerts.eventBus]),
  ];
  const sinks = {
    buses,
    ruleNames: names,
    reminderDays: reminderDays(alerts, parameters),
    routesOwners: routesOwners(alerts),
  };
  return { sinks, stack };
}

/** Adds the dashboard over all accounts and Regions of an organization. */
export function addOrganizationDashboard(scope: Construct, configuration: Configuration, of: Numbers['of']): void {
  const { organization, targets, rule, dashboard, deploymentMode } = configuration;
  if (!dashboard.home || organization === undefined) {
    return;
  }
  const rules = deploymentMode === 'conformance-pack' ? 'per-check' : rule.rules;
  new OrganizationDashboardStack(scope, 'stagecert-dashboard', {
    env: { account: organization.administratorAccount, region: targets.regions[0] ?? '' },
    numbers: { of, regions: targets.regions, rule: { ...rule, rules } },
  });
}

/** The rules whose findings by AWS Config are to be suppressed, if any. */
export function suppressed(configuration: Configuration): RuleName[] | undefined {
  return configuration.securityHub.suppressConfigFindings
    ? ruleNames(configuration.deploymentMode, configuration.rule)
    : undefined;
}

/** Adds, in each Region, the rule of Security Hub that suppresses them: it takes one from its administrator account alone. */
export function addSuppression(scope: Construct, configuration: Configuration): void {
  const names = suppressed(configuration);
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
