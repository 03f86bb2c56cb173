import { Tags } from 'aws-cdk-lib';
import type { Construct } from 'constructs';
import type { Configuration } from './configuration/schema';
import { evaluatorCode } from './evaluator/evaluator-code';
import { applyRoleSettings } from './evaluator/roles';
import { addAccountStacks } from './stacks/account-mode';
import { addCentralStacks } from './stacks/central-mode';
import { deploymentTags } from './stacks/settings';
import { addStackSetStacks } from './stacks/stack-set-mode';

/**
 * Adds the stacks for a configuration. `codePath` is a directory that contains `bootstrap`, or a
 * zip file; it is not used if the configuration names a bucket.
 */
export function addStacks(scope: Construct, configuration: Configuration, codePath: string): void {
  Object.entries(deploymentTags(configuration)).forEach(([key, value]) => {
    Tags.of(scope).add(key, value);
  });
  applyRoleSettings(scope, configuration.roles);
  const { organization, deploymentMode } = configuration;
  const { code, architecture } = configuration.function;
  const path = typeof code === 'object' ? undefined : evaluatorCode(codePath, architecture);
  if (deploymentMode === 'account' || organization === undefined) {
    addAccountStacks(scope, configuration, path);
  } else if (deploymentMode === 'stack-set') {
    addStackSetStacks(scope, { ...configuration, organization }, path);
  } else {
    addCentralStacks(scope, { ...configuration, organization }, deploymentMode, path);
  }
}
