import { CfnOrganizationConfigRule } from 'aws-cdk-lib/aws-config';
import type { IFunction } from 'aws-cdk-lib/aws-lambda';
import { Construct } from 'constructs';
import { RESOURCE_TYPES, type RuleSettings, ruleDefinitions, TRIGGERS } from '../rule/config-rules';
import { FRONT_DOOR_TRIGGERS, frontDoorRule } from '../rule/front-door';
import { type DeploymentParameters, inputParameters } from '../rule/rule-parameters';

/** Properties of {@link OrganizationRules}. */
export interface OrganizationRulesProps extends RuleSettings {
  /** The central function, in this account and Region. */
  readonly evaluator: IFunction;

  /** The permission for AWS Config to invoke the function. Creating the rule fails without it. */
  readonly permission: Construct;

  /** The parameters that the deployment sets: at least the role that the function assumes. */
  readonly deployment: DeploymentParameters;

  /** The accounts that don't get the rule. */
  readonly excludedAccounts: readonly string[];
}

/** The rules in all accounts of an organization, in one Region. */
export class OrganizationRules extends Construct {
  constructor(scope: Construct, id: string, props: OrganizationRulesProps) {
    super(scope, id);
    for (const definition of ruleDefinitions(props)) {
      const parameters = inputParameters(definition.parameters, props.deployment);
      const rule = new CfnOrganizationConfigRule(this, definition.name, {
        organizationConfigRuleName: definition.name,
        excludedAccounts: [...props.excludedAccounts],
        organizationCustomRuleMetadata: {
          lambdaFunctionArn: props.evaluator.functionArn,
          description: definition.description,
          organizationConfigRuleTriggerTypes: TRIGGERS,
          maximumExecutionFrequency: props.frequency,
          resourceTypesScope: RESOURCE_TYPES,
          inputParameters: JSON.stringify(parameters),
        },
      });
      rule.node.addDependency(props.permission);
    }
    this.addFrontDoorRule(props);
  }

  private addFrontDoorRule(props: OrganizationRulesProps): void {
    const definition = frontDoorRule(props);
    if (definition === undefined) {
      return;
    }
    const rule = new CfnOrganizationConfigRule(this, definition.name, {
      organizationConfigRuleName: definition.name,
      excludedAccounts: [...props.excludedAccounts],
      organizationCustomRuleMetadata: {
        lambdaFunctionArn: props.evaluator.functionArn,
        description: definition.description,
        organizationConfigRuleTriggerTypes: FRONT_DOOR_TRIGGERS,
        maximumExecutionFrequency: definition.frequency,
        inputParameters: JSON.stringify(inputParameters(definition.parameters, props.deployment, 'frontDoor')),
      },
    });
    rule.node.addDependency(props.permission);
  }
}
