import { stringify } from 'yaml';
import { MEMBER_ROLE_NAME } from '../evaluator/member-role';
import { type Frequency, RESOURCE_TYPES, ruleDefinitions, TRIGGERS } from '../rule/config-rules';
import { MANAGED_RULES, type ManagedRule } from '../rule/managed-rules';
import { inputParameters, type RuleParameters } from '../rule/rule-parameters';
import { YAML } from './template';

/** AWS Config's limit of a pack's `TemplateBody`, in bytes (botocore). */
export const MOST_BYTES = 51_200;

/** What the pack asks. */
export interface ConformancePackSettings {
  /** How often everything is judged again. */
  readonly frequency: Frequency;

  /** The rule parameters. */
  readonly parameters: RuleParameters;

  /** AWS's managed rules that come with it; see `managedRulesIn`. */
  readonly managedRules: readonly ManagedRule[];
}

/** The pack that is shipped as a file: everything at its default, and in each Region that offers all managed rules. */
export const DEFAULTS: ConformancePackSettings = {
  frequency: 'TwentyFour_Hours',
  parameters: {},
  managedRules: MANAGED_RULES,
};

/**
 * The conformance pack's template, in YAML: a custom rule for each chosen check, and AWS's managed rules.
 *
 * It takes two parameters: `FunctionArn`, the central function of its Region, and `ExecutionRoleName`.
 */
export function conformancePackTemplate(settings: ConformancePackSettings): string {
  const custom = ruleDefinitions({ rules: 'per-check', parameters: settings.parameters }).map((definition) => [
    definition.name,
    {
      description: definition.description,
      parameters: {
        ...inputParameters(definition.parameters, { executionRoleName: MEMBER_ROLE_NAME }),
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
  ]);
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
        Description: 'The ARN of the function stagecert-evaluator in this Region, without a version',
      },
      ExecutionRoleName: {
        Type: 'String',
        Default: MEMBER_ROLE_NAME,
        Description: 'The role that the function assumes in each account',
      },
    },
    Resources: Object.fromEntries(
      [...custom, ...managed].map(([name, rule]) => resource(name as string, rule as Rule)),
    ),
  };
  const text = stringify(template, YAML);
  const bytes = Buffer.byteLength(text);
  if (bytes > MOST_BYTES) {
    throw new Error(`rule.parameters: the conformance pack has ${bytes} bytes; allowed: ${MOST_BYTES}`);
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
