import { Aws, Stack, type StackProps } from 'aws-cdk-lib';
import { CfnDashboard } from 'aws-cdk-lib/aws-cloudwatch';
import { Construct } from 'constructs';
import type { RuleSettings } from './config-rules';
import {
  calculated,
  checkMetric,
  eachAccount,
  type Line,
  labelled,
  type Numbers,
  ofThisRegion,
  periodOf,
  ruleMetric,
  serviceMetric,
  stageMetric,
} from './dashboard-sources';
import { LOG_GROUP_NAME } from './evaluator-function';
import { LOG_QUERIES } from './log-queries';
import { CHECKS, type Check } from './rule-parameters';

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

/** The operations that make up nearly all calls. */
const CALLS = [
  'SelectResourceConfig',
  'GetComplianceDetailsByConfigRule',
  'GetClientCertificates',
  'GetExport',
  'DescribeCertificate',
  'GetResources',
  'PutEvaluations',
];

/** The body of a dashboard: what a lead asks on top, what fails below, then whether it works and what it costs. */
export function dashboardBody(numbers: Numbers): { readonly widgets: Widget[] } {
  const rows: (readonly [height: number, ...cells: Cell[]])[] = [
    [2, text(heading(numbers))],
    [4, ...answers(numbers)],
    [6, failing(numbers), timeLeft(numbers)],
    [6, shares(numbers), stages(numbers)],
    ...(numbers.of === 'organization' ? [[6, leastDaysByAccount(numbers)] as const] : []),
    [1, text('## Does it work?')],
    [6, sweeps(numbers), trouble(numbers), duration(numbers)],
    [5, lastFailures(numbers)],
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
  return { widgets };
}

type Cell = Pick<Widget, 'type' | 'properties'>;

const text = (markdown: string): Cell => ({ type: 'text', properties: { markdown, background: 'transparent' } });

function heading({ of, regions, rule }: Numbers): string {
  const where = {
    account: `account ${Aws.ACCOUNT_ID}, Region ${Aws.REGION}`,
    central: `every account of the organization, ${regions.join(', ')}`,
    organization: `every account whose metrics are shared with this one, ${regions.join(', ')}`,
  }[of];
  const hours = periodOf({ of, regions, rule }) / 3600;
  return `# API Gateway client certificates\n${where}. Each number is of the last sweep, and there is one every ${hours === 1 ? 'hour' : `${hours} hours`}. Results one by one: AWS Config, rules stagecert-...`;
}

function metric(numbers: Numbers, title: string, metrics: readonly Line[], more: object = {}): Cell {
  const [region] = numbers.regions;
  return { type: 'metric', properties: { title, region, metrics, ...more } };
}

const graph = { view: 'timeSeries', stacked: false, yAxis: { left: { min: 0, showUnits: false } } };
const number = { view: 'singleValue', sparkline: true, setPeriodToTimeRange: false };

/** The share of those that pass, of those that the check applies to: summed, because shares don't add up. */
function share(numbers: Numbers, check: Check, passing: string, id: string, label: string, color: string): Line[] {
  const [failingMetric] = FAILING[check];
  const parts = [
    ...checkMetric(numbers, check, passing, `${id}p`),
    ...checkMetric(numbers, check, failingMetric, `${id}f`),
  ];
  const expression = `100 * ${id}p / (${id}p + ${id}f)`;
  return parts.length === 0 ? [] : [...labelled(parts, '', undefined), calculated(expression, label, id, { color })];
}

const authenticated = (numbers: Numbers) =>
  share(numbers, 'certificate-attached', 'StagesWithCertificate', 'sc', 'Authenticated, %', GREEN);
const owned = (numbers: Numbers) => share(numbers, 'owner-tag', 'StagesWithOwner', 'so', 'With an owner, %', BLUE);

function answers(numbers: Numbers): Cell[] {
  const soon = [
    ...labelled(checkMetric(numbers, 'certificate-expiry', 'CertificatesExpired', 'ce'), '', undefined),
    ...labelled(checkMetric(numbers, 'certificate-expiry', 'CertificatesWithin30Days', 'cs'), '', undefined),
  ];
  const least = checkMetric(numbers, 'certificate-expiry', 'LeastDaysToExpiry', 'ld', 'MIN');
  const cells = [
    metric(numbers, 'How many API backends can tell the gateway from a stranger?', authenticated(numbers), number),
    metric(
      numbers,
      'How many certificates have ended, or end within 30 days?',
      soon.length === 0 ? [] : [...soon, calculated('ce + cs', 'Certificates', 'c', { color: RED })],
      number,
    ),
    metric(numbers, 'When does the next certificate end?', labelled(least, 'ld', 'Days', { color: ORANGE }), number),
    metric(numbers, 'How many stages have an owner to call?', owned(numbers), number),
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
    ['CertificatesWithin30Days', 'End within 30 days', ORANGE],
    ['CertificatesWithin60Days', 'within 60 days', YELLOW],
    ['CertificatesWithin90Days', 'within 90 days', GREY],
  ] as const;
  const lines = bands.flatMap(([name, label, color], index) =>
    labelled(checkMetric(numbers, 'certificate-expiry', name, `t${index}`), `t${index}`, label, { color }),
  );
  return metric(
    numbers,
    'How long certificates have left (each band holds the one before, but those that ended)',
    lines,
    graph,
  );
}

function shares(numbers: Numbers): Cell {
  const percent = { ...graph, yAxis: { left: { min: 0, max: 100, showUnits: false, label: '%' } } };
  return metric(numbers, 'Are we getting better?', [...authenticated(numbers), ...owned(numbers)], percent);
}

function stages(numbers: Numbers): Cell {
  const lines = [
    ['StagesEvaluated', 'Evaluated', BLUE],
    ['StagesNonCompliant', 'NON_COMPLIANT', RED],
    ['StagesNotApplicable', 'NOT_APPLICABLE', GREY],
  ].flatMap(([name = '', label, color], index) =>
    labelled(stageMetric(numbers, name, `n${index}`), `n${index}`, label, { color }),
  );
  const rule = numbers.rule.rules === 'one-a-check' ? ', of the first rule' : '';
  return metric(numbers, `How many stages there are${rule}`, lines, graph);
}

function leastDaysByAccount(numbers: Numbers): Cell {
  const lines = eachAccount(numbers, 'certificate-expiry', 'LeastDaysToExpiry', 'Minimum');
  const table = { view: 'bar', setPeriodToTimeRange: false, yAxis: { left: { min: 0 } } };
  return metric(numbers, 'Whose certificate ends next: days left, by account', lines, table);
}

function sweeps(numbers: Numbers): Cell {
  const lines = labelled(ruleMetric(numbers, 'SweepsSucceeded', 'sw'), 'sw', 'Sweeps that succeeded', { color: GREEN });
  return metric(numbers, 'Sweeps', lines, graph);
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
  return metric(numbers, 'The function in trouble (nothing is good)', lines, graph);
}

function duration(numbers: Numbers): Cell {
  const lines = labelled(serviceMetric(numbers, 'AWS/Lambda', 'Duration', 'Maximum', 'du'), 'du', 'Slowest, ms', {
    color: BLUE,
  });
  const limit = { annotations: { horizontal: [{ value: 900_000, label: "Lambda's limit", color: RED }] } };
  return metric(numbers, 'How long an invocation takes', lines, { ...graph, ...limit });
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
  return metric(numbers, 'Calls a sweep, by operation', lines, { ...graph, stacked: true });
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
      ? labelled(ruleMetric(numbers, 'FindingsImported', 'fi'), 'fi', 'Findings imported', { color: PURPLE })
      : []),
  ];
  return metric(numbers, 'What AWS charges for', lines, graph);
}

/** Properties of an {@link AccountDashboard}. */
export interface AccountDashboardProps {
  readonly rule: RuleSettings;
}

/** The dashboard of one account and Region. Dashboards have no Region, so that its name has. */
export class AccountDashboard extends Construct {
  constructor(scope: Construct, id: string, props: AccountDashboardProps) {
    super(scope, id);
    new CfnDashboard(this, 'Dashboard', {
      dashboardName: `stagecert-${Aws.REGION}`,
      dashboardBody: Stack.of(this).toJsonString(dashboardBody(ofThisRegion(props.rule))),
    });
  }
}

/** Properties of an {@link OrganizationDashboardStack}. */
export interface OrganizationDashboardStackProps extends StackProps {
  readonly numbers: Numbers;
}

/** The dashboard over the organization, in the administrator account. */
export class OrganizationDashboardStack extends Stack {
  constructor(scope: Construct, id: string, props: OrganizationDashboardStackProps) {
    super(scope, id, { description: 'stagecert: the dashboard of the organization', ...props });
    new CfnDashboard(this, 'Dashboard', {
      dashboardName: 'stagecert-organization',
      dashboardBody: this.toJsonString(dashboardBody(props.numbers)),
    });
  }
}
