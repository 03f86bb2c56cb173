import { CfnOutput, Stack, type StackProps } from 'aws-cdk-lib';
import { EventBus } from 'aws-cdk-lib/aws-events';
import { AnyPrincipal, PolicyStatement } from 'aws-cdk-lib/aws-iam';
import { Construct } from 'constructs';
import { DeploymentNames } from '../names';
import { AlertTopics, type AlertTopicsProps } from './alert-topics';

/** Properties of an {@link OrganizationBus}. */
export interface OrganizationBusProps {
  readonly name: string;

  /**
   * The organization whose accounts may send events.
   *
   * @default - only this account may send events
   */
  readonly organizationId?: string | undefined;
}

/** An event bus for the accounts of an organization. EventBridge sets the account of each event. */
export class OrganizationBus extends Construct {
  /** The bus. */
  readonly bus: EventBus;

  constructor(scope: Construct, id: string, props: OrganizationBusProps) {
    super(scope, id);
    this.bus = new EventBus(this, 'Bus', { eventBusName: props.name });
    if (props.organizationId !== undefined) {
      this.bus.addToResourcePolicy(
        new PolicyStatement({
          sid: 'OrganizationSends',
          principals: [new AnyPrincipal()],
          actions: ['events:PutEvents'],
          resources: [this.bus.eventBusArn],
          conditions: { StringEquals: { 'aws:PrincipalOrgID': props.organizationId } },
        }),
      );
    }
  }
}

/** Properties of an {@link AlertsStack}. */
export interface AlertsStackProps extends StackProps, Omit<AlertTopicsProps, 'bus'> {
  readonly organizationId?: string | undefined;
}

/**
 * The stack that sends emails. It exists once, in the home Region, so that each address confirms
 * one subscription instead of one per account.
 */
export class AlertsStack extends Stack {
  constructor(scope: Construct, id: string, props: AlertsStackProps) {
    super(scope, id, { description: 'stagecert: sends alerts', ...props });
    const { bus } = new OrganizationBus(this, 'Alerts', {
      name: new DeploymentNames(props.name).alertBus,
      organizationId: props.organizationId,
    });
    new AlertTopics(this, 'Topics', { ...props, bus });
    new CfnOutput(this, 'EventBusArn', { value: bus.eventBusArn, description: 'The bus that receives all alerts' });
  }
}
