import { CfnStackSet } from 'aws-cdk-lib';
import { Construct } from 'constructs';

/** CloudFormation's maximum size of a `TemplateBody`, in bytes. */
export const MAX_TEMPLATE_BYTES = 51_200;

/** The accounts and Regions of a {@link ServiceManagedStackSet}. */
export interface StackSetTargets {
  /** The organizational units (`ou-…`), or the organization's root (`r-…`). */
  readonly organizationalUnits: readonly string[];

  /**
   * The only accounts of these units that are targets.
   *
   * @default - all accounts
   */
  readonly accounts?: readonly string[] | undefined;

  /** The accounts that are excluded. It can't be combined with `accounts`. */
  readonly excludedAccounts: readonly string[];

  /** The Regions. */
  readonly regions: readonly string[];

  /**
   * The ARNs of the StackSets that are deployed to new accounts first.
   *
   * @default - none
   */
  readonly dependsOn?: readonly string[] | undefined;
}

/** The speed of a {@link ServiceManagedStackSet}'s operations. */
export interface StackSetRollout {
  /** Whether the Regions are deployed at the same time or in order. */
  readonly regionConcurrency: 'parallel' | 'sequential';
  readonly maxConcurrentPercentage: number;
  readonly failureTolerancePercentage: number;
}

/** Properties of a {@link ServiceManagedStackSet}. */
export interface ServiceManagedStackSetProps {
  readonly name: string;
  readonly description: string;

  /** The template. It must not contain assets that a target account can't read. */
  readonly template: object;

  readonly targets: StackSetTargets;

  readonly rollout: StackSetRollout;

  /**
   * Whether the account that deploys this is a delegated administrator rather than the management
   * account.
   */
  readonly delegatedAdministrator: boolean;

  readonly tags: Readonly<Record<string, string>>;
}

/**
 * A StackSet with service-managed permissions. New accounts are included automatically.
 *
 * It is a plain `CfnStackSet` with an inline template, so that the template needs no bucket.
 */
export class ServiceManagedStackSet extends Construct {
  constructor(scope: Construct, id: string, props: ServiceManagedStackSetProps) {
    super(scope, id);
    const templateBody = JSON.stringify(props.template);
    const bytes = Buffer.byteLength(templateBody);
    if (bytes > MAX_TEMPLATE_BYTES) {
      throw new Error(`${props.name}: the template has ${bytes} bytes; allowed: ${MAX_TEMPLATE_BYTES}`);
    }
    new CfnStackSet(this, 'StackSet', {
      stackSetName: props.name,
      description: props.description,
      permissionModel: 'SERVICE_MANAGED',
      callAs: props.delegatedAdministrator ? 'DELEGATED_ADMIN' : 'SELF',
      // The template creates roles, one of them with a fixed name.
      capabilities: ['CAPABILITY_NAMED_IAM'],
      autoDeployment: { enabled: true, retainStacksOnAccountRemoval: false },
      // Conflicting operations are queued instead of failing.
      managedExecution: { Active: true },
      operationPreferences: {
        regionConcurrencyType: 'PARALLEL',
        maxConcurrentPercentage: 100,
        // An account in which the deployment fails, for example because it has no configuration
        // recorder, doesn't stop the others.
        failureTolerancePercentage: 100,
        concurrencyMode: 'SOFT_FAILURE_TOLERANCE',
      },
      stackInstancesGroup: [
        { deploymentTargets: deploymentTargets(props.targets), regions: [...props.targets.regions] },
      ],
      templateBody,
      tags: Object.entries(props.tags).map(([key, value]) => ({ key, value })),
    });
  }
}

function deploymentTargets(targets: StackSetTargets): CfnStackSet.DeploymentTargetsProperty {
  const organizationalUnitIds = [...targets.organizationalUnits];
  if (targets.accounts !== undefined) {
    return { organizationalUnitIds, accounts: [...targets.accounts], accountFilterType: 'INTERSECTION' };
  }
  if (targets.excludedAccounts.length > 0) {
    return { organizationalUnitIds, accounts: [...targets.excludedAccounts], accountFilterType: 'DIFFERENCE' };
  }
  return { organizationalUnitIds };
}
