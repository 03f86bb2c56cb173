import { Aws } from 'aws-cdk-lib';
import { EventBus, type EventPattern } from 'aws-cdk-lib/aws-events';
import { EventBus as EventBusTarget } from 'aws-cdk-lib/aws-events-targets';
import { type IRole, PolicyDocument, PolicyStatement, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import type { IQueue } from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import { acknowledgeStatements } from '../evaluator/permissions';
import { DeploymentNames } from '../names';
import { allowDeadLetters, withDeadLetters } from './dead-letters';
import { fromThisAccount } from './event-patterns';
import { addEventRule } from './event-rule';

/** One kind of event, and the buses to which it is forwarded. */
export interface ForwardedEvents {
  /** The suffix of the rule's name. */
  readonly name: string;
  readonly pattern: EventPattern;

  /** The ARNs of the buses, in any account and Region. */
  readonly buses: readonly string[];
}

/** Properties of {@link EventForwarding}. */
export interface EventForwardingProps {
  /** The deployment's name. */
  readonly name: string;
  readonly forwarded: readonly ForwardedEvents[];

  /** The queue of events that could not be delivered within a day. */
  readonly failedEvents: IQueue;
}

/**
 * Forwards events from this account's default bus to other buses. There can be only one hop:
 * EventBridge doesn't forward events that a bus received from another bus.
 */
export class EventForwarding extends Construct {
  constructor(scope: Construct, id: string, props: EventForwardingProps) {
    super(scope, id);
    const names = new DeploymentNames(props.name);
    const arns = [...new Set(props.forwarded.flatMap(({ buses }) => buses))];
    const role = this.createRole(arns, names);
    const targets = new Map(
      arns.map((arn, index) => {
        const bus = EventBus.fromEventBusArn(this, `Bus${index + 1}`, arn);
        return [arn, withDeadLetters(new EventBusTarget(bus, { role }), props.failedEvents)];
      }),
    );
    allowDeadLetters(props.failedEvents, names.eventRule('*'));
    for (const { name, pattern, buses } of props.forwarded) {
      addEventRule(this, name, {
        ruleName: names.eventRule(name),
        pattern: fromThisAccount(pattern),
        targets: buses.flatMap((arn) => targets.get(arn) ?? []),
      });
    }
  }

  private createRole(buses: string[], names: DeploymentNames): IRole {
    const statements = [new PolicyStatement({ sid: 'SendEvents', actions: ['events:PutEvents'], resources: buses })];
    const rules = `arn:${Aws.PARTITION}:events:${Aws.REGION}:${Aws.ACCOUNT_ID}:rule/${names.eventRule('*')}`;
    const role = new Role(this, 'Role', {
      description: 'stagecert: forwards events to the alert buses',
      assumedBy: new ServicePrincipal('events.amazonaws.com').withConditions({
        StringEquals: { 'aws:SourceAccount': Aws.ACCOUNT_ID },
        ArnLike: { 'aws:SourceArn': rules },
      }),
      inlinePolicies: { Events: new PolicyDocument({ statements }) },
    });
    acknowledgeStatements(role, statements);
    return role.withoutPolicyUpdates();
  }
}

/** Returns the ARN of a bus. */
export function busArn(name: string, env: { readonly account: string; readonly region: string }): string {
  return `arn:${Aws.PARTITION}:events:${env.region}:${env.account}:event-bus/${name}`;
}
