import { Annotations, Aws, type Stack } from 'aws-cdk-lib';
import type { Code } from 'aws-cdk-lib/aws-lambda';
import type { Construct } from 'constructs';
import type { AlarmSettings, AlertRouting } from '../alerts/account-alerts';
import { frontDoorReminderDays, hasRecipients, reminderDays } from '../alerts/alert-settings';
import { AlertsStack } from '../alerts/alerts-stack';
import { busArn } from '../alerts/event-forwarding';
import { ruleNames } from '../alerts/event-patterns';
import type { MailerSettings } from '../alerts/mailer-function';
import { AlarmsStack } from '../alerts/organization-alarms';
import type { Configuration, OrganizationConfiguration } from '../configuration/schema';
import type { MetricSource } from '../dashboard/dashboard-sources';
import { OrganizationDashboardStack } from '../dashboard/dashboards';
import { DeploymentNames } from '../names';
import { type AutomationRules, AutomationRulesStack } from './security-hub';
import { ruleSettings, stackSetHome } from './settings';

/** The alerts of a deployment. */
export interface Notifications {
  /**
   * Which alerts each account and Region sends, and to which buses.
   *
   * @default - no alerts
   */
  readonly routing?: AlertRouting | undefined;

  /**
   * The stacks that receive events or alarms. They must be deployed before those that send them.
   */
  readonly stacks: readonly Stack[];
}

/**
 * Adds the stack that sends emails in the home Region, if the configuration names recipients, and
 * the stacks with the alarms about the functions of all accounts.
 *
 * @param code returns the code of the mailer, which is the code of the function
 */
export function addAlertsStack(
  scope: Construct,
  configuration: Configuration,
  code: (scope: Construct) => Code,
): Notifications {
  const { name, alerts, organization, deploymentMode } = configuration;
  if (alerts === undefined) {
    return { stacks: [] };
  }
  const { parameters } = configuration.rule;
  const region = configuration.targets.regions[0] ?? '';
  const account = alerts.account ?? organization?.administratorAccount;
  const deployment = new DeploymentNames(name);
  const rule = ruleSettings(configuration);
  const names = ruleNames(deploymentMode, rule);
  const stack = hasRecipients(alerts)
    ? new AlertsStack(scope, deployment.stack('alerts'), {
        name,
        env: { region, ...(account === undefined ? {} : { account }) },
        organizationId: deploymentMode === 'account' ? undefined : organization?.id,
        alerts,
        ruleNames: names,
        mailer: mailerSettings(configuration, code),
        stackSets: stackSetHome(configuration),
        startsRotations: configuration.rotation === 'automation',
      })
    : undefined;
  const alertBuses =
    stack === undefined ? [] : [busArn(deployment.alertBus, { account: account ?? Aws.ACCOUNT_ID, region })];
  const changeBuses = alerts.eventBus === undefined ? [] : [alerts.eventBus];
  const buses = [...alertBuses, ...changeBuses];
  const routing = {
    buses,
    changeBuses,
    failureBuses: alertBuses,
    ruleNames: names,
    reminderDays: reminderDays(alerts, parameters),
    frontDoorReminderDays: frontDoorReminderDays(alerts, parameters, rule.frontDoor),
    alarms: functionAlarms(configuration),
  };
  const emails = stack === undefined ? [] : [stack];
  if (configuration.metrics === 'none') {
    Annotations.of(scope).addInfo('metrics: none: no alarm reports a missed sweep; `make coverage` does');
  }
  if (deploymentMode !== 'stack-set' || organization === undefined) {
    return { routing, stacks: emails };
  }
  const alarms = addAlarmStacks(scope, { ...configuration, organization }, buses);
  alarms.forEach((alarmStack) => {
    emails.forEach((receiver) => {
      alarmStack.addStackDependency(receiver, 'It sends its alarms to the bus of this stack.');
    });
  });
  return { routing, stacks: [...emails, ...alarms] };
}

/** Returns the settings of the mailer. Central functions send events about other accounts. */
function mailerSettings(configuration: Configuration, code: (scope: Construct) => Code): MailerSettings {
  const { deploymentMode, organization } = configuration;
  const { architecture, logRetentionDays, logKmsKey } = configuration.function;
  const isCentral = deploymentMode === 'organization-rule' || deploymentMode === 'conformance-pack';
  const functionAccount = isCentral ? organization?.administratorAccount : undefined;
  return { code, architecture, logRetention: logRetentionDays, logKmsKey, functionAccount };
}

