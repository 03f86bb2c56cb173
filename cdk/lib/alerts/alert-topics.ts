import { RemovalPolicy, Stack } from 'aws-cdk-lib';
import { Alarm } from 'aws-cdk-lib/aws-cloudwatch';
import { SnsAction } from 'aws-cdk-lib/aws-cloudwatch-actions';
import type { EventPattern, IEventBus } from 'aws-cdk-lib/aws-events';
import { SnsTopic } from 'aws-cdk-lib/aws-events-targets';
import { Key } from 'aws-cdk-lib/aws-kms';
import { type ITopic, Topic } from 'aws-cdk-lib/aws-sns';
import { EmailSubscription } from 'aws-cdk-lib/aws-sns-subscriptions';
import type { IQueue } from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import { DeploymentNames } from '../names';
import type { Check } from '../rule/rule-parameters';
import { allowAlarms } from './alarm-topic';
import { type AlertSettings, isTopic } from './alert-settings';
import { AlertTexts } from './alert-texts';
import { DeadLetters, onArrivals, withDeadLetters } from './dead-letters';
import {
  alarms,
  functionEvents,
  functionFailures,
  nonCompliantBecauseOf,
  REMINDER,
  type RuleName,
  STAGE_CHANGE,
} from './event-patterns';
import { addEventRule, splitForPattern } from './event-rule';
import type { InputTransformer } from './input-transformer';
import { failedStackInstances, type StackSetHome } from './stack-set-events';

/** Properties of {@link AlertTopics}. */
export interface AlertTopicsProps {
  /** The deployment's name. */
  readonly name: string;

  /** The bus that receives the events. */
  readonly bus: IEventBus;
  readonly alerts: AlertSettings;

  /** The names of the rules in the accounts. */
  readonly ruleNames: readonly RuleName[];

  /** The checks that are enabled. */
  readonly checks: readonly Check[];

  /**
   * Where the deployment's StackSets are.
   *
   * @default - there are no StackSets
   */
  readonly stackSets?: StackSetHome | undefined;
}

/** Returns a destination in the form in which it is compared: the case of an address is ignored. */
const recipient = (destination: string) => (isTopic(destination) ? destination : destination.toLowerCase());

const isSameDestination = (one: string, other: string | undefined) =>
  other !== undefined && recipient(one) === recipient(other);

/**
 * Turns the events on a bus into readable emails: one topic per address, and one EventBridge rule
 * per kind of event. Emails that can't be delivered to a topic are kept in a queue.
 */
export class AlertTopics extends Construct {
  private readonly props: AlertTopicsProps;
  private readonly names: DeploymentNames;
  private readonly texts: AlertTexts;
  private readonly topics = new Map<string, ITopic>();
  private readonly failedEmails: IQueue;
  private key: Key | undefined;

  constructor(scope: Construct, id: string, props: AlertTopicsProps) {
    super(scope, id);
    this.props = props;
    this.names = new DeploymentNames(props.name);
    this.texts = new AlertTexts(Stack.of(this).region, this.names);
    this.failedEmails = new DeadLetters(this, 'FailedEmails', {
      queueName: this.names.failedEmails,
      ruleName: `${props.bus.eventBusName}/*`,
    }).queue;
    const { email, owners = {} } = props.alerts;
    if (email !== undefined) {
      const topic = this.topic(email, 'Everything');
      this.notifyOfEverything(topic);
      this.notifyOfFailedEmails(topic);
    }
    // The address of all alerts receives those of the owners anyway: one email is enough.
    const ofOwners = Object.entries(owners).filter(([, destination]) => !isSameDestination(destination, email));
    const destinations = [...new Set(ofOwners.map(([, destination]) => recipient(destination)))];
    destinations.forEach((destination, index) => {
      const own = ofOwners.filter(([, other]) => recipient(other) === destination).map(([owner]) => owner);
      this.notifyOwners(`NotifyOwner${index + 1}`, own, this.topic(destination, `Owner${index + 1}`));
    });
  }

