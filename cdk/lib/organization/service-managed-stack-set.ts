import { CfnStackSet } from 'aws-cdk-lib';
import { Construct } from 'constructs';

/** CloudFormation's limit of a `TemplateBody`, in bytes. */
export const MOST_BYTES = 51_200;

/** The accounts and Regions of a {@link ServiceManagedStackSet}. */
export interface StackSetTargets {
  /** Organizational units, or the organization's root: `ou-…`, `r-…`. */
  readonly organizationalUnits: readonly string[];

  /**
   * Only these accounts of them.
   *
   * @default - all
   */
  readonly accounts?: readonly string[] | undefined;

  /** All but these accounts of them. Not together with `accounts`. */
  readonly excludedAccounts: readonly string[];

  /** The Regions. */
  readonly regions: readonly string[];
}

/** Properties of a {@link ServiceManagedStackSet}. */
export interface ServiceManagedStackSetProps {
  readonly name: string;
  readonly description: string;

  /** The template as an object: nothing in it may be an asset that a target account can't read. */
  readonly template: object;

  readonly targets: StackSetTargets;

  /** Whether the account that deploys this is a delegated administrator rather than the management account. */
  readonly delegatedAdministrator: boolean;

  readonly tags: Readonly<Record<string, string>>;
}

/**
 * A StackSet with service-managed permissions that reaches new accounts by itself.
 *
 * A plain `CfnStackSet`: the template travels within, so that a target account needs to read no template from anywhere.
 */
export class ServiceManagedStackSet extends Construct {
  constructor(scope: Construct, id: string, props: ServiceManagedStackSetProps) {
    super(scope, id);
    const templateBody = JSON.stringify(props.template);
    const bytes = Buffer.byteLength(templateBody);
    if (bytes > MOST_BYTES) {
      throw new Error(`${props.name}: the template has ${bytes} bytes; allowed: ${MOST_BYTES}`);
    }
    new CfnStackSet(this, 'StackSet', {
      stackSetName: props.name,
      description: props.description,
      permissionModel: 'SERVICE_MANAGED',
      callAs: props.delegatedAdministrator ? 'DELEGATED_ADMIN' : 'SELF',
      // It makes roles, one of them with a name.
      capabilities: ['CAPABILITY_NAMED_IAM'],
      autoDeployment: { enabled: true, retainStacksOnAccountRemoval: false },
      // Operations that would run into each other wait instead of failing.
      managedExecution: { Active: true },
      operationPreferences: {
        regionConcurrencyType: 'PARALLEL',
        maxConcurrentPercentage: 100,
        // An account that can't take it, by a policy or a missing recorder, doesn't keep it from the others.
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
