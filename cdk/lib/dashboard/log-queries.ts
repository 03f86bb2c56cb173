import { CfnQueryDefinition } from 'aws-cdk-lib/aws-logs';
import { Construct } from 'constructs';
import { LOG_GROUP_NAME } from '../evaluator/evaluator-function';
import { CALLS } from '../evaluator/metrics';

/** A query of CloudWatch Logs Insights. */
export interface LogQuery {
  /** Its name after `stagecert/`. */
  readonly name: string;

  /** What it answers. */
  readonly question: string;

  /** The time range that it is for. */
  readonly range: string;
  readonly query: string;
}

/** The questions that whoever runs this asks its log. docs/log-queries.md is made of them. */
export const LOG_QUERIES: readonly LogQuery[] = [
  {
    name: 'failed-sweeps',
    question: 'Which sweeps failed, and why?',
    range: 'the last two days',
    query: `filter kind = "sweep" and message = "failed"
| display @timestamp, accountId, region, ruleName, errorType, errorMessage, durationMs, requestId
| sort @timestamp desc
| limit 200`,
  },
  {
    name: 'slowest',
    question: 'What took longest?',
    range: 'the last week',
    query: `filter ispresent(durationMs)
| stats max(durationMs) / 1000 as slowestSeconds, avg(durationMs) / 1000 as meanSeconds, max(evaluated) as stages, count(*) as invocations by kind, accountId, region
| sort slowestSeconds desc
| limit 50`,
  },
  {
    name: 'throttles',
    question: 'Who holds us back: where calls were throttled, and how many of each operation were made there?',
    range: 'the last day',
    query: `filter throttles > 0
| stats sum(throttles) as throttled, sum(retries) as triedAgain, ${CALLS.map((operation) => `sum(calls.${operation}) as ${operation}`).join(', ')} by kind, accountId, region
| sort throttled desc
| limit 50`,
  },
  {
    name: 'last-sweeps',
    question: 'Which accounts and Regions have not been swept for two days? The longest ago comes first',
    range: 'the last two weeks; what was not swept in all that time is not there at all',
    query: `filter kind = "sweep" and message = "done"
| stats max(@timestamp) as lastSweep, latest(evaluated) as stages by accountId, region, ruleName
| sort lastSweep asc
| limit 1000`,
  },
  {
    name: 'changes-by-day',
    question: 'What changed: how many results were put, day by day?',
    range: 'the last month',
    query: `filter evaluationsPut > 0
| stats sum(evaluationsPut) as resultsPut, sum(nonCompliant) as nonCompliant, count(*) as invocations by bin(1d) as day, kind
| sort day desc`,
  },
];

/** docs/log-queries.md. */
export function logQueriesPage(): string {
  const queries = LOG_QUERIES.map(
    ({ name, question, range, query }) =>
      `## ${name}\n${question}\n\nTime range: ${range}.\n\n\`\`\`\n${query}\n\`\`\`\n`,
  );
  return `# Questions to the log

Made from \`cdk/lib/dashboard/log-queries.ts\` by \`npm run files\` in \`cdk/\`; a test fails when it differs.

The CDK app saves these in CloudWatch Logs Insights as \`stagecert/NAME\`, in each account and Region that has a function. They ask the log
group \`${LOG_GROUP_NAME}\`, which has one line an invocation. With a function in each account, ask in the account, or share the
log groups with a monitoring account (CloudWatch cross-account observability) and choose them there.

${queries.join('\n')}`;
}

/** The queries, saved in an account and Region. */
export class LogQueries extends Construct {
  constructor(scope: Construct, id: string) {
    super(scope, id);
    for (const { name, query } of LOG_QUERIES) {
      new CfnQueryDefinition(this, name, {
        name: `stagecert/${name}`,
        logGroupNames: [LOG_GROUP_NAME],
        queryString: query,
      });
    }
  }
}
