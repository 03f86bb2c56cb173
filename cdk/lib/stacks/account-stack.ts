import { Aws, CfnOutput, Stack, type StackProps } from 'aws-cdk-lib';
import type { CfnConfigRule } from 'aws-cdk-lib/aws-config';
import type { Code } from 'aws-cdk-lib/aws-lambda';
import type { Construct } from 'constructs';
import { AccountAlerts, type AlertSinks, tellsByFunction } from '../alerts/account-alerts';
import type { RuleName } from '../alerts/event-patterns';
import { AccountDashboard } from '../dashboard/dashboards';
import { LogQueries } from '../dashboard/log-queries';
import { EvaluatorFunction, type EvaluatorSettings } from '../evaluator/evaluator-function';
import { evaluationStatements, tell } from '../evaluator/permissions';
import { ConfigRules, type RuleSettings } from '../rule/config-rules';
import { SuppressConfigFindings } from './security-hub';

/** Properties of an {@link AccountStack}. */
export interface AccountStackProps extends StackProps {
  /** The function's code; it is given the stack, because an asset belongs to one. */
  readonly code: (scope: Construct) => Code;
  readonly evaluator: EvaluatorSettings;
  readonly rule: RuleSettings;

  /**
   * Where alerts go.
   *
   * @default - nowhere
   */
  readonly alerts?: AlertSinks | undefined;

  /** Whether there is a dashboard of this account and Region. */
  readonly dashboard: boolean;

  /**
   * The rules whose findings by AWS Config Security Hub is to suppress, if this is where it takes automation rules.
   *
   * @default - none
   */
  readonly suppressed?: readonly RuleName[] | undefined;
}

/** Function and rules of one account and Region: deployed by itself, or by a StackSet everywhere. */
export class AccountStack extends Stack {
  /** The rules. */
  readonly rules: readonly CfnConfigRule[];

  constructor(scope: Construct, id: string, props: AccountStackProps) {
    super(scope, id, { description: 'stagecert: an AWS Config rule for API Gateway client certificates', ...props });
    const { alerts } = props;
    const tells = alerts !== undefined && tellsByFunction(alerts);
    const evaluator = new EvaluatorFunction(this, 'Evaluator', {
      ...props.evaluator,
      code: props.code(this),
      statements: [...evaluationStatements(props.rule.parameters, [Aws.REGION], tells), ...(tells ? [tell()] : [])],
    });
    this.rules = new ConfigRules(this, 'Rules', { ...props.rule, evaluator: evaluator.lambda }).rules;
    if (alerts !== undefined) {
      const { lambda, failedEvents } = evaluator;
      new AccountAlerts(this, 'Alerts', { ...alerts, rule: props.rule, evaluator: lambda, failedEvents });
    }
    new LogQueries(this, 'LogQueries');
    if (props.dashboard) {
      new AccountDashboard(this, 'Dashboard', { rule: props.rule });
    }
    if (props.suppressed !== undefined) {
      new SuppressConfigFindings(this, 'OneFinding', { ruleNames: props.suppressed });
    }
    new CfnOutput(this, 'FunctionArn', { value: evaluator.lambda.functionArn, description: 'The function' });
    new CfnOutput(this, 'RuleNames', {
      value: this.rules.map((rule) => rule.ref).join(','),
      description: 'The rules, as AWS Config lists them',
    });
  }
}
