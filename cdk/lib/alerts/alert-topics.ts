import { type EventPattern, type IEventBus, Rule } from 'aws-cdk-lib/aws-events';
import { SnsTopic } from 'aws-cdk-lib/aws-events-targets';
import { Key } from 'aws-cdk-lib/aws-kms';
import { type ITopic, Topic } from 'aws-cdk-lib/aws-sns';
import { EmailSubscription } from 'aws-cdk-lib/aws-sns-subscriptions';
import { Construct } from 'constructs';
import type { Check } from '../rule/rule-parameters';
import { type AlertSettings, isTopic } from './alert-settings';
import { certificateEnded, certificateEnds, functionInTrouble, stageFails, stageOfOwner } from './alert-texts';
import { alarms, failingMostOf, REMINDER, type RuleName, STAGE_CHANGE, told } from './event-patterns';
import type { InputTransformer } from './input-transformer';

/** Properties of {@link AlertTopics}. */
export interface AlertTopicsProps {
  /** The bus that the events come to. */
  readonly bus: IEventBus;
  readonly alerts: AlertSettings;

  /** How the rules are named in the accounts. */
  readonly ruleNames: readonly RuleName[];

  /** The checks that are made. */
  readonly checks: readonly Check[];
}

/** From the events on a bus to mails that people understand: one topic an address, and a rule of EventBridge for each kind of event. */
export class AlertTopics extends Construct {
  private readonly props: AlertTopicsProps;
  private key: Key | undefined;
  private readonly topics = new Map<string, ITopic>();

  constructor(scope: Construct, id: string, props: AlertTopicsProps) {
    super(scope, id);
    this.props = props;
    const { email, owners = {} } = props.alerts;
    if (email !== undefined) {
      this.toEverything(this.topic(email, 'Everything'));
    }
    const destinations = [...new Set(Object.values(owners))];
    destinations.forEach((destination, index) => {
      const theirs = Object.keys(owners).filter((owner) => owners[owner] === destination);
      const topic = this.topic(destination, `Owner${index + 1}`);
      this.tell(`ToOwner${index + 1}`, told([REMINDER, STAGE_CHANGE], { owner: theirs }), topic, stageOfOwner);
    });
  }

  private toEverything(topic: ITopic): void {
    for (const check of this.props.checks) {
      this.tell(`Fails-${check}`, failingMostOf(this.props.ruleNames, check), topic, stageFails(check));
    }
    const reminder = (daysLeft: object) => told([REMINDER], { daysLeft: [daysLeft] });
    this.tell('CertificateEnds', reminder({ numeric: ['>', 0] }), topic, certificateEnds);
    this.tell('CertificateEnded', reminder({ numeric: ['<=', 0] }), topic, certificateEnded);
    this.tell('FunctionInTrouble', alarms(), topic, functionInTrouble);
  }

  private tell(id: string, eventPattern: EventPattern, topic: ITopic, message: InputTransformer): void {
    const target = new SnsTopic(topic, { message });
    new Rule(this, id, { eventBus: this.props.bus, eventPattern, targets: [target] });
  }

  private topic(destination: string, id: string): ITopic {
    const known = this.topics.get(destination);
    if (known !== undefined) {
      return known;
    }
    const topic = isTopic(destination) ? Topic.fromTopicArn(this, id, destination) : this.newTopic(destination, id);
    this.topics.set(destination, topic);
    return topic;
  }

  private newTopic(email: string, id: string): Topic {
    this.key ??= this.newKey();
    const topic = new Topic(this, id, { displayName: 'stagecert', masterKey: this.key, enforceSSL: true });
    topic.addSubscription(new EmailSubscription(email));
    return topic;
  }

  /**
   * A key of its own: EventBridge may not use the one that AWS manages for SNS.
   *
   * CDK lets EventBridge use it, and publish to the topics, without a condition, and there can be none: "You can't use Condition
   * blocks in Amazon SNS topic policies for EventBridge" (its user guide).
   */
  private newKey(): Key {
    return new Key(this, 'Key', { description: 'stagecert: alerts', enableKeyRotation: true });
  }
}
