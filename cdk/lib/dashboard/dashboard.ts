import { Aws } from 'aws-cdk-lib';
import { CALLED_OPERATIONS, isWritten } from '../evaluator/metrics';
import { DeploymentNames } from '../names';
import { CHECKS, type Check } from '../rule/rule-parameters';
import {
  calculated,
  checkFigure,
  frontDoorSweeps,
  labeled,
  labelOf,
  type MetricLine,
  type MetricSource,
  periodName,
  serviceMetric,
  stageFigure,
  sweepCount,
} from './dashboard-sources';
import { FAILURES, USAGE } from './log-queries';
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
  metric,
  NON_COMPLIANT_METRICS,
  number,
  ORANGE,
  PURPLE,
  RED,
  type Row,
  text,
  YELLOW,
} from './widgets';

/** The number of log tables next to each other. */
const TABLES_PER_ROW = 2;

/**
 * Returns the body of a dashboard of one account, or of central functions: key figures first, then
 * NON_COMPLIANT stages, the health of the function, and usage. It shows only metrics that exist.
 */
export function dashboardBody(source: MetricSource): DashboardBody {
  return layOut('-P30D', [
    [2, text(heading(source))],
    [4, ...keyFigures(source)],
    [6, nonCompliantStages(source), timeLeft(source)],
    [6, trend(source), stageCounts(source)],
    [1, text('## Function health')],
    [6, sweeps(source), withoutSecurityHub(source), functionHealth(source), duration(source)],
    ...logTables(source, 'Failed invocations', FAILURES),
    [1, text('## Usage and cost')],
    ...logTables(source, 'Billed usage per day, changes included (UTC; today so far)', USAGE),
    [6, calls(source), throttles(source)],
  ]);
}

function heading(source: MetricSource): string {
  const places =
    source.scope === 'account'
      ? `Account ${Aws.ACCOUNT_ID}, Region ${Aws.REGION}`
      : `All accounts of the organization, ${source.regions.join(', ')}`;
  return headingOf(source, places);
}

const authenticatedShare = (source: MetricSource): MetricLine[] =>
  share(
    source,
    'certificate-attached',
    { id: 'sc', label: '% of applicable stages', color: GREEN },
    'ShareWithValidCertificate',
    [
      'StagesWithValidCertificate',
      // The check doesn't apply to the other stages.
      '100 * scp / (scp + scq)',
      ['StagesWithoutValidCertificate', 'scq'],
    ],
  );

const ownedShare = (source: MetricSource): MetricLine[] =>
  (source.rule.parameters.ownerTagOn ?? ['stage']).includes('stage')
    ? share(source, 'owner-tag', { id: 'so', label: '% of evaluated stages', color: BLUE }, 'ShareWithOwner', [
        'StagesWithOwner',
        // The check can also fail because of the certificate, but it applies to every evaluated
        // stage.
        '100 * sop / (soq - sor)',
        ['StagesEvaluated', 'soq'],
        ['StagesNotApplicable', 'sor'],
      ])
    : [];

/**
 * Returns a percentage. The function reports it for one account; for several accounts it is
 * calculated from the counts, because percentages can't be added.
 */
function share(
  source: MetricSource,
  check: Check,
  shown: { readonly id: string; readonly label: string; readonly color: string },
  accountMetric: string,
  [part, expression, ...others]: readonly [string, string, ...(readonly [name: string, id: string])[]],
): MetricLine[] {
  const { id, label, color } = shown;
  if (source.scope === 'account' && isWritten(source.metrics, accountMetric)) {
    return labeled(checkFigure(source, check, accountMetric, id, 'MIN'), id, labelOf(source, label), { color });
  }
  const parts = [[part, `${id}p`] as const, ...others].flatMap(([name, partId]) =>
    checkFigure(source, check, name, partId),
  );
  return [part, ...others.map(([name]) => name)].some((name) => !isWritten(source.metrics, name)) || parts.length === 0
    ? []
    : [...labeled(parts, '', undefined), calculated(expression, labelOf(source, label), id, { color })];
}

function keyFigures(source: MetricSource): Cell[] {
  const expiring = [
    ['CertificatesExpired', 'ce', 'Expired', RED],
    ['CertificatesWithin30Days', 'cs', 'Within 30 days', ORANGE],
  ].flatMap(([name = '', id = '', label = '', color]) =>
    labeled(checkFigure(source, 'certificate-expiry', name, id), id, labelOf(source, label), { color }),
  );
  const days = checkFigure(source, 'certificate-expiry', 'DaysToNextExpiry', 'ld', 'MIN');
  return [
    metric(source, 'Stages with a valid certificate', authenticatedShare(source), number(source)),
    metric(source, 'Expired or expiring certificates', expiring, number(source)),
    metric(
      source,
      'Days to the next expiry',
      labeled(days, 'ld', labelOf(source, 'Days, of valid certificates'), { color: ORANGE }),
      number(source),
    ),
    metric(source, 'Stages with an owner', ownedShare(source), number(source)),
  ];
}

function nonCompliantStages(source: MetricSource): Cell {
  const lines = CHECKS.flatMap((check, index) => {
    const [name, color] = NON_COMPLIANT_METRICS[check];
    return labeled(checkFigure(source, check, name, `f${index}`), `f${index}`, check, { color });
  });
  return metric(source, labelOf(source, 'NON_COMPLIANT stages by check (a stage can fail several)'), lines, graph);
}

