import { RemovalPolicy, Stack } from 'aws-cdk-lib';
import type { EventPattern, IEventBus } from 'aws-cdk-lib/aws-events';
import { SnsTopic } from 'aws-cdk-lib/aws-events-targets';
import { Key } from 'aws-cdk-lib/aws-kms';
import { type ITopic, Topic } from 'aws-cdk-lib/aws-sns';
import { EmailSubscription } from 'aws-cdk-lib/aws-sns-subscriptions';
import type { IQueue } from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import { DeploymentNames } from '../names';
import { allowAlarms } from './alarm-topic';
import { type AlertSettings, isTopic } from './alert-settings';
import { AlertTexts } from './alert-texts';
import { DeadLetters, withDeadLetters } from './dead-letters';
import { EmailQueue, emailMessage, fifoTarget } from './email-queue';
import { alarms, functionEvents, functionFailures, type RuleName, startedRotations } from './event-patterns';
import { addEventRule, splitForPattern } from './event-rule';
import type { InputTransformer } from './input-transformer';
import { Mailer } from './mailer';
import type { MailerSettings } from './mailer-function';
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

  /** The function that sends the emails about stages and certificates. */
  readonly mailer: MailerSettings;

  /**
   * Where the deployment's StackSets are.
   *
   * @default - there are no StackSets
   */
  readonly stackSets?: StackSetHome | undefined;

  /**
   * Whether documents of the accounts send the certificates that they generate.
   *
   * @default - false
   */
  readonly startsRotations?: boolean | undefined;
}

/** Returns a destination in the form in which it is compared: the case of an address is ignored. */
const recipient = (destination: string) => (isTopic(destination) ? destination : destination.toLowerCase());

/** Returns the part of a pattern that matches the events about these owners, ignoring case. */
const ownedBy = (names: readonly string[]) => ({ owner: names.map((name) => ({ 'equals-ignore-case': name })) });

const isSameDestination = (one: string, other: string | undefined) =>
  other !== undefined && recipient(one) === recipient(other);

/**
 * Turns the events on a bus into emails: one topic per address. The mailer writes the emails about
 * stages and certificates. Those about the function and StackSets don't depend on it: EventBridge
 * turns the events into text.
 */
export class AlertTopics extends Construct {
  private readonly props: AlertTopicsProps;
  private readonly names: DeploymentNames;
  private readonly topics = new Map<string, ITopic>();
  private readonly failedEmails: IQueue;
  private readonly emails: EmailQueue;
  private key: Key | undefined;

  constructor(scope: Construct, id: string, props: AlertTopicsProps) {
    super(scope, id);
    this.props = props;
    const { name, bus, alerts } = props;
    this.names = new DeploymentNames(name);
    this.failedEmails = new DeadLetters(this, 'FailedEmails', {
      queueName: this.names.failedEmails,
      ruleName: `${bus.eventBusName}/*`,
    }).queue;
    this.emails = new EmailQueue(this, 'Emails', { name, busName: bus.eventBusName });
    const { email, owners = {} } = alerts;
    const everything = email === undefined ? undefined : this.topic(email, 'Everything');
    if (everything !== undefined) {
      this.email('everything', functionEvents(props.ruleNames), everything);
      this.notifyOfProblems(everything);
      if (props.startsRotations) {
        this.sendCertificates('Everything', everything);
      }
    }
    // The address of all alerts receives those of the owners anyway: one email is enough.
    const ofOwners = Object.entries(owners).filter(([, destination]) => !isSameDestination(destination, email));
    const destinations = [...new Set(ofOwners.map(([, destination]) => recipient(destination)))];
    destinations.forEach((destination, index) => {
      const own = ofOwners.filter(([, other]) => recipient(other) === destination).map(([owner]) => owner);
      const topic = this.topic(destination, `Owner${index + 1}`);
      this.emailOwners(`owner-${index + 1}`, own, topic);
      if (props.startsRotations) {
        const pattern = (names: readonly string[]) => startedRotations(this.names, ownedBy(names));
        splitForPattern(own, pattern).forEach((names, part) => {
          this.sendCertificates(`Owner${index + 1}x${part + 1}`, topic, ownedBy(names));
        });
      }
    });
    const mailer = new Mailer(this, 'Mailing', {
      ...props.mailer,
      name,
      runbook: alerts.runbook,
      emails: this.emails,
      failedEmails: this.failedEmails,
      topics: [...this.topics.values()],
      key: this.key,
    });
    if (everything !== undefined) {
      const alarmNames = mailer.addAlarms(everything);
      if (this.key !== undefined) {
        allowAlarms(everything, this.key, alarmNames);
      }
    }
  }

  /** Emails one recipient about the stages of several owners, with as many rules as that needs. */
  private emailOwners(group: string, owners: readonly string[], topic: ITopic): void {
    const pattern = (names: readonly string[]) => functionEvents(this.props.ruleNames, ownedBy(names));
    splitForPattern(owners, pattern).forEach((names, index) => {
      this.email(group, pattern(names), topic, index === 0 ? group : `${group}x${index + 1}`);
    });
  }

  /** Sends events to the mailer, for one recipient. */
  private email(group: string, pattern: EventPattern, topic: ITopic, id = group): void {
    const target = fifoTarget(this.emails.queue, group, emailMessage(topic.topicArn));
    this.addRule(`Email-${id}`, pattern, target);
  }

  /** Notifies a topic of problems of functions and StackSets, without the mailer. */
  private notifyOfProblems(topic: ITopic): void {
    const texts = new AlertTexts(Stack.of(this).region, this.names);
    const notify = (id: string, pattern: EventPattern, message: InputTransformer) =>
      this.addRule(id, pattern, new SnsTopic(topic, { message }));
    if (this.props.stackSets !== undefined) {
      const pattern = failedStackInstances(this.names, this.props.stackSets);
      notify('FailedStackInstance', pattern, texts.failedStackInstance());
    }
    notify('FailedInvocation', functionFailures(this.names), texts.failedInvocation());
    notify('FunctionAlarm', alarms(this.names), texts.functionAlarm());
  }

  /**
   * Sends new certificates to a topic, without the mailer: it shows text from events without line
   * breaks, and a certificate has some.
   */
  private sendCertificates(id: string, topic: ITopic, detail: object = {}): void {
    const message = new AlertTexts(Stack.of(this).region, this.names).newCertificate(this.props.alerts.runbook);
    this.addRule(`Certificate-${id}`, startedRotations(this.names, detail), new SnsTopic(topic, { message }));
  }

  private addRule(id: string, pattern: EventPattern, target: ReturnType<typeof fifoTarget>): void {
    const targets = [withDeadLetters(target, this.failedEmails)];
    addEventRule(this, id, { bus: this.props.bus, pattern, targets });
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
   * CDK allows EventBridge to use the key and to publish to the topic of `email` without a
   * condition. A condition isn't possible: "You can't use Condition blocks in Amazon SNS topic
   * policies for EventBridge" (EventBridge user guide).
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