  /** Notifies one recipient of the stages of several owners, with as many rules as that needs. */
  private notifyOwners(id: string, owners: readonly string[], topic: ITopic): void {
    const kinds = [
      { suffix: '', type: STAGE_CHANGE, text: this.texts.ownedStage() },
      { suffix: 'Certificate', type: REMINDER, text: this.texts.ownedCertificate() },
    ];
    for (const { suffix, type, text } of kinds) {
      const pattern = (owner: readonly string[]) =>
        functionEvents(this.props.ruleNames, [type], { owner: owner.map((name) => ({ 'equals-ignore-case': name })) });
      splitForPattern(owners, pattern).forEach((group, index) => {
        this.notify(`${id}${suffix}${index === 0 ? '' : `x${index + 1}`}`, pattern(group), topic, text);
      });
    }
  }

  private notifyOfEverything(topic: ITopic): void {
    const { checks, ruleNames } = this.props;
    for (const check of checks) {
      const pattern = nonCompliantBecauseOf(ruleNames, check);
      this.notify(`NonCompliant-${check}`, pattern, topic, this.texts.nonCompliantStage(check));
    }
    this.notify('Certificate', functionEvents(ruleNames, [REMINDER]), topic, this.texts.certificate());
    if (this.props.stackSets !== undefined) {
      const pattern = failedStackInstances(this.names, this.props.stackSets);
      this.notify('FailedStackInstance', pattern, topic, this.texts.failedStackInstance());
    }
    this.notify('FailedInvocation', functionFailures(this.names), topic, this.texts.failedInvocation());
    this.notify('FunctionAlarm', alarms(this.names), topic, this.texts.functionAlarm());
  }

  private notify(id: string, pattern: EventPattern, topic: ITopic, message: InputTransformer): void {
    const target = withDeadLetters(new SnsTopic(topic, { message }), this.failedEmails);
    addEventRule(this, id, { bus: this.props.bus, pattern, targets: [target] });
  }

  /**
   * Adds the alarm on emails that EventBridge could not deliver to a topic. It notifies the topic
   * directly: the rules that turn the other alarms into readable text are what may have failed.
   */
  private notifyOfFailedEmails(topic: ITopic): void {
    const alarmName = this.names.alarm('failed-emails');
    const alarm = new Alarm(this, 'FailedEmailsAlarm', {
      alarmName,
      alarmDescription: `An alert could not be sent. The queue ${this.names.failedEmails} keeps it for 14 days.`,
      ...onArrivals(this.failedEmails),
    });
    alarm.addAlarmAction(new SnsAction(topic));
    if (this.key !== undefined) {
      allowAlarms(topic, this.key, alarmName);
    }
  }

  private topic(destination: string, id: string): ITopic {
    const existing = this.topics.get(destination);
    if (existing !== undefined) {
      return existing;
    }
    const topic = isTopic(destination) ? Topic.fromTopicArn(this, id, destination) : this.createTopic(destination, id);
    this.topics.set(destination, topic);
    return topic;
  }

  private createTopic(email: string, id: string): Topic {
    this.key ??= this.createKey();
    const topic = new Topic(this, id, { displayName: 'stagecert', masterKey: this.key, enforceSSL: true });
    topic.addSubscription(new EmailSubscription(email));
    return topic;
  }

  /**
   * Creates a customer managed key, because EventBridge can't use the AWS managed key of SNS.
   *
   * CDK allows EventBridge to use the key and to publish to the topics without a condition. A
   * condition isn't possible: "You can't use Condition blocks in Amazon SNS topic policies for
   * EventBridge" (EventBridge user guide).
   */
  private createKey(): Key {
    return new Key(this, 'Key', {
      description: 'stagecert: encrypts alerts',
      enableKeyRotation: true,
      // It encrypts only messages in transit, so nothing is lost with it.
      removalPolicy: RemovalPolicy.DESTROY,
    });
  }
}
