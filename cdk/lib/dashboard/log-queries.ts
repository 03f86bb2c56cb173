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

/** The query of all failures, which a dashboard shows. */
export const FAILURES = `filter message = "failed"
| display @timestamp, kind, accountId, region, ruleName, errorType, errorMessage, durationMs, requestId
| sort @timestamp desc
| limit 200`;

/** The query of what AWS charges for, which a dashboard shows. */
export const USAGE = `filter ispresent(durationMs)
| stats sum(evaluationsPut) as evaluations, sum(findingsImported) as findings, sum(eventsSent) as events, count(*) as invocations by bin(1d) as day, kind
| sort day desc
| limit 500`;

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
    name: 'failed-reminders',
    question:
      'Which reminder runs failed, why, and how many events did they send? The next complete run makes\n' +
      'up for them.',
    range: 'the last two days',
    query: `filter kind = "reminders" and message = "failed"
| display @timestamp, accountId, region, ruleName, eventsSent, errorType, errorMessage, durationMs, requestId
| sort @timestamp desc
| limit 200`,
  },
  {
    name: 'other-failures',
    question: 'Which changes and other invocations failed, and why?',
    range: 'the last two days',
    query: `filter message = "failed" and (not ispresent(kind) or (kind != "sweep" and kind != "reminders"))
| display @timestamp, kind, accountId, region, ruleName, errorType, errorMessage, durationMs, requestId
| sort @timestamp desc
| limit 200`,
  },
  {
    name: 'killed-invocations',
    question:
      'Which invocations did Lambda end (timeout, out of memory, crash)? They write no log line, so the log\n' +
      "has only Lambda's report. An invocation that fails has both. If `status` is timeout, raise\n" +
      '`function.timeoutSeconds`; if `maxMemoryMB` equals `memoryMB`, raise `function.memoryMegabytes`.',
    range: 'the last week',
    query: `filter message = "failed" or (type = "platform.report" and record.status != "success")
| fields coalesce(requestId, record.requestId) as invocation
| stats count(record.status) as unsuccessful, count(errorMessage) as explained, latest(record.status) as status, latest(record.errorType) as lambdaErrorType, max(record.metrics.durationMs) / 1000 as seconds, max(record.metrics.maxMemoryUsedMB) as maxMemoryMB, max(record.metrics.memorySizeMB) as memoryMB, max(@timestamp) as lastAttempt by invocation
| filter unsuccessful > explained
| sort lastAttempt desc
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
    name: 'last-sweeps',
    question: 'When was each account and Region last swept? The oldest sweep comes first.',
    range: 'the last two weeks (an account and Region without a sweep in that time is not listed)',
    query: `filter kind = "sweep" and message = "done"
| stats max(@timestamp) as lastSweep, latest(evaluated) as stages by accountId, region, ruleName
| sort lastSweep asc
| limit 1000`,
  },
  {
    name: 'usage-by-day',
    question:
      'What does AWS charge for: how many evaluations were put, findings imported and events sent each day,\n' +
      'by kind of invocation, changes included?',
    range: 'the last month',
    query: USAGE,
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
