import { Aws } from 'aws-cdk-lib';
import { CfnConfigRule } from 'aws-cdk-lib/aws-config';
import { ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import type { IFunction } from 'aws-cdk-lib/aws-lambda';
import { Construct } from 'constructs';
import { type Check, chosenChecks, inputParameters, type RuleParameters } from './rule-parameters';

/** How often AWS Config asks for a sweep. */
export const FREQUENCIES = ['One_Hour', 'Three_Hours', 'Six_Hours', 'Twelve_Hours', 'TwentyFour_Hours'] as const;

/** A frequency, as AWS Config spells it. */
export type Frequency = (typeof FREQUENCIES)[number];

/** The resource types whose changes are evaluated. */
export const RESOURCE_TYPES = ['AWS::ApiGateway::Stage', 'AWS::ApiGatewayV2::Stage'];

/** All three reasons for which AWS Config invokes the function: it is a hybrid rule. */
export const TRIGGERS = [
  'ConfigurationItemChangeNotification',
  'OversizedConfigurationItemChangeNotification',
  'ScheduledNotification',
];

/** What is asked, and how often. */
export interface RuleSettings {
  /** How often everything is judged again: a certificate expires without anything changing. */
  readonly frequency: Frequency;

  /** `combined`: one rule with one result a stage; `per-check`: a rule for each chosen check. */
  readonly rules: 'combined' | 'per-check';

  /** The rule parameters. */
  readonly parameters: RuleParameters;
}

/** One rule: its name, what it says of itself, and its parameters. */
export interface RuleDefinition {
  /** At most 37 characters: an organization or a pack adds up to 27, and some operations take 64. */
  readonly name: string;
  readonly description: string;
  readonly parameters: RuleParameters;
}

const DESCRIPTIONS: Readonly<Record<Check, string>> = {
  'certificate-attached': 'A stage with HTTP backends presents a client certificate that exists',
  'certificate-expiry': 'The client certificate of a stage is valid, and for longer than the window',
  'certificate-unique': 'No other stage presents the same client certificate',
  'owner-tag': 'A stage and its client certificate have an owner',
};

/** The rules that the settings ask for. */
export function ruleDefinitions(settings: Pick<RuleSettings, 'rules' | 'parameters'>): RuleDefinition[] {
  const { rules, parameters } = settings;
  if (rules === 'combined') {
    return [
      {
        // Security Hub shows a rule's name and not its reason.
        name: 'stagecert-api-client-certificates',
        description: 'API Gateway stages that can be walked around: client certificate, expiry, sharing, owner',
        parameters,
      },
    ];
  }
  return chosenChecks(parameters).map((check) => ({
    name: `stagecert-${check}`,
    description: DESCRIPTIONS[check],
    parameters: { ...parameters, checks: [check] },
  }));
}

/** Properties of {@link ConfigRules}. */
export interface ConfigRulesProps extends RuleSettings {
  /** The function, in the same account and Region. */
  readonly evaluator: IFunction;
}

/** The rules of one account and Region, and the permission that lets AWS Config invoke the function for them. */
export class ConfigRules extends Construct {
  /** The rules. */
  readonly rules: readonly CfnConfigRule[];

  constructor(scope: Construct, id: string, props: ConfigRulesProps) {
    super(scope, id);
    // By account alone: a rule's ARN holds an id that exists only once AWS Config was allowed to invoke the function.
    props.evaluator.addPermission('InvokedByConfig', {
      principal: new ServicePrincipal('config.amazonaws.com'),
      sourceAccount: Aws.ACCOUNT_ID,
    });
    const permission = props.evaluator.node.findChild('InvokedByConfig');
    this.rules = ruleDefinitions(props).map((definition) => {
      const rule = new CfnConfigRule(this, definition.name, {
        configRuleName: definition.name,
        description: definition.description,
        inputParameters: inputParameters(definition.parameters),
        scope: { complianceResourceTypes: RESOURCE_TYPES },
        source: {
          owner: 'CUSTOM_LAMBDA',
          sourceIdentifier: props.evaluator.functionArn,
          sourceDetails: TRIGGERS.map((messageType) => ({
            eventSource: 'aws.config',
            messageType,
            ...(messageType === 'ScheduledNotification' ? { maximumExecutionFrequency: props.frequency } : {}),
          })),
        },
      });
      // PutConfigRule is refused while AWS Config may not invoke the function.
      rule.node.addDependency(permission);
      return rule;
    });
  }
}
