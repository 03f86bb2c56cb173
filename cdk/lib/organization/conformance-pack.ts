import { stringify } from 'yaml';
import { DEFAULT_NAME, DeploymentNames } from '../names';
import { RESOURCE_TYPES, ruleDefinitions, TRIGGERS } from '../rule/config-rules';
import type { Frequency } from '../rule/frequency';
import { FRONT_DOOR_TRIGGERS, type FrontDoorSettings, frontDoorRule } from '../rule/front-door';
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

  /**
   * The settings of the rule for the front door.
   *
   * @default - no rule for the front door
   */
  readonly frontDoor?: FrontDoorSettings | undefined;
}

/** The pack that is shipped as a file, for Regions that offer all of the managed rules. */
export const DEFAULTS: ConformancePackSettings = {
  name: DEFAULT_NAME,
  frequency: 'TwentyFour_Hours',
  parameters: {},
  managedRules: MANAGED_RULES,
};

/**
 * Returns the YAML template of the conformance pack: a custom rule per selected check, one for the
 * front door if there are settings for it, and AWS managed rules.
 *
 * Its parameters are `FunctionArn`, the central function in the Region, and `ExecutionRoleName`.
 */
export function conformancePackTemplate(settings: ConformancePackSettings): string {
  const names = new DeploymentNames(settings.name);
  const custom: [string, Rule][] = ruleDefinitions({
    name: settings.name,
    rules: 'per-check',
    parameters: settings.parameters,
  }).map((definition) => [
    definition.name,
    {
      description: definition.description,
      parameters: ruleParameters(settings, definition.parameters),
      scope: { ComplianceResourceTypes: RESOURCE_TYPES },
      source: lambdaSource(TRIGGERS, settings.frequency),
    },
  ]);
  const frontDoor = frontDoorRule(settings);
  if (frontDoor !== undefined) {
    const { name, description, parameters, frequency } = frontDoor;
    custom.push([
      name,
      {
        description,
        parameters: ruleParameters(settings, parameters, 'frontDoor'),
        source: lambdaSource(FRONT_DOOR_TRIGGERS, frequency),
      },
    ]);
  }
  const managed = settings.managedRules.map((rule): [string, Rule] => [
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
    Resources: Object.fromEntries([...custom, ...managed].map(([name, rule]) => resource(name, rule))),
  };
  const text = stringify(template, YAML);
  const bytes = Buffer.byteLength(text);
  if (bytes > MAX_TEMPLATE_BYTES) {
    throw new Error(`rule.parameters: the conformance pack has ${bytes} bytes; allowed: ${MAX_TEMPLATE_BYTES}`);
  }
  return text;
}

/** Returns the parameters of a custom rule. The role is a parameter of the template. */
function ruleParameters({ name, deployment }: ConformancePackSettings, parameters: object, key?: string): object {
  const { memberRole } = new DeploymentNames(name);
  return {
    ...inputParameters(parameters, { ...deployment, executionRoleName: memberRole }, key),
    executionRoleName: { Ref: 'ExecutionRoleName' },
  };
}

function lambdaSource(triggers: readonly string[], frequency: Frequency): object {
  return {
    Owner: 'CUSTOM_LAMBDA',
    SourceIdentifier: { Ref: 'FunctionArn' },
    SourceDetails: triggers.map((MessageType) => ({
      EventSource: 'aws.config',
      MessageType,
      ...(MessageType === 'ScheduledNotification' ? { MaximumExecutionFrequency: frequency } : {}),
    })),
  };
}

interface Rule {
  readonly description: string;
  readonly parameters?: object | undefined;
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
