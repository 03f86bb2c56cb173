import { checksDimension, DIMENSION, isWritten } from '../evaluator/metrics';
import { DeploymentNames } from '../names';
import { ruleDefinitions } from '../rule/config-rules';
import { type Check, selectedChecks } from '../rule/rule-parameters';
import { labelOf, type MetricSource, namespaceOf, periodName, sweepPeriod } from './dashboard-sources';
import { lastComplete, lastCompleteCount, lastSweep } from './figures';
import {
  BLUE,
  type Cell,
  chunks,
  type DashboardBody,
  GRAY,
  GREEN,
  graph,
  headingOf,
  layOut,
  MAX_DETAILED_REGIONS,
  NON_COMPLIANT_METRICS,
  number,
  ORANGE,
  PURPLE,
  RED,
  type Row,
  text,
  timeRange,
  YELLOW,
} from './widgets';

/** The number of Regions next to each other in the coverage row. */
const REGIONS_PER_ROW = 4;

/**
 * Returns the body of the organization's dashboard, in CloudWatch's monitoring account.
 *
 * Each widget has one Metrics Insights query about one Region. Unlike a SEARCH expression, which
 * returns 500 time series at most, a query processes up to 10,000 metrics, so its sums include up
 * to 10,000 accounts. There can be one query per widget (user guide, "Metrics Insights quotas"), so
 * percentages and sums over Regions, which need several, are not shown. Queries go back two weeks.
 *
 * A sum counts the accounts in whose sweeps the period falls, so only that of a complete period is
 * a figure: each account is swept once in it. One series per account would also show the accounts'
 * last values, but only of 500 accounts.
 */
export function organizationDashboardBody(source: MetricSource): DashboardBody {
  const places = `All accounts that share their metrics with this account, ${source.regions.join(', ')}`;
  const isDetailed = source.regions.length <= MAX_DETAILED_REGIONS;
  return layOut('-P14D', [
    [2, text(headingOf(source, places))],
    ...coverage(source),
    ...source.regions.flatMap((region) => regionRows({ ...source, regions: [region] }, region, isDetailed)),
  ]);
}

function coverage(source: MetricSource): Row[] {
  const period = periodName(source);
  const notes = [
    '## Coverage',
    isWritten(source.metrics, 'SweepsSucceeded')
      ? `An account that was never swept has no metrics, so it is missing here. \`make coverage\` lists each account and Region without a rule, a recorder or a recent sweep. Compare the number of sweeps per ${period} with the number of accounts. If it is lower, some sweeps failed or were missed, and the figures lack those accounts. If it is higher, some accounts were swept twice, for example after a deployment, and count twice.`
      : 'There are no metrics of sweeps. `make coverage` lists each account and Region without a rule, a recorder or a recent sweep.',
  ].join('\n');
  const cells = source.regions.map((region) =>
    functionQuery({ ...source, regions: [region] }, `Successful sweeps per complete ${period}, ${region}`, 'SUM', {
      metric: 'SweepsSucceeded',
      expression: lastCompleteCount,
      color: GREEN,
      ...graph,
    }),
  );
  const rows = source.regions.length > MAX_DETAILED_REGIONS ? [] : chunks(cells, REGIONS_PER_ROW);
  return [[3, text(notes)], ...rows.map((row) => [4, ...row] as const)];
}

