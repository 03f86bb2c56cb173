import { CfnPermission, type IFunction } from 'aws-cdk-lib/aws-lambda';
import { Construct } from 'constructs';

/**
 * The maximum number of listed accounts: a resource policy has up to 20 KB, a statement about 350
 * bytes.
 */
export const MAX_LISTED_ACCOUNTS = 50;

/** Properties of an {@link OrganizationInvokePermission}. */
export interface OrganizationInvokeProps {
  /** The central function. */
  readonly evaluator: IFunction;

  /**
   * The accounts whose AWS Config may invoke it, at most {@link MAX_LISTED_ACCOUNTS}.
   *
   * @default - AWS Config in any account
   */
  readonly accounts?: readonly string[] | undefined;
}

/**
 * Lets AWS Config in the organization's accounts invoke the central function.
 *
 * Without a list of accounts there is no condition, because none is known to work. The call comes
 * from AWS Config in each account, and AWS doesn't document whether it includes the organization's
 * id. The function therefore doesn't trust events: it accesses only the account that the event
 * names, and only through a role that belongs to this organization.
 */
export class OrganizationInvokePermission extends Construct {
  constructor(scope: Construct, id: string, props: OrganizationInvokeProps) {
    super(scope, id);
    for (const account of props.accounts ?? [undefined]) {
      new CfnPermission(this, account ?? 'AnyAccount', {
        action: 'lambda:InvokeFunction',
        functionName: props.evaluator.functionArn,
        principal: 'config.amazonaws.com',
        ...(account === undefined ? {} : { sourceAccount: account }),
      });
    }
  }
}