function timeLeft(source: MetricSource): Cell {
  const bands = [
    ['CertificatesExpired', 'Expired', RED],
    ['CertificatesWithin30Days', 'Within 30 days', ORANGE],
    ['CertificatesWithin60Days', 'Within 60 days', YELLOW],
    ['CertificatesWithin90Days', 'Within 90 days', GRAY],
  ] as const;
  const lines = bands.flatMap(([name, label, color], index) =>
    labeled(checkFigure(source, 'certificate-expiry', name, `t${index}`), `t${index}`, label, { color }),
  );
  return metric(source, labelOf(source, 'Certificates by time to expiry (cumulative)'), lines, graph);
}

function trend(source: MetricSource): Cell {
  const percent = { ...graph, yAxis: { left: { min: 0, max: 100, showUnits: false, label: '%' } } };
  const lines = [
    ...authenticatedShare(source).map((line) => relabeled(line, 'With a valid certificate')),
    ...ownedShare(source).map((line) => relabeled(line, 'With an owner')),
  ];
  return metric(source, labelOf(source, 'Trend: stages with a valid certificate and with an owner'), lines, percent);
}

function relabeled(line: MetricLine, label: string): MetricLine {
  const options = line.at(-1) as object;
  return 'label' in options ? [...line.slice(0, -1), { ...options, label }] : line;
}

function stageCounts(source: MetricSource): Cell {
  const lines = [
    ['StagesEvaluated', 'Evaluated', BLUE],
    ['StagesNonCompliant', 'NON_COMPLIANT', RED],
    ['StagesNotApplicable', 'NOT_APPLICABLE', GRAY],
  ].flatMap(([name = '', label, color], index) =>
    labeled(stageFigure(source, name, `n${index}`), `n${index}`, label, { color }),
  );
  const suffix = source.rule.rules === 'per-check' ? ' (first rule)' : '';
  return metric(source, labelOf(source, `Stages by result${suffix}`), lines, graph);
}

function sweeps(source: MetricSource): Cell {
  const lines = [
    ...labeled(sweepCount(source, 'SweepsSucceeded', 'sw'), 'sw', 'Sweeps', { color: GREEN }),
    ...labeled(frontDoorSweeps(source, 'fd'), 'fd', 'Sweeps of the front door', { color: BLUE }),
  ];
  return metric(source, `Successful sweeps per ${periodName(source)} (the last one is incomplete)`, lines, graph);
}

function withoutSecurityHub(source: MetricSource): Cell {
  const name = 'SecurityHubNotEnabled';
  const lines = source.rule.parameters.securityHub === 'on' ? stageFigure(source, name, 'sh') : [];
  const label = labelOf(source, source.scope === 'account' ? '1: not enabled' : 'Accounts');
  return metric(source, 'Security Hub is not enabled', labeled(lines, 'sh', label, { color: RED }), number(source));
}

function functionHealth(source: MetricSource): Cell {
  const lines = [
    ...labeled(serviceMetric(source, 'AWS/Lambda', 'Errors', 'Sum', 'le'), 'le', 'Errors', { color: RED }),
    ...labeled(serviceMetric(source, 'AWS/Lambda', 'Throttles', 'Sum', 'lt'), 'lt', 'Throttled', { color: ORANGE }),
    ...labeled(
      serviceMetric(source, 'AWS/SQS', 'ApproximateNumberOfMessagesVisible', 'Maximum', 'lq'),
      'lq',
      'Failed events in the queue',
      { color: PURPLE },
    ),
  ];
  return metric(source, 'Function errors and throttles', lines, graph);
}

function duration(source: MetricSource): Cell {
  const lines = labeled(serviceMetric(source, 'AWS/Lambda', 'Duration', 'Maximum', 'du'), 'du', 'Maximum (ms)', {
    color: BLUE,
  });
  return metric(source, 'Duration of an invocation', lines, graph);
}

/** Returns the result of a log query as a table for each Region, in rows. */
function logTables(source: MetricSource, title: string, query: string): Row[] {
  const { rule, account } = source;
  const cells = source.regions.slice(0, MAX_DETAILED_REGIONS).map((region) => ({
    type: 'log' as const,
    properties: {
      title: source.regions.length > 1 ? `${title}, ${region}` : title,
      region,
      ...(account === undefined ? {} : { accountId: account }),
      query: `SOURCE '${new DeploymentNames(rule.name).logGroup}' | ${query}`,
      view: 'table',
    },
  }));
  return chunks(cells, TABLES_PER_ROW).map((row) => [5, ...row] as const);
}

function calls(source: MetricSource): Cell {
  const lines = CALLED_OPERATIONS.flatMap((operation, index) =>
    labeled(sweepCount(source, `Calls${operation}`, `k${index}`), `k${index}`, operation),
  );
  return metric(source, `API calls of sweeps per ${periodName(source)}, by operation`, lines, {
    ...graph,
    stacked: true,
    legend: { position: 'right' },
  });
}

function throttles(source: MetricSource): Cell {
  const lines = labeled(sweepCount(source, 'Throttles', 'th'), 'th', 'Throttled calls', { color: ORANGE });
  return metric(source, `Throttled API calls of sweeps per ${periodName(source)} (each is retried)`, lines, graph);
}
