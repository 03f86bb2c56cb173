import { Aws } from 'aws-cdk-lib';
import { PolicyStatement } from 'aws-cdk-lib/aws-iam';
import type { IFunction } from 'aws-cdk-lib/aws-lambda';
import type { IQueue } from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import { DeploymentNames } from '../names';
import type { RuleSettings } from '../rule/config-rules';
import { EventForwarding } from './event-forwarding';
import {
  alarms,
  complianceChanges,
  fromThisAccount,
  functionEvents,
  REMINDER,
  type RuleName,
  STAGE_CHANGE,
} from './event-patterns';
import { FunctionAlarms } from './function-alarms';
import { complianceChangeInput, DailySchedule, EventInput, remindersInput } from './function-inputs';
import { InputTransformer } from './input-transformer';

/** Which alerts an account and Region sends, and to which buses. */
export interface AlertRouting {
  /** The ARNs of the buses that receive the alerts. */
  readonly buses: readonly string[];

  /** The names of the rules in the account. */
  readonly ruleNames: readonly RuleName[];

  /** The days before expiry on which reminders are sent; empty for none. */
  readonly reminderDays: readonly number[];

  /** Whether the owners of stages receive alerts. */
  readonly notifiesOwners: boolean;
}

/** Returns whether the function itself sends events. */
export function functionSendsEvents(alerts: Pick<AlertRouting, 'reminderDays' | 'notifiesOwners'>): boolean {
  return alerts.reminderDays.length > 0 || alerts.notifiesOwners;
}

/** Properties of {@link AccountAlerts}. */
export interface AccountAlertsProps extends AlertRouting {
  readonly rule: RuleSettings;
  readonly evaluator: IFunction;
  readonly failedEvents: IQueue;
}

/** The alerts of an account and Region that has its own function. */
export class AccountAlerts extends Construct {
  constructor(scope: Construct, id: string, props: AccountAlertsProps) {
    super(scope, id);
    const { rule, evaluator, failedEvents, buses } = props;
    const names = new DeploymentNames(rule.name);
    new FunctionAlarms(this, 'Alarms', { evaluator, failedEvents, rule });
    const sendsEvents = functionSendsEvents(props);
    new EventForwarding(this, 'Forwarding', {
      name: rule.name,
      forwarded: [
        { name: 'changes', pattern: complianceChanges(props.ruleNames, 'all'), buses },
        { name: 'alarms', pattern: alarms(names), buses },
        ...(sendsEvents
          ? [{ name: 'function-events', pattern: functionEvents(names, [REMINDER, STAGE_CHANGE]), buses }]
          : []),
      ],
    });
    if (props.reminderDays.length > 0) {
      const context = {
        time: '"<aws.scheduler.scheduled-time>"',
        accountId: `"${Aws.ACCOUNT_ID}"`,
        region: `"${Aws.REGION}"`,
      };
      new DailySchedule(this, 'Reminders', {
        scheduleName: names.reminders,
        targetArn: evaluator.functionArn,
        input: remindersInput(rule, props.reminderDays, {}, context),
        statement: new PolicyStatement({ actions: ['lambda:InvokeFunction'], resources: [evaluator.functionArn] }),
        failedEvents,
      });
    }
    if (props.notifiesOwners) {
      new EventInput(this, 'OwnerRouting', {
        ruleName: names.eventRule('owners'),
        pattern: fromThisAccount(complianceChanges(props.ruleNames, 'non-compliant')),
        input: new InputTransformer(complianceChangeInput(rule, {})),
        evaluator,
        failedEvents,
      });
    }
  }
}
