import { Aws } from 'aws-cdk-lib';
import { PolicyStatement } from 'aws-cdk-lib/aws-iam';
import type { IFunction } from 'aws-cdk-lib/aws-lambda';
import type { IQueue } from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import { MEMBER_ROLE_NAME } from '../evaluator/member-role';
import type { RuleSettings } from '../rule/config-rules';
import { type AlertSinks, tellsByFunction } from './account-alerts';
import { FUNCTION_BUS, OrganizationBus } from './alerts-stack';
import { busArn, EventForwarding } from './event-forwarding';
import { alarms, complianceChanges, REMINDER, REMINDERS_DUE, SOURCE, STAGE_CHANGE, told } from './event-patterns';
import { FunctionAlarms } from './function-alarms';
import { complianceChangeInput, DailySchedule, EventInput, remindersInput } from './function-inputs';
import { InputTransformer } from './input-transformer';

const DEPLOYMENT = { executionRoleName: MEMBER_ROLE_NAME };

/** Properties of {@link CentralAlerts}. */
export interface CentralAlertsProps extends AlertSinks {
  readonly rule: RuleSettings;
  readonly evaluator: IFunction;
  readonly failedEvents: IQueue;
  readonly organizationId: string;
}

/** The alerts of a Region's central function, and the bus that brings it what is due in the accounts. */
export class CentralAlerts extends Construct {
  constructor(scope: Construct, id: string, props: CentralAlertsProps) {
    super(scope, id);
    const { rule, evaluator, failedEvents, buses } = props;
    new FunctionAlarms(this, 'Alarms', { evaluator, failedEvents, rule });
    const tells = tellsByFunction(props);
    new EventForwarding(this, 'Forwarding', {
      forwarded: [
        { name: 'alarms', pattern: alarms(), buses },
        ...(tells ? [{ name: 'told', pattern: told([REMINDER, STAGE_CHANGE]), buses }] : []),
      ],
    });
    if (!tells) {
      return;
    }
    const { bus } = new OrganizationBus(this, 'Function', { name: FUNCTION_BUS, organizationId: props.organizationId });
    if (props.reminderDays.length > 0) {
      // Account and Region as EventBridge says them: an account can't speak for another.
      const place = { time: '<time>', accountId: '<account>', region: '<region>' };
      new EventInput(this, 'Reminders', {
        name: 'reminders',
        bus,
        pattern: told([REMINDERS_DUE]),
        input: new InputTransformer(remindersInput(rule, props.reminderDays, DEPLOYMENT, place), {
          time: '$.detail.time',
          account: '$.account',
          region: '$.region',
        }),
        evaluator,
        failedEvents,
      });
    }
    if (props.routesOwners) {
      new EventInput(this, 'OwnerRouting', {
        name: 'owners',
        bus,
        pattern: complianceChanges(props.ruleNames, true),
        input: new InputTransformer(complianceChangeInput(rule, DEPLOYMENT)),
        evaluator,
        failedEvents,
      });
    }
  }
}

/** Properties of {@link MemberAlerts}. */
export interface MemberAlertsProps extends AlertSinks {
  /** The account of the central functions. */
  readonly administratorAccount: string;
}

/** What an account without a function sends: its compliance changes to where people are told, and to the central function what is due. */
export class MemberAlerts extends Construct {
  constructor(scope: Construct, id: string, props: MemberAlertsProps) {
    super(scope, id);
    const functionBus = busArn(FUNCTION_BUS, { account: props.administratorAccount, region: Aws.REGION });
    const { ruleNames, buses } = props;
    new EventForwarding(this, 'Forwarding', {
      forwarded: [
        { name: 'changes', pattern: complianceChanges(ruleNames, false), buses },
        ...(props.routesOwners
          ? [{ name: 'owners', pattern: complianceChanges(ruleNames, true), buses: [functionBus] }]
          : []),
      ],
    });
    if (props.reminderDays.length > 0) {
      // PutEvents, not a scheduled rule: those exist on the default bus alone, and say nothing of targets in other accounts.
      new DailySchedule(this, 'Reminders', {
        targetArn: `arn:${Aws.PARTITION}:scheduler:::aws-sdk:eventbridge:putEvents`,
        input: JSON.stringify({
          Entries: [
            {
              EventBusName: functionBus,
              Source: SOURCE,
              DetailType: REMINDERS_DUE,
              Detail: JSON.stringify({ time: '<aws.scheduler.scheduled-time>' }),
            },
          ],
        }),
        statement: new PolicyStatement({ actions: ['events:PutEvents'], resources: [functionBus] }),
      });
    }
  }
}
