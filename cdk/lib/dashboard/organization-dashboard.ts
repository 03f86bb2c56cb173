import { checksDimension, DIMENSION, isWritten } from '../evaluator/metrics';
import { DeploymentNames } from '../names';
import { ruleDefinitions } from '../rule/config-rules';
import { type Check, selectedChecks } from '../rule/rule-parameters';
import { type MetricSource, namespaceOf, sweepPeriod } from './dashboard-sources';
import {
  BLUE,
  type Cell,
  type DashboardBody,
  GRAY,
  GREEN,
  graph,
  headingOf,
  layOut,
  NON_COMPLIANT_METRICS,
  number,
  ORANGE,
  PURPLE,
  RED,
  type Row,
  text,
  YELLOW,
} from './widgets';

/**
 * The number of Regions up to which there is room for details: a dashboard has at most 500 widgets.
 */
const MAX_DETAILED_REGIONS = 16;

/** The number of Regions next to each other in the coverage row. */
const REGIONS_PER_ROW = 4;

/**
 * Returns the body of the organization's dashboard, in CloudWatch's monitoring account.
 *
 * Each widget has one Metrics Insights query about one Region. Unlike a SEARCH expression, which
 * returns 500 time series at most, a query processes up to 10,000 metrics, so its sums include up
 * to 10,000 accounts. There can be one query per widget (user guide, "Metrics Insights quotas"), so
 * percentages and sums over Regions, which need several, are not shown. Queries go back two weeks.
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
  const hours = sweepPeriod(source) / 3600;
  const notes = [
    '## Coverage',
    isWritten(source.metrics, 'SweepsSucceeded')
      ? `An account that was never swept has no metrics, so it is missing here. \`make coverage\` lists each account and Region without a rule, a recorder or a recent sweep. Compare the number of sweeps in ${hours} hours with the number of accounts; if it is higher, some accounts were swept twice, and the stages and certificates of those accounts count twice in that period.`
      : 'There are no metrics of sweeps. `make coverage` lists each account and Region without a rule, a recorder or a recent sweep.',
  ].join('\n');
  const cells = source.regions.map((region) =>
    functionQuery({ ...source, regions: [region] }, `Sweeps in the last two periods, ${region}`, 'SUM', {
      metric: 'SweepsSucceeded',
      color: GREEN,
      ...graph,
      // Twice the period, in hours.
      start: `-PT${2 * hours}H`,
    }),
  );
  const rows = source.regions.length > MAX_DETAILED_REGIONS ? [] : chunks(cells, REGIONS_PER_ROW);
  return [[3, text(notes)], ...rows.map((row) => [4, ...row] as const)];
}

function regionRows(source: MetricSource, region: string, isDetailed: boolean): Row[] {
  const certificates = (title: string, metric: string, color: string) =>
    functionQuery(source, title, 'SUM', { metric, check: 'certificate-expiry', color, ...number });
  const failed = (check: Check) => {
    const [metric, color] = NON_COMPLIANT_METRICS[check];
    return functionQuery(source, `Failed: ${check}`, 'SUM', { metric, check, color, ...number });
  };
  const stages = (title: string, metric: string, color: string) =>
    functionQuery(source, title, 'SUM', { metric, color, ...number });
  const details: Row[] = [
    [
      4,
      failed('certificate-expiry'),
      failed('certificate-unique'),
      failed('owner-tag'),
      certificates('Certificates within 60 days', 'CertificatesWithin60Days', YELLOW),
      certificates('Certificates within 90 days', 'CertificatesWithin90Days', GRAY),
    ],
    [6, firstToExpire(source), mostNonCompliant(source), mostErrors(source), mostFailedEvents(source)],
  ];
  return [
    [1, text(`## ${region}`)],
    [
      4,
      stages('Stages evaluated', 'StagesEvaluated', BLUE),
      stages('NON_COMPLIANT stages', 'StagesNonCompliant', RED),
      functionQuery(source, 'Stages with a certificate', 'SUM', {
        metric: 'StagesWithCertificate',
        check: 'certificate-attached',
        color: GREEN,
        ...number,
      }),
      failed('certificate-attached'),
      certificates('Expired certificates', 'CertificatesExpired', RED),
      certificates('Certificates within 30 days', 'CertificatesWithin30Days', ORANGE),
      functionQuery(source, 'Days to next expiry', 'MIN', {
        metric: 'MinDaysToExpiry',
        check: 'certificate-expiry',
        color: ORANGE,
        ...number,
      }),
    ],
    ...(isDetailed ? details : []),
    [
      4,
      lambdaQuery(source, 'Function errors', 'SUM', 'Errors', RED),
      lambdaQuery(source, 'Throttled invocations', 'SUM', 'Throttles', ORANGE),
      failedEvents(source),
      ...(isDetailed
        ? [
            lambdaQuery(source, 'Invocations', 'SUM', 'Invocations', GRAY),
            lambdaQuery(source, 'Longest invocation (ms)', 'MAX', 'Duration', BLUE),
          ]
        : [functionQuery(source, 'Sweeps', 'SUM', { metric: 'SweepsSucceeded', color: GREEN, ...number })]),
    ],
  ];
}

const BARS = { view: 'bar', setPeriodToTimeRange: false, yAxis: { left: { min: 0 } } };

function firstToExpire(source: MetricSource): Cell {
  return functionQuery(source, 'Days to next expiry: the ten accounts with the fewest', 'MIN', {
    metric: 'MinDaysToExpiry',
    check: 'certificate-expiry',
    clauses: 'GROUP BY AWS.AccountId ORDER BY MIN() ASC LIMIT 10',
    ...BARS,
  });
}

function mostNonCompliant(source: MetricSource): Cell {
  return functionQuery(source, 'NON_COMPLIANT stages: the ten accounts with the most', 'MAX', {
    metric: 'StagesNonCompliant',
    clauses: 'GROUP BY AWS.AccountId ORDER BY MAX() DESC LIMIT 10',
    ...BARS,
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
  readonly [property: string]: unknown;
}

/** Returns a widget about one of the function's metrics, without lines if it isn't written. */
function functionQuery(
  source: MetricSource,
  title: string,
  aggregation: 'SUM' | 'MIN' | 'MAX',
  { metric, check, clauses, ...more }: FunctionQuery,
): Cell {
  const definition = ruleDefinitions(source.rule).find(
    ({ parameters }) => check === undefined || selectedChecks(parameters).includes(check),
  );
  if (definition === undefined || !isWritten(source.metrics, metric)) {
    return { type: 'metric', properties: { metrics: [] } };
  }
  const from = `SCHEMA("${namespaceOf(source)}", ${DIMENSION})`;
  const where = `${DIMENSION} = '${checksDimension(definition.parameters)}'`;
  const sql = `SELECT ${aggregation}(${metric}) FROM ${from} WHERE ${where}${clauses === undefined ? '' : ` ${clauses}`}`;
  return query(source, title, sql, more);
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

function query(source: MetricSource, title: string, expression: string, more: object): Cell {
  const [region] = source.regions;
  const { color, ...properties } = more as { color?: string };
  // An account's name isn't known here: with GROUP BY, CloudWatch labels each line with its
  // account.
  const label = expression.includes('GROUP BY') ? {} : { label: title };
  const line = { expression, id: 'q1', region, ...label, ...(color === undefined ? {} : { color }) };
  return {
    type: 'metric',
    properties: { title, region, period: sweepPeriod(source), metrics: [[line]], ...properties },
  };
}

function chunks<T>(values: readonly T[], size: number): T[][] {
  return Array.from({ length: Math.ceil(values.length / size) }, (_, index) =>
    values.slice(index * size, (index + 1) * size),
  );
}
