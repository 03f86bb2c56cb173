import { Aws } from 'aws-cdk-lib';
import { CALLED_OPERATIONS } from '../evaluator/metrics';
import { DeploymentNames } from '../names';
import { CHECKS, type Check } from '../rule/rule-parameters';
import {
  calculated,
  checkMetric,
  labeled,
  type MetricLine,
  type MetricSource,
  perAccount,
  ruleMetric,
  serviceMetric,
  stageMetric,
  sweepPeriod,
} from './dashboard-sources';
import { LOG_QUERIES } from './log-queries';

/** A widget in a CloudWatch dashboard body. */
export interface Widget {
  readonly type: 'metric' | 'text' | 'log';
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
  readonly properties: object;
}

const RED = '#d13212';
const ORANGE = '#ff7f0e';
const YELLOW = '#dfb52c';
const GREEN = '#1d8102';
const BLUE = '#1f77b4';
const PURPLE = '#9467bd';
const GRAY = '#7f7f7f';

const NON_COMPLIANT_METRICS: Readonly<Record<Check, readonly [metric: string, color: string]>> = {
  'certificate-attached': ['NonCompliantCertificateAttached', PURPLE],
  'certificate-expiry': ['NonCompliantCertificateExpiry', RED],
  'certificate-unique': ['NonCompliantCertificateUnique', ORANGE],
  'owner-tag': ['NonCompliantOwnerTag', BLUE],
};

/**
 * Returns the body of a dashboard: key figures first, then NON_COMPLIANT stages, the health of the
 * function, and usage.
 */
export function dashboardBody(source: MetricSource): { readonly start: string; readonly widgets: Widget[] } {
  const rows: (readonly [height: number, ...cells: Cell[]])[] = [
    [2, text(heading(source))],
    [4, ...keyFigures(source)],
    [6, nonCompliantStages(source), timeLeft(source)],
    [6, trend(source), stageCounts(source)],
    ...(source.scope === 'organization' ? [[6, minDaysByAccount(source)] as const] : []),
    [1, text('## Function health')],
    [6, sweeps(source), functionHealth(source), duration(source)],
    // A log widget shows only this account's own function.
    ...(source.scope === 'organization' ? [] : [[4, lastFailures(source)] as const]),
    [1, text('## Usage and cost')],
    [6, calls(source), throttles(source), billedUsage(source)],
  ];
  const widgets: Widget[] = [];
  let y = 0;
  for (const [height, ...cells] of rows) {
    const width = 24 / cells.length;
    cells.forEach((cell, index) => {
      widgets.push({ ...cell, x: index * width, y, width, height });
    });
    y += height;
  }
  return { start: '-P30D', widgets };
}

type Cell = Pick<Widget, 'type' | 'properties'>;

const text = (markdown: string): Cell => ({ type: 'text', properties: { markdown, background: 'transparent' } });

function heading({ scope, regions, rule }: MetricSource): string {
  const accounts = {
    account: `Account ${Aws.ACCOUNT_ID}, Region ${Aws.REGION}`,
    central: `All accounts of the organization, ${regions.join(', ')}`,
    organization: `All accounts that share their metrics with this account, ${regions.join(', ')}`,
  }[scope];
  const hours = sweepPeriod({ scope, regions, rule }) / 3600;
  const interval = hours === 1 ? 'hour' : `${hours} hours`;
  return `# API Gateway client certificates\n${accounts}. Values are from the last sweep; a sweep runs every ${interval}. For individual results, see rules ${rule.name}-... in AWS Config.`;
}

function metric(source: MetricSource, title: string, metrics: readonly MetricLine[], more: object = {}): Cell {
  const [region] = source.regions;
  return { type: 'metric', properties: { title, region, period: sweepPeriod(source), metrics, ...more } };
}

const graph = { view: 'timeSeries', stacked: false, yAxis: { left: { min: 0, showUnits: false } } };
const number = { view: 'singleValue', sparkline: true, setPeriodToTimeRange: false };

