import type { Construct } from 'constructs';
import type { Configuration } from '../configuration/schema';
import { DeploymentNames } from '../names';
import { AccountStack } from './account-stack';
import { addAlertsStack, automationRules, deployAfterAlerts } from './notification-stacks';
import { accountCode, defaultReservation, evaluatorSettings, ruleSettings } from './settings';

/** Adds the stacks for one account: one per Region. */
export function addAccountStacks(scope: Construct, configuration: Configuration, codePath: string | undefined): void {
  const names = new DeploymentNames(configuration.name);
  const code = accountCode(configuration, codePath);
  const notifications = addAlertsStack(scope, configuration, code);
  for (const region of configuration.targets.regions) {
    const stack = new AccountStack(scope, names.stack(region), {
      env: { region },
      code,
      evaluator: evaluatorSettings(configuration, defaultReservation(configuration, 1)),
      rule: ruleSettings(configuration),
      alerts: notifications.routing,
      dashboard: configuration.dashboard.home,
      startsRotations: configuration.rotation === 'automation',
      automationRules: automationRules(configuration),
    });
    deployAfterAlerts(notifications, stack);
  }
}
