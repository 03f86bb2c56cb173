import { CfnOutput, Stack, type StackProps } from 'aws-cdk-lib';
import type { CfnConfigRule } from 'aws-cdk-lib/aws-config';
import type { Code } from 'aws-cdk-lib/aws-lambda';
import type { Construct } from 'constructs';
import { ConfigRules, type RuleSettings } from './config-rules';
import { EvaluatorFunction, type EvaluatorSettings } from './evaluator-function';
import { FunctionAlarms } from './function-alarms';
import { evaluationStatements } from './permissions';

/** Properties of an {@link AccountStack}. */
export interface AccountStackProps extends StackProps {
  /** The function's code; it is given the stack, because an asset belongs to one. */
  readonly code: (scope: Construct) => Code;
  readonly evaluator: EvaluatorSettings;
  readonly rule: RuleSettings;

  /**
   * Who is told when the function fails.
   *
   * @default - nobody
   */
  readonly alertsEmail?: string | undefined;
}

/** Function and rules of one account and Region: deployed by itself, or by a StackSet everywhere. */
export class AccountStack extends Stack {
  /** The rules. */
  readonly rules: readonly CfnConfigRule[];

  constructor(scope: Construct, id: string, props: AccountStackProps) {
    super(scope, id, { description: 'stagecert: an AWS Config rule for API Gateway client certificates', ...props });
    const evaluator = new EvaluatorFunction(this, 'Evaluator', {
      ...props.evaluator,
      code: props.code(this),
      statements: evaluationStatements(props.rule.parameters),
    });
    this.rules = new ConfigRules(this, 'Rules', { ...props.rule, evaluator: evaluator.lambda }).rules;
    if (props.alertsEmail !== undefined) {
      new FunctionAlarms(this, 'Alarms', { evaluator: evaluator.lambda, email: props.alertsEmail });
    }
    new CfnOutput(this, 'FunctionArn', { value: evaluator.lambda.functionArn, description: 'The function' });
    new CfnOutput(this, 'RuleNames', {
      value: this.rules.map((rule) => rule.ref).join(','),
      description: 'The rules, as AWS Config lists them',
    });
  }
}
