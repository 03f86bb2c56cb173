import { Aws, CfnOutput, Stack, type StackProps } from 'aws-cdk-lib';
import type { CfnConfigRule } from 'aws-cdk-lib/aws-config';
import type { Code } from 'aws-cdk-lib/aws-lambda';
import type { Construct } from 'constructs';
import { AccountAlerts, type AlertRouting, eventParameters, sentReminders } from '../alerts/account-alerts';
import { AccountDashboard } from '../dashboard/dashboards';
import { LogQueries } from '../dashboard/log-queries';
import { changeExports, EvaluatorFunction, type EvaluatorSettings } from '../evaluator/evaluator-function';
import { frontDoorStatements } from '../evaluator/front-door-permissions';
import {
  evaluationStatements,
  lastReminders,
  readExemptions,
  rememberReminders,
  sendEvents,
} from '../evaluator/permissions';
import { DeploymentNames } from '../names';
import { StartRotation } from '../rotation/start-rotation';
import { ConfigRules, type RuleSettings, ruleDefinitions } from '../rule/config-rules';
import { selectedChecks } from '../rule/rule-parameters';
import { type AutomationRules, addAutomationRules } from './security-hub';

/** Properties of an {@link AccountStack}. */
export interface AccountStackProps extends StackProps {
  /** Returns the function's code for a stack: an asset belongs to one stack. */
  readonly code: (scope: Construct) => Code;
  readonly evaluator: EvaluatorSettings;
  readonly rule: RuleSettings;

  /**
   * Which alerts are sent, and to which buses.
   *
   * @default - no alerts
   */
  readonly alerts?: AlertRouting | undefined;

  /** Whether to create a dashboard for this account and Region. */
  readonly dashboard: boolean;

  /**
   * Whether a person can start rotations in the console of AWS Config. Requires `alerts`, which
   * send the new certificates.
   *
   * @default - false
   */
  readonly startsRotations?: boolean | undefined;

  /**
   * The automation rules of Security Hub.
   *
   * @default - none
   */
  readonly automationRules?: AutomationRules | undefined;
}

/** The function and rules of one account and Region, deployed directly or by a StackSet. */
export class AccountStack extends Stack {
  /** The rules for stages. */
  readonly rules: readonly CfnConfigRule[];

  constructor(scope: Construct, id: string, props: AccountStackProps) {
    super(scope, id, { description: 'stagecert: AWS Config rule for API Gateway client certificates', ...props });
    const { alerts, startsRotations = false } = props;
    const sendsEvents = alerts !== undefined;
    const reportsFailures = (alerts?.failureBuses ?? []).length > 0;
    const evaluator = new EvaluatorFunction(this, 'Evaluator', {
      ...props.evaluator,
      code: props.code(this),
      statements: [
        ...evaluationStatements(props.rule.parameters, [Aws.REGION], sendsEvents, changeExports(props.evaluator)),
        ...readExemptions(props.rule.parameters, props.rule.exemptionsKmsKey),
        ...(sendsEvents ? [sendEvents()] : []),
        ...frontDoorStatements(props.rule.frontDoor),
        ...rememberReminders(lastReminders(new DeploymentNames(props.evaluator.name), sentReminders(alerts))),
      ],
      reportsFailures,
    });
    const { rules, frontDoorRule } = new ConfigRules(this, 'Rules', {
      ...props.rule,
      evaluator: evaluator.lambda,
      deployment: eventParameters(alerts),
    });
    this.rules = rules;
    if (alerts !== undefined) {
      const { lambda, failedEvents } = evaluator;
      new AccountAlerts(this, 'Alerts', {
        ...alerts,
        rule: props.rule,
        evaluator: lambda,
        failedEvents,
        startsRotations,
      });
    }
    if (startsRotations) {
      this.addRotations(props.rule);
    }
    new LogQueries(this, 'LogQueries', { name: props.evaluator.name });
    if (props.dashboard) {
      new AccountDashboard(this, 'Dashboard', { rule: props.rule, metrics: props.evaluator.metrics ?? 'full' });
    }
    addAutomationRules(this, props.evaluator.name, props.automationRules ?? {});
    new CfnOutput(this, 'FunctionArn', { value: evaluator.lambda.functionArn, description: 'The ARN of the function' });
    new CfnOutput(this, 'RuleNames', {
      value: this.rules.map((rule) => rule.ref).join(','),
      description: 'The names of the AWS Config rules',
    });
    if (frontDoorRule !== undefined) {
      new CfnOutput(this, 'FrontDoorRuleName', {
        value: frontDoorRule.ref,
        description: 'The name of the AWS Config rule for the front door',
      });
    }
  }

  /**
   * Makes the start of a rotation the remediation of the rule with the check `certificate-expiry`.
   */
  private addRotations({ name, parameters, ...settings }: RuleSettings): void {
    const index = ruleDefinitions({ ...settings, name, parameters }).findIndex((definition) =>
      selectedChecks(definition.parameters).includes('certificate-expiry'),
    );
    const rule = this.rules[index];
    if (rule === undefined) {
      throw new Error('startsRotations: allowed only with the check certificate-expiry, whose rule it remediates');
    }
    new StartRotation(this, 'Rotation', { name, ownerTagKeys: parameters.ownerTagKeys, rule });
  }
}
