import { Aws } from 'aws-cdk-lib';
import { PolicyDocument, PolicyStatement, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { CfnSchedule } from 'aws-cdk-lib/aws-scheduler';
import type { IQueue } from 'aws-cdk-lib/aws-sqs';
import type { Construct } from 'constructs';
import { acknowledgeStatements } from '../evaluator/permissions';

/** What stands for the scheduled time in the input of a schedule's target. */
export const SCHEDULED_TIME = '<aws.scheduler.scheduled-time>';

/** Properties of a schedule that {@link addSchedule} adds. */
export interface ScheduleProps {
  /** The schedule's name. */
  readonly name: string;
  readonly description: string;
  readonly roleDescription: string;

  /** When it runs, in UTC. */
  readonly expression: string;
  readonly targetArn: string;

  /** The target's input, which may contain {@link SCHEDULED_TIME}. */
  readonly input: string;

  /** The statement that allows the schedule to call its target. */
  readonly statement: PolicyStatement;

  /** The queue of invocations that could not be delivered within a day. */
  readonly failedEvents: IQueue;

  /**
   * The message group, if the target is a FIFO queue.
   *
   * @default - the target is not a FIFO queue
   */
  readonly messageGroupId?: string | undefined;
}

/**
 * Adds an EventBridge schedule with its role. The schedule passes the scheduled time to its target
 * even if it runs late.
 */
export function addSchedule(scope: Construct, props: ScheduleProps): void {
  const statements = [
    props.statement,
    new PolicyStatement({ actions: ['sqs:SendMessage'], resources: [props.failedEvents.queueArn] }),
  ];
  const group = `arn:${Aws.PARTITION}:scheduler:${Aws.REGION}:${Aws.ACCOUNT_ID}:schedule-group/default`;
  const role = new Role(scope, 'Role', {
    description: props.roleDescription,
    assumedBy: new ServicePrincipal('scheduler.amazonaws.com').withConditions({
      StringEquals: { 'aws:SourceAccount': Aws.ACCOUNT_ID, 'aws:SourceArn': group },
    }),
    inlinePolicies: { Schedule: new PolicyDocument({ statements }) },
  });
  acknowledgeStatements(role, statements);
  new CfnSchedule(scope, 'Schedule', {
    name: props.name,
    description: props.description,
    scheduleExpression: props.expression,
    flexibleTimeWindow: { mode: 'OFF' },
    target: {
      arn: props.targetArn,
      roleArn: role.roleArn,
      input: props.input,
      ...(props.messageGroupId === undefined ? {} : { sqsParameters: { messageGroupId: props.messageGroupId } }),
      deadLetterConfig: { arn: props.failedEvents.queueArn },
    },
  });
}
