import { Aws } from 'aws-cdk-lib';

/** The default name of a deployment. */
export const DEFAULT_NAME = 'stagecert';

/** The maximum length of a deployment's name: with it, a rule's name has at most 37 characters. */
export const MAX_NAME_LENGTH = 13;

/**
 * Endings that a deployment's name can't have: the deployment `NAME-canary` would have the StackSet
 * of the canary of `NAME`, for example.
 */
export const RESERVED_ENDINGS = [
  'alarms',
  'canary',
  'code',
  'code-bucket',
  'front-door',
  'function',
  'mailer',
  'management',
  'member',
  'no-sweep',
  'owner-tag',
  'unreserved',
  'unsent',
] as const;

/** Returns the reserved ending of a deployment's name, if it has one. */
export function reservedEnding(name: string): string | undefined {
  return RESERVED_ENDINGS.find((ending) => name.endsWith(`-${ending}`));
}

/**
 * The names of the resources of one deployment. They derive from the deployment's name, so that two
 * deployments can coexist in an account and Region.
 */
export class DeploymentNames {
  constructor(
    /** The deployment's name, such as `stagecert`. */
    readonly deployment: string,
  ) {}

  /** The name of the function. There is one per account and Region. */
  get function(): string {
    return `${this.deployment}-evaluator`;
  }

  /** The log group of the function. */
  get logGroup(): string {
    return `/aws/lambda/${this.function}`;
  }

  /** The queue of alerts that EventBridge could not deliver to a topic or to the mailer's queue. */
  get failedEmails(): string {
    return `${this.deployment}-failed-emails`;
  }

  /** The function that sends the emails about stages and certificates. */
  get mailer(): string {
    return `${this.deployment}-mailer`;
  }

  /** The log group of the mailer. */
  get mailerLogGroup(): string {
    return `/aws/lambda/${this.mailer}`;
  }

  /** The queue of the mailer. */
  get emails(): string {
    return `${this.deployment}-emails.fifo`;
  }

  /** The queue of messages that the mailer could not process. */
  get unsentEmails(): string {
    return `${this.deployment}-unsent-emails.fifo`;
  }

  /** The table of the mailer. */
  get emailsTable(): string {
    return `${this.deployment}-emails`;
  }

  /** Returns the name of a schedule of the mailer. */
  emailSchedule(run: string): string {
    return `${this.deployment}-${run}-emails`;
  }

  /** The queue of events that an account without a function could not forward. */
  get failedForwarding(): string {
    return `${this.deployment}-failed-forwarding`;
  }

  /** The queue of alarms that could not be forwarded. */
  get failedAlarms(): string {
    return `${this.deployment}-failed-alarms`;
  }

  /** The queue of events about failed stack instances that could not be forwarded. */
  get undeliveredStackSetFailures(): string {
    return `${this.deployment}-failed-stack-sets`;
  }

  /** The topic in each Region that alarms notify. */
  get alarmTopic(): string {
    return `${this.deployment}-alarms`;
  }

  /** The queue of events that the function could not process. */
  get failedEvents(): string {
    return `${this.deployment}-failed-events`;
  }

  /** The role that all central functions share. */
  get evaluatorRole(): string {
    return `${this.deployment}-evaluator`;
  }

  /** The role that a central function assumes in each account. */
  get memberRole(): string {
    return `${this.deployment}-member`;
  }

  /** The bus in the home Region that receives the alerts of every account and Region. */
  get alertBus(): string {
    return this.deployment;
  }

  /** The bus in each Region that receives the members' events for the central function. */
  get functionBus(): string {
    return `${this.deployment}-function`;
  }

  /** The hourly schedule of the reminders. */
  get reminders(): string {
    return `${this.deployment}-reminders`;
  }

  /** The hourly schedule of the reminders about the front door. */
  get frontDoorReminders(): string {
    return `${this.deployment}-front-door-reminders`;
  }

  /**
   * The parameter in each account and Region that contains the instant of the last complete
   * reminder run. The function derives the same name from the deployment's name.
   */
  get lastReminders(): string {
    return `/${this.deployment}/last-reminders`;
  }

  /** The same parameter for the reminders about the front door. */
  get lastFrontDoorReminders(): string {
    return `/${this.deployment}/last-reminders-front-door`;
  }

  /** The Systems Manager document that starts a rotation. */
  get startRotation(): string {
    return `${this.deployment}-start-rotation`;
  }

  /** The organization conformance pack. */
  get conformancePack(): string {
    return this.deployment;
  }

  /** The parameter that contains the object key of the code that was last deployed. */
  get codeKeyParameter(): string {
    return `/${this.deployment}/code-key`;
  }

  /** The namespace of the function's metrics. */
  get metricNamespace(): string {
    return this.deployment;
  }

  /** The names of all StackSets that the deployment may have. */
  get stackSets(): string[] {
    const suffixes = ['canary', 'unreserved', 'member', 'member-alerts'];
    return [this.deployment, ...suffixes.map((suffix) => this.stack(suffix))];
  }

  /** Returns the name of the AWS Config rule for all checks, or for one. */
  rule(check = 'api-client-certificates'): string {
    return `${this.deployment}-${check}`;
  }

  /** The AWS Config rule for the front door. */
  get frontDoorRule(): string {
    return this.rule('front-door');
  }

  /** Returns the name of an EventBridge rule, or with `*` the pattern of all of them. */
  eventRule(suffix: string): string {
    return `${this.deployment}-${suffix}`;
  }

  /** Returns the name of an alarm, or the common prefix of several. */
  alarm(suffix: string): string {
    return `${this.deployment}-${suffix}`;
  }

  /** Returns the name of a dashboard. */
  dashboard(suffix: string): string {
    return `${this.deployment}-${suffix}`;
  }

  /** Returns the name of a saved log query. */
  logQuery(query: string): string {
    return `${this.deployment}/${query}`;
  }

  /**
   * Returns the name of the code buckets without its Region suffix. Lambda requires a bucket in its
   * own Region.
   */
  codeBucketPrefix(account: string): string {
    return `${this.deployment}-code-${account}`;
  }

  /** Returns the name of a CDK stack or a StackSet. */
  stack(suffix: string): string {
    return `${this.deployment}-${suffix}`;
  }

  /** Returns the ARN of the queue in a Region of this account, even if it doesn't exist yet. */
  failedEventsArn(region: string): string {
    return `arn:${Aws.PARTITION}:sqs:${region}:${Aws.ACCOUNT_ID}:${this.failedEvents}`;
  }

  /** Returns the ARN of the log group in a Region of this account, with its streams. */
  logGroupArn(region: string): string {
    return `arn:${Aws.PARTITION}:logs:${region}:${Aws.ACCOUNT_ID}:log-group:${this.logGroup}:*`;
  }
}
