import { createHash } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { CfnStackSet, FileAssetPackaging, Stack, Stage } from 'aws-cdk-lib';
import { Construct } from 'constructs';

/** CloudFormation's maximum size of the template at a `TemplateURL`, in bytes. */
export const MAX_TEMPLATE_BYTES = 1_000_000;

/** The accounts and Regions of a {@link ServiceManagedStackSet}. */
export interface StackSetTargets {
  /** The organizational units (`ou-…`), or the organization's root (`r-…`). */
  readonly organizationalUnits: readonly string[];

  /**
   * The only accounts of these units that are targets, permanently: new accounts aren't included.
   *
   * @default - all accounts, new ones included
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
  /** Whether the Regions are deployed at the same time or in the order of the targets. */
  readonly regionConcurrency: 'parallel' | 'sequential';

  /** The percentage of accounts to which the StackSet is deployed at a time. */
  readonly maxConcurrentPercentage: number;

  /**
   * The percentage of accounts per Region that may fail. If more fail, the operation stops and the
   * deployment fails.
   */
  readonly failureTolerancePercentage: number;
}

/** Properties of a {@link ServiceManagedStackSet}. */
export interface ServiceManagedStackSetProps {
  readonly name: string;
  readonly description: string;

  /** The template. It must not contain assets that a target account can't read. */
  readonly template: object;

  readonly targets: StackSetTargets;

  /** How a deployment proceeds. AWS doesn't apply it to accounts that are added later. */
  readonly rollout: StackSetRollout;

  /**
   * Whether the account that deploys this is a delegated administrator rather than the management
   * account.
   */
  readonly delegatedAdministrator: boolean;

  readonly tags: Readonly<Record<string, string>>;
}

/**
 * A StackSet with service-managed permissions. New accounts are included automatically, unless the
 * targets are individual accounts: AWS ignores account filters for automatic deployments.
 *
 * It is a plain `CfnStackSet`. Its template is a file of the cloud assembly, which CDK publishes to
 * the bootstrap bucket: only the account that deploys the StackSet reads it there.
 */
export class ServiceManagedStackSet extends Construct {
  constructor(scope: Construct, id: string, props: ServiceManagedStackSetProps) {
    super(scope, id);
    new CfnStackSet(this, 'StackSet', {
      stackSetName: props.name,
      description: props.description,
      permissionModel: 'SERVICE_MANAGED',
      callAs: props.delegatedAdministrator ? 'DELEGATED_ADMIN' : 'SELF',
      // The template creates roles, one of them with a fixed name.
      capabilities: ['CAPABILITY_NAMED_IAM'],
      autoDeployment: autoDeployment(props.targets),
      // Conflicting operations are queued instead of failing.
      managedExecution: { Active: true },
      operationPreferences: operationPreferences(props.rollout, props.targets.regions),
      stackInstancesGroup: [
        { deploymentTargets: deploymentTargets(props.targets), regions: [...props.targets.regions] },
      ],
      templateUrl: templateUrl(this, props),
      tags: Object.entries(props.tags).map(([key, value]) => ({ key, value })),
    });
  }
}

/**
 * Writes the template to the cloud assembly and returns the URL to which CDK publishes it. The same
 * template always results in the same file and URL.
 */
function templateUrl(scope: Construct, { name, template }: ServiceManagedStackSetProps): string {
  const text = `${JSON.stringify(template, null, 1)}\n`;
  const bytes = Buffer.byteLength(text);
  if (bytes > MAX_TEMPLATE_BYTES) {
    throw new Error(`${name}: the template has ${bytes} bytes; allowed: ${MAX_TEMPLATE_BYTES}`);
  }
  const stack = Stack.of(scope);
  const fileName = `${stack.artifactId}.stack-set.template.json`;
  writeFileSync(join(Stage.of(scope)?.outdir ?? '', fileName), text);
  const location = stack.synthesizer.addFileAsset({
    fileName,
    packaging: FileAssetPackaging.FILE,
    sourceHash: createHash('sha256').update(text).digest('hex'),
    displayName: `Template of the StackSet ${name}`,
    deployTime: true,
  });
  return location.httpUrl;
}

function autoDeployment({ accounts, dependsOn = [] }: StackSetTargets): CfnStackSet.AutoDeploymentProperty {
  if (accounts !== undefined) {
    return { enabled: false };
  }
  const dependencies = dependsOn.length === 0 ? {} : { dependsOn: [...dependsOn] };
  return { enabled: true, retainStacksOnAccountRemoval: false, ...dependencies };
}

function operationPreferences(
  rollout: StackSetRollout,
  regions: readonly string[],
): CfnStackSet.OperationPreferencesProperty {
  return {
    regionConcurrencyType: rollout.regionConcurrency === 'sequential' ? 'SEQUENTIAL' : 'PARALLEL',
    ...(rollout.regionConcurrency === 'sequential' ? { regionOrder: [...regions] } : {}),
    maxConcurrentPercentage: rollout.maxConcurrentPercentage,
    failureTolerancePercentage: rollout.failureTolerancePercentage,
    // The tolerance doesn't limit how many accounts are deployed at a time.
    concurrencyMode: 'SOFT_FAILURE_TOLERANCE',
  };
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
