import { Aws } from 'aws-cdk-lib';
import { stringify } from 'yaml';
import { evaluationStatements, writeLogs } from '../evaluator/permissions';
import { DEFAULT_NAME, DeploymentNames } from '../names';
import { YAML } from '../organization/template';
import { RESOURCE_TYPES, ruleDefinitions } from '../rule/config-rules';
import { inputParameters } from '../rule/rule-parameters';

const PARAMETERS = { expiryWindowDays: 60, ownerTagKeys: ['owner', 'Owner'] };

/** Returns the `awsConfig` section of Landing Zone Accelerator's `security-config.yaml`. */
export function securityConfig(): string {
  const [rule] = ruleDefinitions({ name: DEFAULT_NAME, rules: 'combined', parameters: PARAMETERS });
  const section = {
    awsConfig: {
      enableConfigurationRecorder: true,
      ruleSets: [
        {
          deploymentTargets: { organizationalUnits: ['Root'] },
          rules: [
            {
              name: rule?.name,
              type: 'Custom',
              description: rule?.description,
              inputParameters: inputParameters(PARAMETERS),
              customRule: {
                lambda: {
                  sourceFilePath: 'custom-config-rules/stagecert-x86_64.zip',
                  handler: 'bootstrap',
                  runtime: 'provided.al2023',
                  rolePolicyFile: 'custom-config-rules/stagecert-role-policy.json',
                  timeout: 900,
                },
                periodic: true,
                maximumExecutionFrequency: 'TwentyFour_Hours',
                configurationChanges: true,
                triggeringResources: {
                  lookupType: 'ResourceTypes',
                  lookupKey: 'ResourceTypes',
                  lookupValue: RESOURCE_TYPES,
                },
              },
            },
          ],
        },
      ],
    },
  };
  return stringify(section, YAML);
}

/** The partitions. Each has its own policy, because the policy's ARNs name the partition. */
const PARTITIONS = ['aws', 'aws-us-gov', 'aws-cn', 'aws-eusc'] as const;

/** Returns the policies of the function's role by file name, one per partition. */
export function rolePolicies(): Record<string, string> {
  return Object.fromEntries(
    PARTITIONS.map((partition) => [
      partition === 'aws' ? 'stagecert-role-policy.json' : `stagecert-role-policy.${partition}.json`,
      rolePolicy(partition),
    ]),
  );
}

/** Returns the policy of the function's role, for all accounts and Regions of a partition. */
function rolePolicy(partition: string): string {
  const logs = `arn:${Aws.PARTITION}:logs:*:${Aws.ACCOUNT_ID}:log-group:${new DeploymentNames(DEFAULT_NAME).logGroup.replace(/[^/]+$/, '*')}`;
  const statements = [...evaluationStatements(PARAMETERS, ['*']), writeLogs([logs])];
  const policy = { Version: '2012-10-17', Statement: statements.map((statement) => statement.toStatementJson()) };
  const text = JSON.stringify(policy, null, 2).replaceAll(Aws.PARTITION, partition).replaceAll(Aws.ACCOUNT_ID, '*');
  return `${text}\n`;
}
