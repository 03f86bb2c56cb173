import { Aws } from 'aws-cdk-lib';
import { PolicyStatement } from 'aws-cdk-lib/aws-iam';
import type { IFunction } from 'aws-cdk-lib/aws-lambda';
import type { IQueue } from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import { DeploymentNames } from '../names';
import type { RuleSettings } from '../rule/config-rules';
import { type AlertRouting, addFunctionAlarms, forwardedFailures, functionSendsEvents } from './account-alerts';
import { OrganizationBus } from './alerts-stack';
import { DeadLetters } from './dead-letters';
import { busArn, EventForwarding } from './event-forwarding';
import {
  alarms,
  complianceChanges,
  functionEvents,
  REMINDER,
  REMINDERS_DUE,
  remindersDue,
  SOURCE,
  STAGE_CHANGE,
} from './event-patterns';
import { complianceChangeInput, EventInput, ReminderSchedule, remindersInput } from './function-inputs';
import { InputTransformer } from './input-transformer';

/** Properties of {@link CentralAlerts}. */
export interface CentralAlertsProps extends AlertRouting {
  readonly rule: RuleSettings;
  readonly evaluator: IFunction;
  readonly failedEvents: IQueue;
  readonly organizationId: string;

  /** The role that the function assumes in each account, with its path. */
  readonly executionRoleName: string;
}

/**
 * The alerts of a Region's central function, and the bus that delivers the members' events to it.
 */
export class CentralAlerts extends Construct {
  constructor(scope: Construct, id: string, props: CentralAlertsProps) {
    super(scope, id);
    const { rule, evaluator, failedEvents, buses } = props;
    const names = new DeploymentNames(rule.name);
    const deployment = { executionRoleName: props.executionRoleName };
    if (props.alarms !== undefined) {
      addFunctionAlarms(this, { evaluator, failedEvents, rule }, props.alarms);
    }
    const sendsEvents = functionSendsEvents(props);
    new EventForwarding(this, 'Forwarding', {
      name: rule.name,
      forwarded: [
        { name: 'alarms', pattern: alarms(names), buses },
        ...(sendsEvents
          ? [{ name: 'function-events', pattern: functionEvents(props.ruleNames, [REMINDER, STAGE_CHANGE]), buses }]
          : []),
        ...forwardedFailures(names, props.failureBuses),
      ],
      failedEvents,
    });
    if (!sendsEvents) {
      return;
    }
    const { bus } = new OrganizationBus(this, 'Function', {
      name: names.functionBus,
      organizationId: props.organizationId,
    });
    if (props.reminderDays.length > 0) {
      // EventBridge sets the event's account and Region, so that no account can act for another.
      const context = { time: '<time>', accountId: '<account>', region: '<region>' };
      new EventInput(this, 'Reminders', {
        ruleName: names.eventRule('reminders'),
        bus,
        pattern: remindersDue(),
        input: new InputTransformer(remindersInput(rule, props.reminderDays, deployment, context), {
          time: '$.detail.time',
          account: '$.account',
          region: '$.region',
        }),
        evaluator,
        failedEvents,
      });
    }
    if (props.notifiesOwners) {
      new EventInput(this, 'OwnerRouting', {
        ruleName: names.eventRule('owners'),
        bus,
        pattern: complianceChanges(props.ruleNames, 'non-compliant'),
        input: new InputTransformer(complianceChangeInput(rule, deployment)),
        evaluator,
        failedEvents,
      });
    }
  }
}

/** Properties of {@link MemberAlerts}. */
export interface MemberAlertsProps extends AlertRouting {
  /** The deployment's name. */
  readonly name: string;

  /** The account of the central functions. */
  readonly administratorAccount: string;
}

/**
 * The events that an account without its own function sends: compliance changes to the alert buses,
 * and triggers for the central function.
 */
export class MemberAlerts extends Construct {
  constructor(scope: Construct, id: string, props: MemberAlertsProps) {
    super(scope, id);
    const names = new DeploymentNames(props.name);
    const functionBus = busArn(names.functionBus, { account: props.administratorAccount, region: Aws.REGION });
    const { ruleNames, buses } = props;
    const { queue: failedEvents } = new DeadLetters(this, 'FailedForwarding', {
      queueName: names.failedForwarding,
    });
    new EventForwarding(this, 'Forwarding', {
      name: props.name,
      forwarded: [
        { name: 'changes', pattern: complianceChanges(ruleNames, 'all'), buses },
        ...(props.notifiesOwners
          ? [{ name: 'owners', pattern: complianceChanges(ruleNames, 'non-compliant'), buses: [functionBus] }]
          : []),
      ],
      failedEvents,
    });
    if (props.reminderDays.length > 0) {
      // PutEvents instead of a scheduled EventBridge rule: scheduled rules exist only on the
      // default bus, and AWS doesn't document targets in other accounts for them.
      new ReminderSchedule(this, 'Reminders', {
        name: props.name,
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
        failedEvents,
      });
    }
  }
}
