import { Aws } from 'aws-cdk-lib';
import { EventBus, type EventPattern, Rule } from 'aws-cdk-lib/aws-events';
import { EventBus as EventBusTarget } from 'aws-cdk-lib/aws-events-targets';
import { type IRole, PolicyDocument, PolicyStatement, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { Construct } from 'constructs';
import { explainStatements } from '../evaluator/permissions';
import { ofThisAccount } from './event-patterns';

/** What the names of rules on a default bus begin with. */
export const EVENT_RULE_PREFIX = 'stagecert-';

/** One kind of event, and the buses that it is sent to. */
export interface Forwarded {
  /** Ends the rule's name. */
  readonly name: string;
  readonly pattern: EventPattern;

  /** ARNs of buses in any account and Region. */
  readonly buses: readonly string[];
}

/** Properties of {@link EventForwarding}. */
export interface EventForwardingProps {
  readonly forwarded: readonly Forwarded[];
}

/** Sends events from this account's default bus to others. One step alone: EventBridge does not pass on what a bus received from another. */
export class EventForwarding extends Construct {
  constructor(scope: Construct, id: string, props: EventForwardingProps) {
    super(scope, id);
    const arns = [...new Set(props.forwarded.flatMap(({ buses }) => buses))];
    const role = this.newRole(arns);
    const targets = new Map(
      arns.map((arn, index) => {
        const bus = EventBus.fromEventBusArn(this, `Bus${index + 1}`, arn);
        return [arn, new EventBusTarget(bus, { role })];
      }),
    );
    for (const { name, pattern, buses } of props.forwarded) {
      new Rule(this, name, {
        ruleName: `${EVENT_RULE_PREFIX}${name}`,
        eventPattern: ofThisAccount(pattern),
        targets: buses.flatMap((arn) => targets.get(arn) ?? []),
      });
    }
  }

  private newRole(buses: string[]): IRole {
    const statements = [new PolicyStatement({ sid: 'SendEvents', actions: ['events:PutEvents'], resources: buses })];
    const rules = `arn:${Aws.PARTITION}:events:${Aws.REGION}:${Aws.ACCOUNT_ID}:rule/${EVENT_RULE_PREFIX}*`;
    const role = new Role(this, 'Role', {
      description: 'stagecert: sends events to the buses that tell people',
      assumedBy: new ServicePrincipal('events.amazonaws.com').withConditions({
        StringEquals: { 'aws:SourceAccount': Aws.ACCOUNT_ID },
        ArnLike: { 'aws:SourceArn': rules },
      }),
      inlinePolicies: { Events: new PolicyDocument({ statements }) },
    });
    explainStatements(role, statements);
    return role.withoutPolicyUpdates();
  }
}

/** The ARN of a bus. */
export function busArn(name: string, place: { readonly account: string; readonly region: string }): string {
  return `arn:${Aws.PARTITION}:events:${place.region}:${place.account}:event-bus/${name}`;
}
