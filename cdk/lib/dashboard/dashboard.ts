import { Aws } from 'aws-cdk-lib';
import { LOG_GROUP_NAME } from '../evaluator/evaluator-function';
import { CALLS } from '../evaluator/metrics';
import { CHECKS, type Check } from '../rule/rule-parameters';
import {
  calculated,
  checkMetric,
  eachAccount,
  type Line,
  labelled,
  type Numbers,
  periodOf,
  ruleMetric,
  serviceMetric,
  stageMetric,
} from './dashboard-sources';
import { LOG_QUERIES } from './log-queries';

/** A widget of a dashboard, as CloudWatch's dashboard body has it. */
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
const GREY = '#7f7f7f';

const FAILING: Readonly<Record<Check, readonly [metric: string, color: string]>> = {
  'certificate-attached': ['NonCompliantCertificateAttached', PURPLE],
  'certificate-expiry': ['NonCompliantCertificateExpiry', RED],
  'certificate-unique': ['NonCompliantCertificateUnique', ORANGE],
  'owner-tag': ['NonCompliantOwnerTag', BLUE],
};

/** The body of a dashboard: what a lead asks on top, what fails below, then whether it works and what it costs. */
export function dashboardBody(numbers: Numbers): { readonly start: string; readonly widgets: Widget[] } {
  const rows: (readonly [height: number, ...cells: Cell[]])[] = [
    [2, text(heading(numbers))],
    [4, ...answers(numbers)],
    [6, failing(numbers), timeLeft(numbers)],
    [6, shares(numbers), stages(numbers)],
    ...(numbers.of === 'organization' ? [[6, leastDaysByAccount(numbers)] as const] : []),
    [1, text('## Does it work?')],
    [6, sweeps(numbers), trouble(numbers), duration(numbers)],
    // Of this account's own function alone.
    ...(numbers.of === 'organization' ? [] : [[4, lastFailures(numbers)] as const]),
    [1, text('## What does it cost, and whom does it keep waiting?')],
    [6, calls(numbers), throttles(numbers), paidFor(numbers)],
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

function heading({ of, regions, rule }: Numbers): string {
  const where = {
    account: `Account ${Aws.ACCOUNT_ID}, Region ${Aws.REGION}`,
    central: `Every account of the organization, ${regions.join(', ')}`,
    organization: `Every account whose metrics are shared with this one, ${regions.join(', ')}`,
  }[of];
  const hours = periodOf({ of, regions, rule }) / 3600;
  return `# API Gateway client certificates\n${where}. Each number is of the last sweep, and there is one every ${hours === 1 ? 'hour' : `${hours} hours`}. Results one by one: AWS Config, rules stagecert-...`;
}

function metric(numbers: Numbers, title: string, metrics: readonly Line[], more: object = {}): Cell {
  const [region] = numbers.regions;
  return { type: 'metric', properties: { title, region, period: periodOf(numbers), metrics, ...more } };
}

const graph = { view: 'timeSeries', stacked: false, yAxis: { left: { min: 0, showUnits: false } } };
const number = { view: 'singleValue', sparkline: true, setPeriodToTimeRange: false };

const authenticated = (numbers: Numbers): Line[] =>
  share(
    numbers,
    'certificate-attached',
    { id: 'sc', label: '% of those it applies to', color: GREEN },
    'ShareWithCertificate',
    [
      'StagesWithCertificate',
      // Passed, of passed and failed: the check does not apply to the others.
      '100 * scp / (scp + scq)',
      ['NonCompliantCertificateAttached', 'scq'],
    ],
  );

const owned = (numbers: Numbers): Line[] =>
  (numbers.rule.parameters.ownerTagOn ?? ['stage']).includes('stage')
    ? share(numbers, 'owner-tag', { id: 'so', label: '% of all that are judged', color: BLUE }, 'ShareWithOwner', [
        'StagesWithOwner',
        // The check fails for the certificate's sake too, but is asked of every stage that is judged.
        '100 * sop / (soq - sor)',
        ['StagesEvaluated', 'soq'],
        ['StagesNotApplicable', 'sor'],
      ])
    : [];

/** A share: an account's own says it, those of many are divided anew, because shares don't add up. */
function share(
  numbers: Numbers,
  check: Check,
  shown: { readonly id: string; readonly label: string; readonly color: string },
  ofOne: string,
  [part, expression, ...others]: readonly [string, string, ...(readonly [name: string, id: string])[]],
): Line[] {
  const { id, label, color } = shown;
  if (numbers.of === 'account') {
    return labelled(checkMetric(numbers, check, ofOne, id, 'MIN'), id, label, { color });
  }
  const parts = [[part, `${id}p`] as const, ...others].flatMap(([name, partId]) =>
    checkMetric(numbers, check, name, partId),
  );
  return parts.length === 0 ? [] : [...labelled(parts, '', undefined), calculated(expression, label, id, { color })];
}

function answers(numbers: Numbers): Cell[] {
  const soon = [
    ['CertificatesExpired', 'ce', 'Ended', RED],
    ['CertificatesWithin30Days', 'cs', 'Less than 30 days', ORANGE],
  ].flatMap(([name = '', id = '', label, color]) =>
    labelled(checkMetric(numbers, 'certificate-expiry', name, id), id, label, { color }),
  );
  const least = checkMetric(numbers, 'certificate-expiry', 'MinDaysToExpiry', 'ld', 'MIN');
  const cells = [
    metric(numbers, 'API backends authenticated', authenticated(numbers), number),
    metric(numbers, 'Certificates that end soon', soon, number),
    metric(
      numbers,
      'Next certificate',
      labelled(least, 'ld', 'Days left; below 0 it has ended', { color: ORANGE }),
      number,
    ),
    metric(numbers, 'Stages with an owner', owned(numbers), number),
  ];
  return cells.filter(hasLines);
}

const hasLines = ({ properties }: Cell) => (properties as { metrics: readonly Line[] }).metrics.length > 0;

function failing(numbers: Numbers): Cell {
  const lines = CHECKS.flatMap((check, index) => {
    const [name, color] = FAILING[check];
    return labelled(checkMetric(numbers, check, name, `f${index}`), `f${index}`, check, { color });
  });
  return metric(numbers, 'What fails: stages, by check (a stage may fail several)', lines, graph);
}

function timeLeft(numbers: Numbers): Cell {
  const bands = [
    ['CertificatesExpired', 'Ended', RED],
    ['CertificatesWithin30Days', 'Within 30 days', ORANGE],
    ['CertificatesWithin60Days', 'Within 60 days', YELLOW],
    ['CertificatesWithin90Days', 'Within 90 days', GREY],
  ] as const;
  const lines = bands.flatMap(([name, label, color], index) =>
    labelled(checkMetric(numbers, 'certificate-expiry', name, `t${index}`), `t${index}`, label, { color }),
  );
  return metric(numbers, 'How long certificates have left (within 60 days: within 30 too)', lines, graph);
}

function shares(numbers: Numbers): Cell {
  const percent = { ...graph, yAxis: { left: { min: 0, max: 100, showUnits: false, label: '%' } } };
  const lines = [
    ...authenticated(numbers).map((line) => relabelled(line, 'Authenticated')),
    ...owned(numbers).map((line) => relabelled(line, 'With an owner')),
  ];
  return metric(numbers, 'Are we getting better?', lines, percent);
}

function relabelled(line: Line, label: string): Line {
  const options = line.at(-1) as object;
  return 'label' in options ? [...line.slice(0, -1), { ...options, label }] : line;
}

function stages(numbers: Numbers): Cell {
  const lines = [
    ['StagesEvaluated', 'Evaluated', BLUE],
    ['StagesNonCompliant', 'NON_COMPLIANT', RED],
    ['StagesNotApplicable', 'NOT_APPLICABLE', GREY],
  ].flatMap(([name = '', label, color], index) =>
    labelled(stageMetric(numbers, name, `n${index}`), `n${index}`, label, { color }),
  );
  const rule = numbers.rule.rules === 'per-check' ? ', of the first rule' : '';
  return metric(numbers, `How many stages there are${rule}`, lines, graph);
}

function leastDaysByAccount(numbers: Numbers): Cell {
  const lines = eachAccount(numbers, 'certificate-expiry', 'MinDaysToExpiry', 'Minimum');
  const bars = { view: 'bar', setPeriodToTimeRange: false, yAxis: { left: { min: 0 } } };
  return metric(numbers, 'Whose certificate ends next: days left, by account', lines, bars);
}

function sweeps(numbers: Numbers): Cell {
  const lines = labelled(ruleMetric(numbers, 'SweepsSucceeded', 'sw'), 'sw', 'Sweeps', { color: GREEN });
  return metric(numbers, 'Sweeps that succeeded', lines, graph);
}

function trouble(numbers: Numbers): Cell {
  const lines = [
    ...labelled(serviceMetric(numbers, 'AWS/Lambda', 'Errors', 'Sum', 'le'), 'le', 'Errors', { color: RED }),
    ...labelled(serviceMetric(numbers, 'AWS/Lambda', 'Throttles', 'Sum', 'lt'), 'lt', 'Held back', { color: ORANGE }),
    ...labelled(
      serviceMetric(numbers, 'AWS/SQS', 'ApproximateNumberOfMessagesVisible', 'Maximum', 'lq'),
      'lq',
      'Events given up',
      { color: PURPLE },
    ),
  ];
  return metric(numbers, 'The function in trouble (zero is good)', lines, graph);
}

function duration(numbers: Numbers): Cell {
  const lines = labelled(serviceMetric(numbers, 'AWS/Lambda', 'Duration', 'Maximum', 'du'), 'du', 'Slowest, ms', {
    color: BLUE,
  });
  return metric(numbers, 'How long an invocation takes', lines, graph);
}

function lastFailures({ regions }: Numbers): Cell {
  const query = LOG_QUERIES.find(({ name }) => name === 'failed-sweeps')?.query ?? '';
  const [region] = regions;
  return {
    type: 'log',
    properties: {
      title: `Sweeps that failed${regions.length > 1 ? `, ${region}` : ''}`,
      region,
      query: `SOURCE '${LOG_GROUP_NAME}' | ${query}`,
      view: 'table',
    },
  };
}

function calls(numbers: Numbers): Cell {
  const lines = CALLS.flatMap((operation, index) =>
    labelled(ruleMetric(numbers, `Calls${operation}`, `k${index}`), `k${index}`, operation),
  );
  return metric(numbers, 'Calls a sweep, by operation', lines, {
    ...graph,
    stacked: true,
    legend: { position: 'right' },
  });
}

function throttles(numbers: Numbers): Cell {
  const lines = labelled(ruleMetric(numbers, 'Throttles', 'th'), 'th', 'Calls that AWS held back', { color: ORANGE });
  return metric(numbers, 'Throttles (each is tried again)', lines, graph);
}

function paidFor(numbers: Numbers): Cell {
  const lines = [
    ...labelled(ruleMetric(numbers, 'EvaluationsPut', 'ep'), 'ep', 'Results put into AWS Config', { color: BLUE }),
    ...labelled(serviceMetric(numbers, 'AWS/Lambda', 'Invocations', 'Sum', 'in'), 'in', 'Invocations', { color: GREY }),
    ...(numbers.rule.parameters.securityHub === 'on'
      ? labelled(ruleMetric(numbers, 'FindingsImported', 'fi'), 'fi', 'Findings imported (right)', {
          color: PURPLE,
          yAxis: 'right',
        })
      : []),
  ];
  return metric(numbers, 'What AWS charges for', lines, graph);
}
