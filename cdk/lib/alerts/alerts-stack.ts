import { CfnOutput, Stack, type StackProps } from 'aws-cdk-lib';
import { EventBus } from 'aws-cdk-lib/aws-events';
import { AnyPrincipal, PolicyStatement } from 'aws-cdk-lib/aws-iam';
import { Construct } from 'constructs';
import { AlertTopics, type AlertTopicsProps } from './alert-topics';

/** The bus in the home Region that every account and Region sends its alerts to. */
export const ALERT_BUS = 'stagecert';

/** The bus of a Region that members send to what is for the central function. */
export const FUNCTION_BUS = 'stagecert-function';

/** Properties of an {@link OrganizationBus}. */
export interface OrganizationBusProps {
  readonly name: string;

  /**
   * The organization whose accounts may send events.
   *
   * @default - this account alone
   */
  readonly organizationId?: string | undefined;
}

/** An event bus that the accounts of an organization send to. EventBridge says in each event which account it is of. */
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

/** Where people are told from: once, in the home Region, so that an address is confirmed once and not in every account. */
export class AlertsStack extends Stack {
  constructor(scope: Construct, id: string, props: AlertsStackProps) {
    super(scope, id, { description: 'stagecert: tells people', ...props });
    const { bus } = new OrganizationBus(this, 'Alerts', { name: ALERT_BUS, organizationId: props.organizationId });
    new AlertTopics(this, 'Topics', { ...props, bus });
    new CfnOutput(this, 'EventBusArn', { value: bus.eventBusArn, description: 'Where alerts come together' });
  }
}
