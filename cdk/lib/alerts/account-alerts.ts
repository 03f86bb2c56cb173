import { Aws } from 'aws-cdk-lib';
import { PolicyStatement } from 'aws-cdk-lib/aws-iam';
import type { IFunction } from 'aws-cdk-lib/aws-lambda';
import type { IQueue } from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import type { RuleSettings } from '../rule/config-rules';
import { EventForwarding } from './event-forwarding';
import {
  alarms,
  complianceChanges,
  ofThisAccount,
  REMINDER,
  type RuleName,
  STAGE_CHANGE,
  told,
} from './event-patterns';
import { FunctionAlarms } from './function-alarms';
import { complianceChangeInput, DailySchedule, EventInput, remindersInput } from './function-inputs';
import { InputTransformer } from './input-transformer';

/** Where the alerts of an account and Region go, and which there are. */
export interface AlertSinks {
  /** ARNs of the buses that get them. */
  readonly buses: readonly string[];

  /** How the rules are named in the account. */
  readonly ruleNames: readonly RuleName[];

  /** When people are reminded of a certificate that ends, in days before; none: never. */
  readonly reminderDays: readonly number[];

  /** Whether owners are told. */
  readonly routesOwners: boolean;
}

/** Whether the function itself has something to tell. */
export function tellsByFunction(alerts: Pick<AlertSinks, 'reminderDays' | 'routesOwners'>): boolean {
  return alerts.reminderDays.length > 0 || alerts.routesOwners;
}

/** Properties of {@link AccountAlerts}. */
export interface AccountAlertsProps extends AlertSinks {
  readonly rule: RuleSettings;
  readonly evaluator: IFunction;
  readonly failedEvents: IQueue;
}

/** The alerts of an account and Region that has a function of its own. */
export class AccountAlerts extends Construct {
  constructor(scope: Construct, id: string, props: AccountAlertsProps) {
    super(scope, id);
    const { rule, evaluator, failedEvents, buses } = props;
    new FunctionAlarms(this, 'Alarms', { evaluator, failedEvents, rule });
    const tells = tellsByFunction(props);
    new EventForwarding(this, 'Forwarding', {
      forwarded: [
        { name: 'changes', pattern: complianceChanges(props.ruleNames, false), buses },
        { name: 'alarms', pattern: alarms(), buses },
        ...(tells ? [{ name: 'told', pattern: told([REMINDER, STAGE_CHANGE]), buses }] : []),
      ],
    });
    if (props.reminderDays.length > 0) {
      const place = {
        time: '"<aws.scheduler.scheduled-time>"',
        accountId: `"${Aws.ACCOUNT_ID}"`,
        region: `"${Aws.REGION}"`,
      };
      new DailySchedule(this, 'Reminders', {
        targetArn: evaluator.functionArn,
        input: remindersInput(rule, props.reminderDays, {}, place),
        statement: new PolicyStatement({ actions: ['lambda:InvokeFunction'], resources: [evaluator.functionArn] }),
        failedEvents,
      });
    }
    if (props.routesOwners) {
      new EventInput(this, 'OwnerRouting', {
        name: 'owners',
        pattern: ofThisAccount(complianceChanges(props.ruleNames, true)),
        input: new InputTransformer(complianceChangeInput(rule, {})),
        evaluator,
        failedEvents,
      });
    }
  }
}
