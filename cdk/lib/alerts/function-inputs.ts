import { Aws } from 'aws-cdk-lib';
import { type EventPattern, type IEventBus, Rule } from 'aws-cdk-lib/aws-events';
import { LambdaFunction } from 'aws-cdk-lib/aws-events-targets';
import { PolicyDocument, PolicyStatement, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import type { IFunction } from 'aws-cdk-lib/aws-lambda';
import { CfnSchedule } from 'aws-cdk-lib/aws-scheduler';
import type { IQueue } from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import { explainStatements } from '../evaluator/permissions';
import { type RuleSettings, ruleDefinitions } from '../rule/config-rules';
import { chosenChecks, type DeploymentParameters, inputParameters } from '../rule/rule-parameters';
import { EVENT_RULE_PREFIX } from './event-forwarding';
import { type InputTransformer, parametersText } from './input-transformer';

/** How often reminders are looked for, in hours. The intervals between two schedules leave no gap and do not overlap. */
const HOURS = 24;

/** When: a working hour in most of the world. */
export const REMINDER_SCHEDULE = 'cron(0 8 * * ? *)';

/** The schedule's name. */
export const SCHEDULE_NAME = 'stagecert-reminders';

/** What the function is asked when reminders are due; `time`, `accountId` and `region` as text of a template. */
export function remindersInput(
  rule: Pick<RuleSettings, 'rules' | 'parameters'>,
  days: readonly number[],
  deployment: DeploymentParameters,
  place: { readonly time: string; readonly accountId: string; readonly region: string },
): string {
  const definition = ruleDefinitions(rule).find(({ parameters }) =>
    chosenChecks(parameters).includes('certificate-expiry'),
  );
  const fixed = {
    hours: HOURS,
    ruleName: definition?.name ?? '',
    days: days.join(','),
    ruleParameters: parametersText(inputParameters(definition?.parameters ?? {}, deployment)),
  };
  const { time, accountId, region } = place;
  return `{"stagecert":"reminders","time":${time},"accountId":${accountId},"region":${region},${JSON.stringify(fixed).slice(1)}`;
}

/** What it is asked when a stage fails that may have an owner to be told. */
export function complianceChangeInput(
  rule: Pick<RuleSettings, 'parameters'>,
  deployment: DeploymentParameters,
): string {
  const ruleParameters = JSON.stringify(parametersText(inputParameters(rule.parameters, deployment)));
  return `{"stagecert":"compliance-change","ruleParameters":${ruleParameters},"event":<aws.events.event.json>}`;
}

/** Properties of an {@link EventInput}. */
export interface EventInputProps {
  /** Ends the rule's name. */
  readonly name: string;

  /**
   * Where the events come from.
   *
   * @default - the default bus
   */
  readonly bus?: IEventBus | undefined;
  readonly pattern: EventPattern;
  readonly input: InputTransformer;
  readonly evaluator: IFunction;

  /** What could not be delivered within a day ends here. */
  readonly failedEvents: IQueue;
}

/** A rule of EventBridge that invokes the function, in a form that tells its events from those of AWS Config. */
export class EventInput extends Construct {
  constructor(scope: Construct, id: string, props: EventInputProps) {
    super(scope, id);
    const target = new LambdaFunction(props.evaluator, { event: props.input, deadLetterQueue: props.failedEvents });
    new Rule(this, 'Rule', {
      ruleName: `${EVENT_RULE_PREFIX}${props.name}`,
      ...(props.bus === undefined ? {} : { eventBus: props.bus }),
      eventPattern: props.pattern,
      targets: [target],
    });
  }
}

/** Properties of a {@link DailySchedule}. */
export interface DailyScheduleProps {
  /** The ARN of what is called. */
  readonly targetArn: string;

  /** What it is called with. `<aws.scheduler.scheduled-time>` is the schedule's own instant. */
  readonly input: string;

  /** What the schedule may do. */
  readonly statement: PolicyStatement;

  /** What could not be called within a day ends here. */
  readonly failedEvents?: IQueue | undefined;
}

/** EventBridge Scheduler, once a day: it tells the instant that it stands for, also when it calls late. */
export class DailySchedule extends Construct {
  constructor(scope: Construct, id: string, props: DailyScheduleProps) {
    super(scope, id);
    const statements = [props.statement];
    if (props.failedEvents !== undefined) {
      statements.push(new PolicyStatement({ actions: ['sqs:SendMessage'], resources: [props.failedEvents.queueArn] }));
    }
    const group = `arn:${Aws.PARTITION}:scheduler:${Aws.REGION}:${Aws.ACCOUNT_ID}:schedule-group/default`;
    const role = new Role(this, 'Role', {
      description: 'stagecert: asks once a day for what people are to be reminded of',
      assumedBy: new ServicePrincipal('scheduler.amazonaws.com').withConditions({
        StringEquals: { 'aws:SourceAccount': Aws.ACCOUNT_ID, 'aws:SourceArn': group },
      }),
      inlinePolicies: { Schedule: new PolicyDocument({ statements }) },
    });
    explainStatements(role, statements);
    new CfnSchedule(this, 'Schedule', {
      name: SCHEDULE_NAME,
      description: 'stagecert: reminders of certificates that end',
      scheduleExpression: REMINDER_SCHEDULE,
      flexibleTimeWindow: { mode: 'OFF' },
      target: {
        arn: props.targetArn,
        roleArn: role.roleArn,
        input: props.input,
        ...(props.failedEvents === undefined ? {} : { deadLetterConfig: { arn: props.failedEvents.queueArn } }),
      },
    });
  }
}
