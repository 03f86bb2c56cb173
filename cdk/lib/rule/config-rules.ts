import { Aws } from 'aws-cdk-lib';
import { CfnConfigRule } from 'aws-cdk-lib/aws-config';
import { ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import type { IFunction } from 'aws-cdk-lib/aws-lambda';
import { Construct } from 'constructs';
import { DeploymentNames } from '../names';
import type { Frequency } from './frequency';
import { FRONT_DOOR_TRIGGERS, type FrontDoorSettings, frontDoorRule } from './front-door';
import {
  type Check,
  type DeploymentParameters,
  inputParameters,
  type RuleParameters,
  selectedChecks,
} from './rule-parameters';

/** The resource types whose changes are evaluated. */
export const RESOURCE_TYPES = ['AWS::ApiGateway::Stage', 'AWS::ApiGatewayV2::Stage'];

/**
 * The message types that trigger the rule. It is a hybrid rule: both change-triggered and periodic.
 */
export const TRIGGERS = [
  'ConfigurationItemChangeNotification',
  'OversizedConfigurationItemChangeNotification',
  'ScheduledNotification',
];

/** What the rules check, and how often. */
export interface RuleSettings {
  /** The deployment's name, with which the names of the rules start. */
  readonly name: string;

  /** How often all stages are evaluated again: a certificate expires without any change. */
  readonly frequency: Frequency;

  /** `combined`: one rule with one result per stage; `per-check`: one rule per selected check. */
  readonly rules: 'combined' | 'per-check';

  /** The rule parameters. */
  readonly parameters: RuleParameters;

  /**
   * The ARN of the KMS key that encrypts the exemption document.
   *
   * @default - the document isn't encrypted with a customer managed key
   */
  readonly exemptionsKmsKey?: string | undefined;

  /**
   * The settings of the rule for the front door.
   *
   * @default - no rule for the front door
   */
  readonly frontDoor?: FrontDoorSettings | undefined;
}

/** The name, description and parameters of one rule. */
export interface RuleDefinition {
  /**
   * At most 37 characters. Organization rules and conformance packs add up to 27 characters, and
   * some operations allow only 64.
   */
  readonly name: string;
  readonly description: string;
  readonly parameters: RuleParameters;
}

/** The titles of the checks in `advice.json`. A test compares them. */
const DESCRIPTIONS: Readonly<Record<Check, string>> = {
  'certificate-attached': 'API Gateway stages with HTTP backends should present a client certificate that exists',
  'certificate-expiry': 'Client certificates of API Gateway stages should be valid for longer than the expiry window',
  'certificate-unique': 'API Gateway stages should not share a client certificate',
  'owner-tag': 'API Gateway stages and their client certificates should have an owner tag',
};

/** Returns the rules for stages. {@link frontDoorRule} returns the one for the front door. */
export function ruleDefinitions(settings: Pick<RuleSettings, 'name' | 'rules' | 'parameters'>): RuleDefinition[] {
  const { rules, parameters } = settings;
  const names = new DeploymentNames(settings.name);
  if (rules === 'combined') {
    return [
      {
        // The name is descriptive because Security Hub shows it as the title, without the
        // annotation.
        name: names.rule(),
        description: 'API Gateway stages that can be bypassed: client certificate, expiry, sharing, owner tag',
        parameters,
      },
    ];
  }
  return selectedChecks(parameters).map((check) => ({
    name: names.rule(check),
    description: DESCRIPTIONS[check],
    parameters: { ...parameters, checks: [check] },
  }));
}

/** Properties of {@link ConfigRules}. */
export interface ConfigRulesProps extends RuleSettings {
  /** The function, in the same account and Region. */
  readonly evaluator: IFunction;

  /**
   * The parameters that the deployment sets.
   *
   * @default - none
   */
  readonly deployment?: DeploymentParameters | undefined;
}

/**
 * The rules of one account and Region, and the permission for AWS Config to invoke the function.
 */
export class ConfigRules extends Construct {
  /** The rules for stages. */
  readonly rules: readonly CfnConfigRule[];

  /** The rule for the front door, if there is one. */
  readonly frontDoorRule: CfnConfigRule | undefined;

  constructor(scope: Construct, id: string, props: ConfigRulesProps) {
    super(scope, id);
    // Limited to the account but not to a rule ARN: the ARN contains an id that AWS Config assigns
    // only after it is allowed to invoke the function.
    props.evaluator.addPermission('InvokedByConfig', {
      principal: new ServicePrincipal('config.amazonaws.com'),
      sourceAccount: Aws.ACCOUNT_ID,
    });
    const permission = props.evaluator.node.findChild('InvokedByConfig');
    this.rules = ruleDefinitions(props).map((definition) => {
      const rule = new CfnConfigRule(this, definition.name, {
        configRuleName: definition.name,
        description: definition.description,
        inputParameters: inputParameters(definition.parameters, props.deployment),
        scope: { complianceResourceTypes: RESOURCE_TYPES },
        source: lambdaSource(props.evaluator, TRIGGERS, props.frequency),
      });
      // PutConfigRule fails until AWS Config is allowed to invoke the function.
      rule.node.addDependency(permission);
      return rule;
    });
    const frontDoor = frontDoorRule(props);
    if (frontDoor !== undefined) {
      this.frontDoorRule = new CfnConfigRule(this, frontDoor.name, {
        configRuleName: frontDoor.name,
        description: frontDoor.description,
        inputParameters: inputParameters(frontDoor.parameters, props.deployment, 'frontDoor'),
        source: lambdaSource(props.evaluator, FRONT_DOOR_TRIGGERS, frontDoor.frequency),
      });
      this.frontDoorRule.node.addDependency(permission);
    }
  }
}

function lambdaSource(
  evaluator: IFunction,
  triggers: readonly string[],
  frequency: Frequency,
): CfnConfigRule.SourceProperty {
  return {
    owner: 'CUSTOM_LAMBDA',
    sourceIdentifier: evaluator.functionArn,
    sourceDetails: triggers.map((messageType) => ({
      eventSource: 'aws.config',
      messageType,
      ...(messageType === 'ScheduledNotification' ? { maximumExecutionFrequency: frequency } : {}),
    })),
  };
}
