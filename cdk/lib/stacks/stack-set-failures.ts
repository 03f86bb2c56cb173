import { Stack, type StackProps } from 'aws-cdk-lib';
import type { Construct } from 'constructs';
import { StackSetFailures, type StackSetFailuresProps } from '../alerts/stack-set-events';
import type { OrganizationConfiguration } from '../configuration/schema';
import { DeploymentNames } from '../names';
import { deployAfterAlerts, type Notifications } from './notification-stacks';
import { homeEnvironment, includesManagementAccount, isDelegatedAdministrator, stackSetHome } from './settings';

/** Properties of a {@link StackSetFailuresStack}. */
export interface StackSetFailuresStackProps extends StackProps, StackSetFailuresProps {}

/** The stack that reports failed StackSet instances, in the home Region of the StackSets. */
export class StackSetFailuresStack extends Stack {
  constructor(scope: Construct, id: string, props: StackSetFailuresStackProps) {
    super(scope, id, { description: 'stagecert: reports accounts in which a StackSet fails', ...props });
    new StackSetFailures(this, 'Failures', props);
  }
}

/**
 * Adds the stacks that report failed StackSet instances, if the configuration has alerts: in the
 * administrator account, and in the management account if the deployment includes it.
 */
export function addStackSetFailures(
  scope: Construct,
  configuration: OrganizationConfiguration,
  { routing, ...notifications }: Notifications,
): Stack[] {
  const { name, organization } = configuration;
  const stackSets = stackSetHome(configuration);
  if (routing === undefined || stackSets === undefined) {
    return [];
  }
  const names = new DeploymentNames(name);
  const { account, region } = homeEnvironment(configuration);
  const props = { name, stackSets, buses: routing.buses };
  const stacks = [
    new StackSetFailuresStack(scope, names.stack('stack-set-failures'), { env: { account, region }, ...props }),
  ];
  if (includesManagementAccount(configuration) && isDelegatedAdministrator(configuration)) {
    const env = { account: organization.managementAccount, region };
    stacks.push(new StackSetFailuresStack(scope, names.stack('stack-set-failures-management'), { env, ...props }));
  }
  deployAfterAlerts(notifications, ...stacks);
  return stacks;
}

/** Deploys stacks with StackSets after the stacks that report their failures. */
export function reportFailures(failures: readonly Stack[], ...stacks: Stack[]): void {
  for (const stack of stacks) {
    for (const failure of failures) {
      stack.addStackDependency(failure, 'It reports the accounts in which this StackSet fails.');
    }
  }
}
