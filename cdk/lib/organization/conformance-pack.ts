import { stringify } from 'yaml';
import { DEFAULT_NAME, DeploymentNames } from '../names';
import { type Frequency, RESOURCE_TYPES, ruleDefinitions, TRIGGERS } from '../rule/config-rules';
import { MANAGED_RULES, type ManagedRule } from '../rule/managed-rules';
import { type DeploymentParameters, inputParameters, type RuleParameters } from '../rule/rule-parameters';
import { YAML } from './template';

/** AWS Config's maximum size of a conformance pack's `TemplateBody`, in bytes (botocore). */
export const MAX_TEMPLATE_BYTES = 51_200;

/** The content of the conformance pack. */
export interface ConformancePackSettings {
  /** The deployment's name. */
  readonly name: string;

  /** How often all stages are evaluated again. */
  readonly frequency: Frequency;

  /** The rule parameters. */
  readonly parameters: RuleParameters;

  /** The AWS managed rules to include; see `managedRulesIn`. */
  readonly managedRules: readonly ManagedRule[];

  /**
   * The parameters that the deployment sets, except the role, which is a parameter of the template.
   *
   * @default - none
   */
  readonly deployment?: DeploymentParameters | undefined;
}

/** The pack that is shipped as a file, for Regions that offer all of the managed rules. */
export const DEFAULTS: ConformancePackSettings = {
  name: DEFAULT_NAME,
  frequency: 'TwentyFour_Hours',
  parameters: {},
  managedRules: MANAGED_RULES,
};

/**
 * Returns the YAML template of the conformance pack: a custom rule per selected check, and AWS
 * managed rules.
 *
 * Its parameters are `FunctionArn`, the central function in the Region, and `ExecutionRoleName`.
 */
export function conformancePackTemplate(settings: ConformancePackSettings): string {
  const names = new DeploymentNames(settings.name);
  const custom = ruleDefinitions({ name: settings.name, rules: 'per-check', parameters: settings.parameters }).map(
    (definition) => [
      definition.name,
      {
        description: definition.description,
        parameters: {
          ...inputParameters(definition.parameters, { ...settings.deployment, executionRoleName: names.memberRole }),
          executionRoleName: { Ref: 'ExecutionRoleName' },
        },
        scope: { ComplianceResourceTypes: RESOURCE_TYPES },
        source: {
          Owner: 'CUSTOM_LAMBDA',
          SourceIdentifier: { Ref: 'FunctionArn' },
          SourceDetails: TRIGGERS.map((MessageType) => ({
            EventSource: 'aws.config',
            MessageType,
            ...(MessageType === 'ScheduledNotification' ? { MaximumExecutionFrequency: settings.frequency } : {}),
          })),
        },
      },
    ],
  );
  const managed = settings.managedRules.map((rule) => [
    rule.name,
    {
      description: `${rule.control}: ${rule.description}`,
      parameters: rule.inputParameters,
      source: { Owner: 'AWS', SourceIdentifier: rule.identifier },
    },
  ]);
  const template = {
    Parameters: {
      FunctionArn: {
        Type: 'String',
        Description: `The unqualified ARN of the function ${names.function} in this Region`,
      },
      ExecutionRoleName: {
        Type: 'String',
        Default: names.memberRole,
        Description: 'The name of the role that the function assumes in each account',
      },
    },
    Resources: Object.fromEntries(
      [...custom, ...managed].map(([name, rule]) => resource(name as string, rule as Rule)),
    ),
  };
  const text = stringify(template, YAML);
  const bytes = Buffer.byteLength(text);
  if (bytes > MAX_TEMPLATE_BYTES) {
    throw new Error(`rule.parameters: the conformance pack has ${bytes} bytes; allowed: ${MAX_TEMPLATE_BYTES}`);
  }
  return text;
}

interface Rule {
  readonly description: string;
  readonly parameters?: object;
  readonly scope?: object;
  readonly source: object;
}

function resource(name: string, rule: Rule): [string, object] {
  const logicalId = name
    .split('-')
    .map((word) => word.charAt(0).toUpperCase() + word.slice(1))
    .join('');
  const properties = {
    ConfigRuleName: name,
    Description: rule.description,
    ...(rule.parameters === undefined ? {} : { InputParameters: rule.parameters }),
    ...(rule.scope === undefined ? {} : { Scope: rule.scope }),
    Source: rule.source,
  };
  return [logicalId, { Type: 'AWS::Config::ConfigRule', Properties: properties }];
}
