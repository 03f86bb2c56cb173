import { CfnPermission, type IFunction } from 'aws-cdk-lib/aws-lambda';
import { Construct } from 'constructs';

/** A function's resource policy holds 20 KB, and a statement takes about 350 bytes. */
export const MOST_LISTED_ACCOUNTS = 50;

/** Properties of an {@link OrganizationInvoke}. */
export interface OrganizationInvokeProps {
  /** The central function. */
  readonly evaluator: IFunction;

  /**
   * The accounts whose AWS Config may invoke it, at most {@link MOST_LISTED_ACCOUNTS}.
   *
   * @default - AWS Config in any account
   */
  readonly accounts?: readonly string[] | undefined;
}

/**
 * Lets AWS Config in the organization's accounts invoke the central function.
 *
 * Without a list of accounts there is no condition, because none is known to work: the source of the call is each
 * account's own AWS Config, and whether it sends the organization's id is not documented. So the function trusts no event:
 * the account that an event names is the only one it reads and writes, and only by a role that this organization owns.
 */
export class OrganizationInvoke extends Construct {
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
