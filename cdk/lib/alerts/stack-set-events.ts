import { Aws } from 'aws-cdk-lib';
import type { EventPattern } from 'aws-cdk-lib/aws-events';
import { Construct } from 'constructs';
import { DeploymentNames } from '../names';
import { DeadLetters } from './dead-letters';
import { EventForwarding } from './event-forwarding';

/** The detail type of the event about one account and Region of a StackSet. */
export const STACK_INSTANCE_CHANGE = 'CloudFormation StackSet StackInstance Status Change';

/**
 * The statuses after which an account and Region lacks the current stack. `CANCELLED` isn't one of
 * them: it follows a failure that is reported, and a stopped operation has one in every account
 * that it didn't reach. Nor is `SKIPPED_SUSPENDED_ACCOUNT`: such an account is closed.
 */
export const FAILED_STATUSES = ['FAILED', 'INOPERABLE'];

/** Where StackSets are. */
export interface StackSetHome {
  /**
   * The accounts whose ids their ARNs may have: StackSets with service-managed permissions are created
   * in the management account, even if a delegated administrator creates them (CloudFormation user
   * guide).
   */
  readonly accounts: readonly string[];
  readonly region: string;
}

/** Returns the pattern of failed instances of a deployment's StackSets. */
export function failedStackInstances(names: DeploymentNames, { accounts, region }: StackSetHome): EventPattern {
  const arns = [...new Set(accounts)].map(
    (account) => `arn:${Aws.PARTITION}:cloudformation:${region}:${account}:stackset`,
  );
  return {
    source: ['aws.cloudformation'],
    detailType: [STACK_INSTANCE_CHANGE],
    detail: {
      'stack-set-arn': arns.flatMap((arn) => names.stackSets.map((name) => ({ prefix: `${arn}/${name}:` }))),
      'status-details': { 'detailed-status': FAILED_STATUSES },
    },
  };
}

/** Properties of {@link StackSetFailures}. */
export interface StackSetFailuresProps {
  /** The deployment's name. */
  readonly name: string;

  /** Where the StackSets are. */
  readonly stackSets: StackSetHome;

  /** The ARNs of the buses that receive the events. */
  readonly buses: readonly string[];
}

/**
 * Forwards the events about failed instances of StackSets from this account's default bus.
 *
 * AWS doesn't document whether a delegated administrator receives these events, or only the
 * management account.
 */
export class StackSetFailures extends Construct {
  constructor(scope: Construct, id: string, { name, stackSets, buses }: StackSetFailuresProps) {
    super(scope, id);
    const names = new DeploymentNames(name);
    const pattern = failedStackInstances(names, stackSets);
    const { queue: failedEvents } = new DeadLetters(this, 'FailedForwarding', {
      queueName: names.undeliveredStackSetFailures,
      ruleName: names.eventRule('*'),
    });
    new EventForwarding(this, 'Forwarding', {
      name,
      forwarded: [{ name: 'stack-set-failures', pattern, buses }],
      failedEvents,
    });
  }
}
