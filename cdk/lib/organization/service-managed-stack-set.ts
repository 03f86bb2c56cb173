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
   * The only accounts of these units that are targets.
   *
   * @default - all accounts
   */
  readonly accounts?: readonly string[] | undefined;

  /** The accounts that are excluded. It can't be combined with `accounts`. */
  readonly excludedAccounts: readonly string[];

  /** The Regions. */
  readonly regions: readonly string[];
}

/** Properties of a {@link ServiceManagedStackSet}. */
export interface ServiceManagedStackSetProps {
  readonly name: string;
  readonly description: string;

  /** The template. It must not contain assets that a target account can't read. */
  readonly template: object;

  readonly targets: StackSetTargets;

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