const authenticatedShare = (source: MetricSource): MetricLine[] =>
  share(
    source,
    'certificate-attached',
    { id: 'sc', label: '% of applicable stages', color: GREEN },
    'ShareWithCertificate',
    [
      'StagesWithCertificate',
      // Passed divided by passed plus failed: the check doesn't apply to the other stages.
      '100 * scp / (scp + scq)',
      ['NonCompliantCertificateAttached', 'scq'],
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
  if (source.scope === 'account') {
    return labeled(checkMetric(source, check, accountMetric, id, 'MIN'), id, label, { color });
  }
  const parts = [[part, `${id}p`] as const, ...others].flatMap(([name, partId]) =>
    checkMetric(source, check, name, partId),
  );
  return parts.length === 0 ? [] : [...labeled(parts, '', undefined), calculated(expression, label, id, { color })];
}

function keyFigures(source: MetricSource): Cell[] {
  const expiring = [
    ['CertificatesExpired', 'ce', 'Expired', RED],
    ['CertificatesWithin30Days', 'cs', 'Within 30 days', ORANGE],
  ].flatMap(([name = '', id = '', label, color]) =>
    labeled(checkMetric(source, 'certificate-expiry', name, id), id, label, { color }),
  );
  const minDays = checkMetric(source, 'certificate-expiry', 'MinDaysToExpiry', 'ld', 'MIN');
  const cells = [
    metric(source, 'Stages with a certificate', authenticatedShare(source), number),
    metric(source, 'Expired or expiring certificates', expiring, number),
    metric(
      source,
      'Days to next expiry',
      labeled(minDays, 'ld', 'Days (negative: expired)', { color: ORANGE }),
      number,
    ),
    metric(source, 'Stages with an owner', ownedShare(source), number),
  ];
  return cells.filter(hasLines);
}

const hasLines = ({ properties }: Cell) => (properties as { metrics: readonly MetricLine[] }).metrics.length > 0;

function nonCompliantStages(source: MetricSource): Cell {
  const lines = CHECKS.flatMap((check, index) => {
    const [name, color] = NON_COMPLIANT_METRICS[check];
    return labeled(checkMetric(source, check, name, `f${index}`), `f${index}`, check, { color });
  });
  return metric(source, 'NON_COMPLIANT stages by check (a stage can fail several)', lines, graph);
}

function timeLeft(source: MetricSource): Cell {
  const bands = [
    ['CertificatesExpired', 'Expired', RED],
    ['CertificatesWithin30Days', 'Within 30 days', ORANGE],
    ['CertificatesWithin60Days', 'Within 60 days', YELLOW],
    ['CertificatesWithin90Days', 'Within 90 days', GRAY],
  ] as const;
  const lines = bands.flatMap(([name, label, color], index) =>
    labeled(checkMetric(source, 'certificate-expiry', name, `t${index}`), `t${index}`, label, { color }),
  );
  return metric(source, 'Certificates by time to expiry (cumulative)', lines, graph);
}

function trend(source: MetricSource): Cell {
  const percent = { ...graph, yAxis: { left: { min: 0, max: 100, showUnits: false, label: '%' } } };
  const lines = [
    ...authenticatedShare(source).map((line) => relabeled(line, 'With a certificate')),
    ...ownedShare(source).map((line) => relabeled(line, 'With an owner')),
  ];
  return metric(source, 'Trend: stages with a certificate and with an owner', lines, percent);
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
    labeled(stageMetric(source, name, `n${index}`), `n${index}`, label, { color }),
  );
  const suffix = source.rule.rules === 'per-check' ? ' (first rule)' : '';
  return metric(source, `Stages by result${suffix}`, lines, graph);
}

function minDaysByAccount(source: MetricSource): Cell {
  const lines = perAccount(source, 'certificate-expiry', 'MinDaysToExpiry', 'Minimum');
  const bars = { view: 'bar', setPeriodToTimeRange: false, yAxis: { left: { min: 0 } } };
  return metric(source, 'Days to next expiry by account', lines, bars);
}

function sweeps(source: MetricSource): Cell {
  const lines = labeled(ruleMetric(source, 'SweepsSucceeded', 'sw'), 'sw', 'Sweeps', { color: GREEN });
  return metric(source, 'Successful sweeps', lines, graph);
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

function lastFailures({ regions, rule }: MetricSource): Cell {
  const query = LOG_QUERIES.find(({ name }) => name === 'failed-sweeps')?.query ?? '';
  const [region] = regions;
  return {
    type: 'log',
    properties: {
      title: `Failed sweeps${regions.length > 1 ? `, ${region}` : ''}`,
      region,
      query: `SOURCE '${new DeploymentNames(rule.name).logGroup}' | ${query}`,
      view: 'table',
    },
  };
}

function calls(source: MetricSource): Cell {
  const lines = CALLED_OPERATIONS.flatMap((operation, index) =>
    labeled(ruleMetric(source, `Calls${operation}`, `k${index}`), `k${index}`, operation),
  );
  return metric(source, 'API calls per sweep by operation', lines, {
    ...graph,
    stacked: true,
    legend: { position: 'right' },
  });
}

function throttles(source: MetricSource): Cell {
  const lines = labeled(ruleMetric(source, 'Throttles', 'th'), 'th', 'Throttled calls', { color: ORANGE });
  return metric(source, 'Throttled API calls (each is retried)', lines, graph);
}

function billedUsage(source: MetricSource): Cell {
  const lines = [
    ...labeled(ruleMetric(source, 'EvaluationsPut', 'ep'), 'ep', 'Evaluations put to AWS Config', { color: BLUE }),
    ...labeled(serviceMetric(source, 'AWS/Lambda', 'Invocations', 'Sum', 'in'), 'in', 'Invocations', { color: GRAY }),
    ...(source.rule.parameters.securityHub === 'on'
      ? labeled(ruleMetric(source, 'FindingsImported', 'fi'), 'fi', 'Findings imported (right axis)', {
          color: PURPLE,
          yAxis: 'right',
        })
      : []),
  ];
  return metric(source, 'Billed usage', lines, graph);
}
