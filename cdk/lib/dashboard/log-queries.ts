import { CfnQueryDefinition } from 'aws-cdk-lib/aws-logs';
import { Construct } from 'constructs';
import { CALLED_OPERATIONS } from '../evaluator/metrics';
import { DEFAULT_NAME, DeploymentNames } from '../names';

/** A CloudWatch Logs Insights query. */
export interface LogQuery {
  /** The name after the deployment's name and a slash. */
  readonly name: string;

  /** The question that the query answers. */
  readonly question: string;

  /** The time range to select. */
  readonly range: string;
  readonly query: string;
}

/** The saved log queries. docs/log-queries.md is generated from them. */
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
    question: 'Which invocations took the longest?',
    range: 'the last week',
    query: `filter ispresent(durationMs)
| stats max(durationMs) / 1000 as slowestSeconds, avg(durationMs) / 1000 as meanSeconds, max(evaluated) as stages, count(*) as invocations by kind, accountId, region
| sort slowestSeconds desc
| limit 50`,
  },
  {
    name: 'throttles',
    question: 'In which accounts and Regions were calls throttled, and how many calls were made per operation?',
    range: 'the last day',
    query: `filter throttles > 0
| stats sum(throttles) as throttled, sum(retries) as retried, ${CALLED_OPERATIONS.map((operation) => `sum(calls.${operation}) as ${operation}`).join(', ')} by kind, accountId, region
| sort throttled desc
| limit 50`,
  },
  {
    name: 'failed-reminders',
    question:
      'Which reminder runs failed, why, and how many events did they send? The next complete run makes\n' +
      'up for them.',
    range: 'the last two days',
    query: `filter kind = "reminders" and message = "failed"
| display @timestamp, accountId, region, ruleName, eventsSent, errorType, errorMessage, requestId
| sort @timestamp desc
| limit 200`,
  },
  {
    name: 'last-sweeps',
    question: 'When was each account and Region last swept? The oldest sweep comes first.',
    range: 'the last two weeks (an account and Region without a sweep in that time is not listed)',
    query: `filter kind = "sweep" and message = "done"
| stats max(@timestamp) as lastSweep, latest(evaluated) as stages by accountId, region, ruleName
| sort lastSweep asc
| limit 1000`,
  },
  {
    name: 'changes-by-day',
    question: 'How many evaluations were put each day?',
    range: 'the last month',
    query: `filter evaluationsPut > 0
| stats sum(evaluationsPut) as evaluations, sum(nonCompliant) as nonCompliant, count(*) as invocations by bin(1d) as day, kind
| sort day desc`,
  },
];

/** Returns docs/log-queries.md. */
export function logQueriesPage(): string {
  const queries = LOG_QUERIES.map(
    ({ name, question, range, query }) =>
      `## ${name}\n\n${question}\n\nTime range: ${range}.\n\n\`\`\`text\n${query}\n\`\`\`\n`,
  );
  return `# Saved log queries

<!-- Generated from cdk/lib/dashboard/log-queries.ts by \`npm run files\` in cdk/. -->

The CDK app saves these CloudWatch Logs Insights queries as \`stagecert/NAME\` in each account and
Region that has a function. They query the log group \`${new DeploymentNames(DEFAULT_NAME).logGroup}\`, which has
one line per invocation.

If each account has its own function, run them in that account, or share the log groups with a
monitoring account (CloudWatch cross-account observability) and select them there.

${queries.join('\n')}`;
}

/** Properties of {@link LogQueries}. */
export interface LogQueriesProps {
  /** The deployment's name. */
  readonly name: string;
}

/** The queries, saved in an account and Region. */
export class LogQueries extends Construct {
  constructor(scope: Construct, id: string, props: LogQueriesProps) {
    super(scope, id);
    const names = new DeploymentNames(props.name);
    for (const { name, query } of LOG_QUERIES) {
      new CfnQueryDefinition(this, name, {
        name: names.logQuery(name),
        logGroupNames: [names.logGroup],
        queryString: query,
      });
    }
  }
}
