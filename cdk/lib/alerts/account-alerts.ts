import { Aws } from 'aws-cdk-lib';
import { PolicyStatement } from 'aws-cdk-lib/aws-iam';
import type { IFunction } from 'aws-cdk-lib/aws-lambda';
import { Topic } from 'aws-cdk-lib/aws-sns';
import type { IQueue } from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import { DeploymentNames } from '../names';
import type { RuleSettings } from '../rule/config-rules';
import type { DeploymentParameters } from '../rule/rule-parameters';
import { AlarmTopic } from './alarm-topic';
import { EventForwarding } from './event-forwarding';
import {
  alarms,
  complianceChanges,
  functionEvents,
  functionFailures,
  type RuleName,
  startedRotations,
} from './event-patterns';
import { FunctionAlarms } from './function-alarms';
import { frontDoorRemindersInput, ReminderSchedule, remindersInput } from './function-inputs';

/** The alarms about a function. */
export interface AlarmSettings {
  /**
   * The ARN of the topic that the alarms notify.
   *
   * @default - a topic in the account and Region of the alarms
   */
  readonly topicArn?: string | undefined;

  /** Whether there are metrics about sweeps, without which no alarm can report a missed sweep. */
  readonly hasSweepMetrics: boolean;
}

/** Which alerts an account and Region sends, and to which buses. */
export interface AlertRouting {
  /** The ARNs of the buses that receive the alerts. */
  readonly buses: readonly string[];

  /**
   * The ARNs of those buses that also receive AWS Config's compliance changes. Emails follow the
   * function's own events, so the bus of the emails is not among them.
   */
  readonly changeBuses: readonly string[];

  /**
   * The ARNs of those buses that also receive the failures of the function. A bus that belongs to
   * someone else is not among them: the events contain AWS Config's result token.
   */
  readonly failureBuses: readonly string[];

  /** The names of the rules in the account. */
  readonly ruleNames: readonly RuleName[];

  /** The days before expiry on which reminders are sent; empty for none. */
  readonly reminderDays: readonly number[];

  /**
   * The same for reminders about truststores and domain certificates.
   *
   * @default - none
   */
  readonly frontDoorReminderDays?: readonly number[] | undefined;

  /**
   * The alarms next to each function.
   *
   * @default - none: the dashboard's account has alarms about the functions of all accounts
   */
  readonly alarms?: AlarmSettings | undefined;
}

/**
 * Returns the rule parameters that alerts need: emails follow the function's own events, because
 * AWS Config reports only changes of the compliance type.
 */
export const eventParameters = (alerts: AlertRouting | undefined): DeploymentParameters =>
  alerts === undefined ? {} : { events: 'on' };

/** Returns which reminders a function sends. */
export const sentReminders = (alerts: AlertRouting | undefined) => ({
  sendsReminders: (alerts?.reminderDays ?? []).length > 0,
  sendsFrontDoorReminders: (alerts?.frontDoorReminderDays ?? []).length > 0,
});

/** Properties of {@link AccountAlerts}. */
export interface AccountAlertsProps extends AlertRouting {
  readonly rule: RuleSettings;
  readonly evaluator: IFunction;
  readonly failedEvents: IQueue;

  /** Whether a document of the account sends the certificates that it generates. */
  readonly startsRotations: boolean;
}

/** The alerts of an account and Region that has its own function. */
export class AccountAlerts extends Construct {
  constructor(scope: Construct, id: string, props: AccountAlertsProps) {
    super(scope, id);
    const { rule, evaluator, failedEvents, buses, alarms: settings } = props;
    const names = new DeploymentNames(rule.name);
    if (settings !== undefined) {
      addFunctionAlarms(this, { evaluator, failedEvents, rule }, settings);
    }
    new EventForwarding(this, 'Forwarding', {
      name: rule.name,
      forwarded: [
        ...forwardedChanges(props),
        ...(settings === undefined ? [] : [{ name: 'alarms', pattern: alarms(names), buses }]),
        { name: 'function-events', pattern: functionEvents(props.ruleNames), buses },
        ...forwardedFailures(names, props.failureBuses),
        ...(props.startsRotations ? [{ name: 'rotations', pattern: startedRotations(names), buses }] : []),
      ],
      failedEvents,
    });
    const { reminderDays, frontDoorReminderDays = [] } = props;
    const context = {
      time: '"<aws.scheduler.scheduled-time>"',
      accountId: `"${Aws.ACCOUNT_ID}"`,
      region: `"${Aws.REGION}"`,
    };
    const schedule = (input: string) => ({
      name: rule.name,
      targetArn: evaluator.functionArn,
      input,
      statement: new PolicyStatement({ actions: ['lambda:InvokeFunction'], resources: [evaluator.functionArn] }),
      failedEvents,
    });
    if (reminderDays.length > 0) {
      const input = remindersInput(rule, reminderDays, eventParameters(props), context);
      new ReminderSchedule(this, 'Reminders', schedule(input));
    }
    if (frontDoorReminderDays.length > 0) {
      const input = frontDoorRemindersInput(rule, frontDoorReminderDays, eventParameters(props), context);
      new ReminderSchedule(this, 'FrontDoorReminders', { ...schedule(input), about: 'frontDoor' });
    }
  }
}

/** Returns AWS Config's compliance changes, if there is a bus for them. */
export const forwardedChanges = ({ ruleNames, changeBuses: buses }: Pick<AlertRouting, 'ruleNames' | 'changeBuses'>) =>
  buses.length === 0 ? [] : [{ name: 'changes', pattern: complianceChanges(ruleNames), buses }];

/** Returns the failures of the function, if there is a bus for them. */
export const forwardedFailures = (names: DeploymentNames, buses: readonly string[]) =>
  buses.length === 0 ? [] : [{ name: 'function-failures', pattern: functionFailures(names), buses }];

/** Adds the alarms about a function, and their topic unless there is one. */
export function addFunctionAlarms(
  scope: Construct,
  { evaluator, failedEvents, rule }: Pick<AccountAlertsProps, 'evaluator' | 'failedEvents' | 'rule'>,
  { topicArn, hasSweepMetrics }: AlarmSettings,
): void {
  const topic =
    topicArn === undefined
      ? new AlarmTopic(scope, 'AlarmTopic', { name: rule.name }).topic
      : Topic.fromTopicArn(scope, 'AlarmTopic', topicArn);
  new FunctionAlarms(scope, 'Alarms', { evaluator, failedEvents, rule, topic, hasSweepMetrics });
}
