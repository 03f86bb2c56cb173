import { CfnPermission, type IFunction } from 'aws-cdk-lib/aws-lambda';
import { Construct } from 'constructs';

/** Properties of an {@link OrganizationInvokePermission}. */
export interface OrganizationInvokeProps {
  /** The central function. */
  readonly evaluator: IFunction;
}

/**
 * Lets AWS Config in the organization's accounts invoke the central function.
 *
 * There is no condition, because none is known to work: the rule reaches every account, a resource
 * policy has room for about 50, and AWS doesn't document whether AWS Config's call includes the
 * organization's id. The function therefore doesn't trust events: it accesses only the account that
 * the event names, and only through a role that belongs to this organization.
 */
export class OrganizationInvokePermission extends Construct {
  constructor(scope: Construct, id: string, props: OrganizationInvokeProps) {
    super(scope, id);
    new CfnPermission(this, 'AnyAccount', {
      action: 'lambda:InvokeFunction',
      functionName: props.evaluator.functionArn,
      principal: 'config.amazonaws.com',
    });
  }
}
