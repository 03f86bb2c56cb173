import { Aws } from 'aws-cdk-lib';
import { PolicyStatement } from 'aws-cdk-lib/aws-iam';
import type { IFunction } from 'aws-cdk-lib/aws-lambda';
import type { IQueue } from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import { DeploymentNames } from '../names';
import type { RuleSettings } from '../rule/config-rules';
import {
  type AlertRouting,
  addFunctionAlarms,
  eventParameters,
  forwardedChanges,
  forwardedFailures,
  sentReminders,
} from './account-alerts';
import { OrganizationBus } from './alerts-stack';
import { DeadLetters } from './dead-letters';
import { busArn, EventForwarding } from './event-forwarding';
import { alarms, functionEvents, REMINDERS_DUE, remindersDue, SOURCE } from './event-patterns';
import { addLastRun, EventInput, frontDoorRemindersInput, ReminderSchedule, remindersInput } from './function-inputs';
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
 * The alerts of a Region's central function, and the bus that delivers the members' triggers of
 * reminders to it.
 */
export class CentralAlerts extends Construct {
  constructor(scope: Construct, id: string, props: CentralAlertsProps) {
    super(scope, id);
    const { rule, evaluator, failedEvents, buses } = props;
    const names = new DeploymentNames(rule.name);
    const deployment = { ...eventParameters(props), executionRoleName: props.executionRoleName };
    if (props.alarms !== undefined) {
      addFunctionAlarms(this, { evaluator, failedEvents, rule }, props.alarms);
    }
    new EventForwarding(this, 'Forwarding', {
      name: rule.name,
      forwarded: [
        { name: 'alarms', pattern: alarms(names), buses },
        { name: 'function-events', pattern: functionEvents(props.ruleNames), buses },
        ...forwardedFailures(names, props.failureBuses),
      ],
      failedEvents,
    });
    const { sendsReminders, sendsFrontDoorReminders } = sentReminders(props);
    if (!sendsReminders && !sendsFrontDoorReminders) {
      return;
    }
    const { bus } = new OrganizationBus(this, 'Function', {
      name: names.functionBus,
      organizationId: props.organizationId,
    });
    // EventBridge sets the event's account and Region, so that no account can act for another.
    const context = { time: '<time>', accountId: '<account>', region: '<region>' };
    const trigger = (suffix: string, input: string) => ({
      ruleName: names.eventRule(suffix),
      bus,
      pattern: remindersDue(),
      input: new InputTransformer(input, {
        time: '$.detail.time',
        account: '$.account',
        region: '$.region',
      }),
      evaluator,
      failedEvents,
    });
    if (sendsReminders) {
      const input = remindersInput(rule, props.reminderDays, deployment, context);
      new EventInput(this, 'Reminders', trigger('reminders', input));
    }
    if (sendsFrontDoorReminders) {
      // The same event triggers both kinds of reminders.
      const input = frontDoorRemindersInput(rule, props.frontDoorReminderDays ?? [], deployment, context);
      new EventInput(this, 'FrontDoorReminders', trigger('front-door-reminders', input));
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
 * The events that an account without its own function sends: compliance changes to your own bus,
 * and triggers for the central function.
 */
export class MemberAlerts extends Construct {
  constructor(scope: Construct, id: string, props: MemberAlertsProps) {
    super(scope, id);
    const names = new DeploymentNames(props.name);
    const functionBus = busArn(names.functionBus, { account: props.administratorAccount, region: Aws.REGION });
    const { queue: failedEvents } = new DeadLetters(this, 'FailedForwarding', {
      queueName: names.failedForwarding,
    });
    const forwarded = forwardedChanges(props);
    if (forwarded.length > 0) {
      new EventForwarding(this, 'Forwarding', { name: props.name, forwarded, failedEvents });
    }
    const { sendsReminders, sendsFrontDoorReminders } = sentReminders(props);
    if (sendsFrontDoorReminders) {
      addLastRun(this, 'FrontDoorLastRun', names.lastFrontDoorReminders);
    }
    if (sendsReminders || sendsFrontDoorReminders) {
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