function regionRows(source: MetricSource, region: string, isDetailed: boolean): Row[] {
  const period = periodName(source);
  const certificates = (title: string, metric: string, color: string) =>
    functionQuery(source, title, 'SUM', { metric, check: 'certificate-expiry', color, ...number(source) });
  const failed = (check: Check) => {
    const [metric, color] = NON_COMPLIANT_METRICS[check];
    return functionQuery(source, `Failed: ${check}`, 'SUM', { metric, check, color, ...number(source) });
  };
  const stages = (title: string, metric: string, color: string) =>
    functionQuery(source, title, 'SUM', { metric, color, ...number(source) });
  const authentication = (title: string, metric: string, color: string) =>
    functionQuery(source, title, 'SUM', { metric, check: 'certificate-attached', color, ...number(source) });
  const details: Row[] = [
    [
      4,
      failed('certificate-attached'),
      failed('certificate-expiry'),
      failed('certificate-unique'),
      failed('owner-tag'),
      certificates('Certificates within 60 days', 'CertificatesWithin60Days', YELLOW),
      certificates('Certificates within 90 days', 'CertificatesWithin90Days', GRAY),
    ],
    [6, firstToExpire(source), mostExpired(source), mostNonCompliant(source), withoutSecurityHub(source)],
    [6, mostErrors(source), mostFailedEvents(source)],
  ];
  return [
    [1, text(`## ${region}`)],
    [
      4,
      sweeps(source),
      stages('Stages evaluated', 'StagesEvaluated', BLUE),
      stages('NON_COMPLIANT stages', 'StagesNonCompliant', RED),
      authentication('With a valid certificate', 'StagesWithValidCertificate', GREEN),
      authentication('Without a valid certificate', 'StagesWithoutValidCertificate', PURPLE),
      certificates('Expired certificates', 'CertificatesExpired', RED),
      certificates('Certificates within 30 days', 'CertificatesWithin30Days', ORANGE),
      functionQuery(source, 'Days to the next expiry', 'MIN', {
        metric: 'DaysToNextExpiry',
        check: 'certificate-expiry',
        color: ORANGE,
        ...number(source),
      }),
    ],
    ...(isDetailed ? details : []),
    [
      4,
      lambdaQuery(source, `Function errors per ${period}`, 'SUM', 'Errors', RED),
      lambdaQuery(source, `Throttled invocations per ${period}`, 'SUM', 'Throttles', ORANGE),
      failedEvents(source),
      ...(isDetailed
        ? [
            lambdaQuery(source, `Invocations per ${period}`, 'SUM', 'Invocations', GRAY),
            lambdaQuery(source, 'Longest invocation (ms)', 'MAX', 'Duration', BLUE),
          ]
        : []),
    ],
  ];
}

/** Returns the number of successful sweeps, which is 0 if there was none. */
function sweeps(source: MetricSource): Cell {
  return functionQuery(source, 'Successful sweeps', 'SUM', {
    metric: 'SweepsSucceeded',
    expression: lastCompleteCount,
    color: GREEN,
    ...number(source),
  });
}

/**
 * Returns the properties of a list of accounts by their last sweep. The order that a query has is
 * that of a value over the whole time range, which is therefore as short as possible: two periods
 * always include one sweep of each account.
 */
const bars = (source: MetricSource) => ({
  expression: lastSweep,
  view: 'bar',
  setPeriodToTimeRange: false,
  yAxis: { left: { min: 0 } },
  start: timeRange(source, 2),
});

function firstToExpire(source: MetricSource): Cell {
  return functionQuery(source, 'Days to the next expiry: the ten accounts with the fewest', 'MIN', {
    metric: 'DaysToNextExpiry',
    check: 'certificate-expiry',
    clauses: 'GROUP BY AWS.AccountId ORDER BY MIN() ASC LIMIT 10',
    ...bars(source),
  });
}

function mostExpired(source: MetricSource): Cell {
  return functionQuery(source, 'Expired certificates: the ten accounts with the most', 'MAX', {
    metric: 'CertificatesExpired',
    check: 'certificate-expiry',
    clauses: 'GROUP BY AWS.AccountId ORDER BY MAX() DESC LIMIT 10',
    ...bars(source),
  });
}

function mostNonCompliant(source: MetricSource): Cell {
  return functionQuery(source, 'NON_COMPLIANT stages: the ten accounts with the most', 'MAX', {
    metric: 'StagesNonCompliant',
    clauses: 'GROUP BY AWS.AccountId ORDER BY MAX() DESC LIMIT 10',
    ...bars(source),
  });
}

function withoutSecurityHub(source: MetricSource): Cell {
  if (source.rule.parameters.securityHub !== 'on') {
    return NO_LINES;
  }
  return functionQuery(source, 'Security Hub is not enabled (1): ten accounts', 'MAX', {
    metric: 'SecurityHubNotEnabled',
    clauses: 'GROUP BY AWS.AccountId ORDER BY MAX() DESC LIMIT 10',
    ...bars(source),
  });
}

