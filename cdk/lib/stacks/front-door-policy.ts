import { Aws } from 'aws-cdk-lib';
import { frontDoorStatements } from '../evaluator/front-door-permissions';

/** A bucket for the policy, which everyone replaces with their own. */
const EXAMPLE_BUCKET = 'arn:aws:s3:::example-truststores';

/**
 * Returns the policy with what the rule for the front door reads, in all accounts and Regions of
 * the partition `aws`: for functions and roles that are deployed without this app.
 */
export function frontDoorPolicy(): string {
  const statements = frontDoorStatements({ truststoreBuckets: [EXAMPLE_BUCKET] }, ['*']);
  const policy = { Version: '2012-10-17', Statement: statements.map((statement) => statement.toStatementJson()) };
  const text = JSON.stringify(policy, null, 2).replaceAll(Aws.PARTITION, 'aws').replaceAll(Aws.ACCOUNT_ID, '*');
  return `${text}\n`;
}
