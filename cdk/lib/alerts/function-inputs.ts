import type { EventPattern, IEventBus } from 'aws-cdk-lib/aws-events';
import { LambdaFunction } from 'aws-cdk-lib/aws-events-targets';
import type { PolicyStatement } from 'aws-cdk-lib/aws-iam';
import type { IFunction } from 'aws-cdk-lib/aws-lambda';
import type { IQueue } from 'aws-cdk-lib/aws-sqs';
import { StringParameter } from 'aws-cdk-lib/aws-ssm';
import { Construct } from 'constructs';
import { DeploymentNames } from '../names';
import { type RuleSettings, ruleDefinitions } from '../rule/config-rules';
import { frontDoorRule } from '../rule/front-door';
import { type DeploymentParameters, inputParameters, selectedChecks } from '../rule/rule-parameters';
import { addEventRule } from './event-rule';
import { type InputTransformer, parametersText } from './input-transformer';
import { addSchedule } from './schedule';

/** The interval of the schedule in hours. Consecutive intervals have no gap and don't overlap. */
const INTERVAL_HOURS = 1;

/**
 * The schedule of the reminders. A rate counts from the instant at which the schedule is created
 * (EventBridge Scheduler user guide, "Schedule types"), so each account and Region has its own
 * minute, which stays the same: the accounts of an organization don't all run in the same second.
 * With a cron expression and a flexible time window, a run would be up to an hour late, and so
 * would its reminders.
 */
export const REMINDER_SCHEDULE = 'rate(1 hour)';

/** The values of an input that differ from run to run, as text of a template. */
export interface InputContext {
  readonly time: string;
  readonly accountId: string;
  readonly region: string;
}

/** Returns the function's input for reminders about stages. */
export function remindersInput(
  rule: Pick<RuleSettings, 'name' | 'rules' | 'parameters'>,
  days: readonly number[],
  deployment: DeploymentParameters,
  context: InputContext,
): string {
  const definition = ruleDefinitions(rule).find(({ parameters }) =>
    selectedChecks(parameters).includes('certificate-expiry'),
  );
  const { name: ruleName = '', parameters = {} } = definition ?? {};
  return inputText(ruleName, days, inputParameters(parameters, deployment), context);
}

/** Returns the function's input for reminders about the front door. */
export function frontDoorRemindersInput(
  rule: RuleSettings,
  days: readonly number[],
  deployment: DeploymentParameters,
  context: InputContext,
): string {
  const { name: ruleName = '', parameters = {} } = frontDoorRule(rule) ?? {};
  return inputText(ruleName, days, inputParameters(parameters, deployment, 'frontDoor'), context);
}

function inputText(
  ruleName: string,
  days: readonly number[],
  parameters: Readonly<Record<string, string>>,
  { time, accountId, region }: InputContext,
): string {
  const ruleParameters = parametersText(parameters);
  const fixed = { hours: INTERVAL_HOURS, ruleName, days: days.join(','), ruleParameters };
  return `{"stagecert":"reminders","time":${time},"accountId":${accountId},"region":${region},${JSON.stringify(fixed).slice(1)}`;
}

/** Properties of an {@link EventInput}. */
export interface EventInputProps {
  /** The rule's name. */
  readonly ruleName: string;

  /**
   * The bus that receives the events.
   *
   * @default - the default bus
   */
  readonly bus?: IEventBus | undefined;
  readonly pattern: EventPattern;
  readonly input: InputTransformer;
  readonly evaluator: IFunction;

  /** The queue of events that could not be delivered within a day. */
  readonly failedEvents: IQueue;
}

/**
 * An EventBridge rule that invokes the function with input that differs from AWS Config's events.
 */
export class EventInput extends Construct {
  constructor(scope: Construct, id: string, props: EventInputProps) {
    super(scope, id);
    const target = new LambdaFunction(props.evaluator, { event: props.input, deadLetterQueue: props.failedEvents });
    const { ruleName, bus, pattern } = props;
    addEventRule(this, 'Rule', { ruleName, bus, pattern, targets: [target] });
  }
}

/** The value of the parameter before the first complete run. The function accepts it. */
const NO_RUN = 'none';

/** Adds the parameter in which the function keeps the last complete run of reminders. */
export function addLastRun(scope: Construct, id: string, parameterName: string): void {
  new StringParameter(scope, id, {
    parameterName,
    description: 'stagecert: the last complete run of the reminders, which the function writes',
    stringValue: NO_RUN,
  });
}

/** Properties of a {@link ReminderSchedule}. */
export interface ReminderScheduleProps {
  /** The deployment's name. */
  readonly name: string;

  /**
   * What the reminders are about.
   *
   * @default stages
   */
  readonly about?: 'stages' | 'frontDoor' | undefined;

  /** The ARN of the schedule's target. */
  readonly targetArn: string;

  /** The target's input. `<aws.scheduler.scheduled-time>` is the scheduled time. */
  readonly input: string;

  /** The statement that allows the schedule to call its target. */
  readonly statement: PolicyStatement;

  /** The queue of invocations that could not be delivered within a day. */
  readonly failedEvents: IQueue;
}

/**
 * An hourly EventBridge schedule, and the parameter in which the function keeps the last complete
 * run, so that the next run makes up for failed ones. The schedule passes the scheduled time to its
 * target even if it runs late.
 */
export class ReminderSchedule extends Construct {
  constructor(scope: Construct, id: string, props: ReminderScheduleProps) {
    super(scope, id);
    const names = new DeploymentNames(props.name);
    const isFrontDoor = props.about === 'frontDoor';
    addLastRun(this, 'LastRun', isFrontDoor ? names.lastFrontDoorReminders : names.lastReminders);
    addSchedule(this, {
      name: isFrontDoor ? names.frontDoorReminders : names.reminders,
      description: isFrontDoor
        ? 'stagecert: triggers reminders about expiring truststores and domain certificates'
        : 'stagecert: triggers reminders about expiring certificates',
      roleDescription: isFrontDoor
        ? 'stagecert: triggers the reminders about the front door every hour'
        : 'stagecert: triggers the reminders every hour',
      expression: REMINDER_SCHEDULE,
      targetArn: props.targetArn,
      input: props.input,
      statement: props.statement,
      failedEvents: props.failedEvents,
    });
  }
}