function mostErrors(source: MetricSource): Cell {
  const name = new DeploymentNames(source.rule.name).function;
  const sql = `SELECT SUM(Errors) FROM SCHEMA("AWS/Lambda", FunctionName) WHERE FunctionName = '${name}' GROUP BY AWS.AccountId ORDER BY SUM() DESC LIMIT 10`;
  return query(source, 'Function errors: the ten accounts with the most', sql, graph);
}

function mostFailedEvents(source: MetricSource): Cell {
  const name = new DeploymentNames(source.rule.name).failedEvents;
  const sql = `SELECT MAX(ApproximateNumberOfMessagesVisible) FROM SCHEMA("AWS/SQS", QueueName) WHERE QueueName = '${name}' GROUP BY AWS.AccountId ORDER BY MAX() DESC LIMIT 10`;
  return query(source, 'Failed events: the ten accounts with the most', sql, graph);
}

/** A cell that is left out. */
const NO_LINES: Cell = { type: 'metric', properties: { metrics: [] } };

interface FunctionQuery {
  readonly metric: string;

  /**
   * The check whose rule writes the metric.
   *
   * @default - the first rule: every rule writes the metric
   */
  readonly check?: Check;
  readonly color?: string;

  /** The clauses after WHERE. */
  readonly clauses?: string;

  /**
   * Returns the expression that is shown instead of the query.
   *
   * @default - that of the last complete period
   */
  readonly expression?: (id: string) => string;
  readonly [property: string]: unknown;
}

/** Returns a widget about one of the function's metrics, without lines if it isn't written. */
function functionQuery(
  source: MetricSource,
  title: string,
  aggregation: 'SUM' | 'MIN' | 'MAX',
  { metric, check, clauses, expression = lastComplete, ...more }: FunctionQuery,
): Cell {
  const definition = ruleDefinitions(source.rule).find(
    ({ parameters }) => check === undefined || selectedChecks(parameters).includes(check),
  );
  if (definition === undefined || !isWritten(source.metrics, metric)) {
    return NO_LINES;
  }
  const from = `SCHEMA("${namespaceOf(source)}", ${DIMENSION})`;
  const where = `${DIMENSION} = '${checksDimension(definition.parameters)}'`;
  const sql = `SELECT ${aggregation}(${metric}) FROM ${from} WHERE ${where}${clauses === undefined ? '' : ` ${clauses}`}`;
  return query(source, title, sql, more, expression);
}

function lambdaQuery(
  source: MetricSource,
  title: string,
  aggregation: 'SUM' | 'MAX',
  metric: string,
  color: string,
): Cell {
  const name = new DeploymentNames(source.rule.name).function;
  const sql = `SELECT ${aggregation}(${metric}) FROM SCHEMA("AWS/Lambda", FunctionName) WHERE FunctionName = '${name}'`;
  return query(source, title, sql, { color, ...graph });
}

function failedEvents(source: MetricSource): Cell {
  const name = new DeploymentNames(source.rule.name).failedEvents;
  const sql = `SELECT MAX(ApproximateNumberOfMessagesVisible) FROM SCHEMA("AWS/SQS", QueueName) WHERE QueueName = '${name}'`;
  return query(source, 'Failed events in a queue', sql, { color: PURPLE, ...graph });
}

/** Returns a widget that shows a query, or an expression about the query. */
function query(source: MetricSource, title: string, sql: string, more: object, shown?: (id: string) => string): Cell {
  const [region] = source.regions;
  const { color, ...properties } = more as { color?: string };
  const line = { expression: sql, id: 'q1', region };
  const style = color === undefined ? {} : { color };
  // An account's name isn't known here: with GROUP BY, CloudWatch labels each line with its
  // account, after the label of an expression.
  const isGrouped = sql.includes('GROUP BY');
  const metrics =
    shown === undefined
      ? [[{ ...line, ...(isGrouped ? {} : { label: title }), ...style }]]
      : [
          [{ ...line, visible: false }],
          [{ expression: shown(line.id), id: 'e1', label: isGrouped ? '' : labelOf(source, title), ...style }],
        ];
  return { type: 'metric', properties: { title, region, period: sweepPeriod(source), metrics, ...properties } };
}
