import { Stack } from 'aws-cdk-lib';
import { type EventPattern, type IEventBus, Rule } from 'aws-cdk-lib/aws-events';
import { SnsTopic } from 'aws-cdk-lib/aws-events-targets';
import { Key } from 'aws-cdk-lib/aws-kms';
import { type ITopic, Topic } from 'aws-cdk-lib/aws-sns';
import { EmailSubscription } from 'aws-cdk-lib/aws-sns-subscriptions';
import { Construct } from 'constructs';
import { DeploymentNames } from '../names';
import type { Check } from '../rule/rule-parameters';
import { type AlertSettings, isTopic } from './alert-settings';
import { AlertTexts } from './alert-texts';
import { alarms, functionEvents, nonCompliantBecauseOf, REMINDER, type RuleName, STAGE_CHANGE } from './event-patterns';
import type { InputTransformer } from './input-transformer';

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
}

/**
 * Turns the events on a bus into readable emails: one topic per address, and one EventBridge rule
 * per kind of event.
 */
export class AlertTopics extends Construct {
  private readonly props: AlertTopicsProps;
  private readonly names: DeploymentNames;
  private readonly texts: AlertTexts;
  private readonly topics = new Map<string, ITopic>();
  private key: Key | undefined;

  constructor(scope: Construct, id: string, props: AlertTopicsProps) {
    super(scope, id);
    this.props = props;
    this.names = new DeploymentNames(props.name);
    this.texts = new AlertTexts(Stack.of(this).region, this.names);
    const { email, owners = {} } = props.alerts;
    if (email !== undefined) {
      this.notifyOfEverything(this.topic(email, 'Everything'));
    }
    const destinations = [...new Set(Object.values(owners))];
    destinations.forEach((destination, index) => {
      const owner = Object.keys(owners).filter((name) => owners[name] === destination);
      const topic = this.topic(destination, `Owner${index + 1}`);
      const pattern = functionEvents(this.names, [REMINDER, STAGE_CHANGE], { owner });
      this.notify(`NotifyOwner${index + 1}`, pattern, topic, this.texts.ownedStage());
    });
  }

  private notifyOfEverything(topic: ITopic): void {
    const { checks, ruleNames } = this.props;
    for (const check of checks) {
      const pattern = nonCompliantBecauseOf(ruleNames, check);
      this.notify(`NonCompliant-${check}`, pattern, topic, this.texts.nonCompliantStage(check));
    }
    const reminder = (daysLeft: object) => functionEvents(this.names, [REMINDER], { daysLeft: [daysLeft] });
    this.notify('CertificateExpires', reminder({ numeric: ['>', 0] }), topic, this.texts.certificateExpires());
    this.notify('CertificateExpired', reminder({ numeric: ['<=', 0] }), topic, this.texts.certificateExpired());
    this.notify('FunctionAlarm', alarms(this.names), topic, this.texts.functionAlarm());
  }

  private notify(id: string, eventPattern: EventPattern, topic: ITopic, message: InputTransformer): void {
    const target = new SnsTopic(topic, { message });
    new Rule(this, id, { eventBus: this.props.bus, eventPattern, targets: [target] });
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
    return new Key(this, 'Key', { description: 'stagecert: encrypts alerts', enableKeyRotation: true });
  }
}