/** Returns the alarms next to each function. With a StackSet, there are none by default. */
function functionAlarms(configuration: Configuration): AlarmSettings | undefined {
  const { deploymentMode, organization, alerts, metrics, name } = configuration;
  const hasSweepMetrics = metrics !== 'none';
  const topicArn = alerts?.alarmTopic?.replace('REGION', Aws.REGION);
  if (deploymentMode !== 'stack-set' || organization === undefined) {
    return { topicArn, hasSweepMetrics };
  }
  const account = dashboardAccount({ ...configuration, organization });
  const central = `arn:${Aws.PARTITION}:sns:${Aws.REGION}:${account}:${new DeploymentNames(name).alarmTopic}`;
  return alerts?.accountAlarms ? { topicArn: topicArn ?? central, hasSweepMetrics } : undefined;
}

/**
 * Adds a stack with alarms to each Region of the dashboard's account; or with the topic that the
 * accounts' own alarms notify, unless the configuration names one.
 */
function addAlarmStacks(
  scope: Construct,
  configuration: OrganizationConfiguration,
  buses: readonly string[],
): AlarmsStack[] {
  const { name, alerts, metrics, organization, targets } = configuration;
  const names = new DeploymentNames(name);
  if (alerts?.accountAlarms && alerts.alarmTopic !== undefined) {
    return [];
  }
  return targets.regions.map(
    (region) =>
      new AlarmsStack(scope, names.stack(`alarms-${region}`), {
        env: { account: dashboardAccount(configuration), region },
        rule: ruleSettings(configuration),
        alarms: { topicArn: alerts?.alarmTopic?.replace('REGION', region), hasSweepMetrics: metrics !== 'none' },
        buses,
        organizationId: alerts?.accountAlarms ? organization.id : undefined,
      }),
  );
}

/** Returns the account of the organization's dashboard and alarms. */
const dashboardAccount = ({ dashboard, organization }: OrganizationConfiguration) =>
  dashboard.account ?? organization.administratorAccount;

/**
 * Makes stacks depend on the stack that sends emails, so that its bus exists before they use it.
 */
export function deployAfterAlerts(notifications: Notifications, ...stacks: Stack[]): void {
  for (const receiver of notifications.stacks) {
    for (const stack of stacks) {
      stack.addStackDependency(receiver, 'It sends its alerts to the bus or the topic of this stack.');
    }
  }
}

/** Adds the organization's dashboard in the home Region, if it is enabled. */
export function addDashboardStack(
  app: Construct,
  configuration: Configuration,
  scope: Exclude<MetricSource['scope'], 'account'>,
): void {
  const { name, organization, targets, rule, dashboard, deploymentMode, metrics } = configuration;
  if (!dashboard.home || organization === undefined) {
    return;
  }
  const rules = deploymentMode === 'conformance-pack' ? 'per-check' : rule.rules;
  const account = dashboardAccount({ ...configuration, organization });
  const functions = organization.administratorAccount;
  new OrganizationDashboardStack(app, new DeploymentNames(name).stack('dashboard'), {
    env: { account, region: targets.regions[0] ?? '' },
    source: {
      scope,
      regions: targets.regions,
      rule: { ...ruleSettings(configuration), rules },
      metrics,
      account: scope === 'central' && functions !== account ? functions : undefined,
    },
  });
}

/** Returns the automation rules of Security Hub that are enabled. */
export function automationRules(configuration: Configuration): AutomationRules {
  const { deploymentMode, securityHub } = configuration;
  return {
    suppressedRules: securityHub.suppressConfigFindings
      ? ruleNames(deploymentMode, ruleSettings(configuration))
      : undefined,
    resolvesPassed: securityHub.resolvePassedFindings,
  };
}

/**
 * Adds the automation rules of Security Hub in each Region. Security Hub accepts automation rules
 * only from its administrator account.
 */
export function addAutomationRulesStacks(scope: Construct, configuration: Configuration): void {
  const { name, organization, securityHub } = configuration;
  if (organization === undefined || !(securityHub.suppressConfigFindings || securityHub.resolvePassedFindings)) {
    return;
  }
  const account = securityHub.administratorAccount ?? organization.administratorAccount;
  for (const region of configuration.targets.regions) {
    new AutomationRulesStack(scope, new DeploymentNames(name).stack(`security-hub-${region}`), {
      env: { account, region },
      name,
      ...automationRules(configuration),
    });
  }
}
