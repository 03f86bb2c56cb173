import { describe, expect, test } from 'vitest';
import { dashboardBody } from '../../lib/dashboard/dashboard';
import type { MetricSource } from '../../lib/dashboard/dashboard-sources';
import { FAR } from '../../lib/dashboard/figures';
import { organizationDashboardBody } from '../../lib/dashboard/organization-dashboard';
import type { DashboardBody, Widget } from '../../lib/dashboard/widgets';
import { type Assumptions, CloudWatch, type DataPoint } from './cloudwatch';
import { evaluate } from './metric-math';
import { accountId, DAY, dataPoints, foundFrom, lastFound, type State, TODAY } from './sample-organization';

const HOURS = [3, 9, 15, 21];
const REGIONS = ['eu-west-1', 'us-east-1'];
const RULE = { name: 'stagecert', frequency: 'TwentyFour_Hours', rules: 'combined', parameters: {} } as const;

/** With `metrics: few`, a dashboard has only the figures for which the sample has data. */
const source = (scope: MetricSource['scope'], regions: readonly string[]): MetricSource => ({
  scope,
  regions,
  rule: RULE,
  metrics: 'few',
});

const ASSUMPTIONS: readonly Assumptions[] = (['left out', 'zero'] as const).flatMap((missing) =>
  (['midnight', 'start'] as const).map((alignment) => ({ missing, alignment })),
);

const DATA = dataPoints(REGIONS, 'all', 'only SweepsSucceeded');

/** A time range that is selected for the dashboard, in seconds. None of them changes a figure. */
const RANGES = [3600, 12 * 3600, 14 * DAY];

const sumOf = (found: readonly State[], name: keyof State) =>
  found.reduce((total, state) => total + (state[name] ?? 0), 0);
const minimumOf = (found: readonly State[]) =>
  Math.min(...found.flatMap(({ DaysToNextExpiry: days }) => (days === undefined ? [] : [days])));

function widget({ widgets }: DashboardBody, title: string, region?: string): Widget {
  const [found] = widgets.filter(({ properties }) => {
    const shown = properties as { title?: string; region?: string };
    return shown.title === title && (region === undefined || shown.region === region);
  });
  if (found === undefined) {
    throw new Error(`there is no widget ${title}`);
  }
  return found;
}

/**
 * The value that a number shows. Its last period has one, so it doesn't matter which one is shown.
 */
function value(points: readonly (number | null)[]): number | null {
  return points.at(-1) ?? null;
}

interface Shown {
  readonly widget: string;
  readonly line: number;
  readonly correct: (found: readonly State[]) => number;
}

/** The figures of an organization or of central functions, with the values in one Region. */
const FIGURES: readonly Shown[] = [
  { widget: 'Successful sweeps', line: 0, correct: (found) => found.length },
  { widget: 'Stages evaluated', line: 0, correct: (found) => sumOf(found, 'StagesEvaluated') },
  { widget: 'NON_COMPLIANT stages', line: 0, correct: (found) => sumOf(found, 'StagesNonCompliant') },
  { widget: 'With a valid certificate', line: 0, correct: (found) => sumOf(found, 'StagesWithValidCertificate') },
  { widget: 'Without a valid certificate', line: 0, correct: (found) => sumOf(found, 'StagesWithoutValidCertificate') },
  { widget: 'Expired certificates', line: 0, correct: (found) => sumOf(found, 'CertificatesExpired') },
  { widget: 'Certificates within 30 days', line: 0, correct: (found) => sumOf(found, 'CertificatesWithin30Days') },
  { widget: 'Days to the next expiry', line: 0, correct: minimumOf },
];

const percentage = (found: readonly State[]) => {
  const part = sumOf(found, 'StagesWithValidCertificate');
  return (100 * part) / (part + sumOf(found, 'StagesWithoutValidCertificate'));
};

/** The figures of central functions, which are the totals of two Regions with equal data. */
const CENTRAL_FIGURES: readonly Shown[] = [
  { widget: 'Stages with a valid certificate', line: 0, correct: percentage },
  { widget: 'Expired or expiring certificates', line: 0, correct: (found) => 2 * sumOf(found, 'CertificatesExpired') },
  {
    widget: 'Expired or expiring certificates',
    line: 1,
    correct: (found) => 2 * sumOf(found, 'CertificatesWithin30Days'),
  },
  { widget: 'Days to the next expiry', line: 0, correct: minimumOf },
];

/** The beginning of the period that a figure is about. */
const periodOf = ({ alignment }: Assumptions, now: number) => (alignment === 'midnight' ? TODAY - DAY : now - 2 * DAY);

const rows: string[][] = [];

describe.each([
  ['organization', organizationDashboardBody(source('organization', REGIONS)), FIGURES],
  ['central functions', dashboardBody(source('central', REGIONS)), CENTRAL_FIGURES],
] as const)('%s', (name, body, figures) => {
  test.each(HOURS)('the figures are correct at %i:00, whatever time range is selected', (hour) => {
    const now = TODAY + hour * 3600;
    for (const assumptions of ASSUMPTIONS) {
      const cloudWatch = new CloudWatch(DATA, now, assumptions);
      const found = foundFrom(periodOf(assumptions, now));
      for (const { widget: title, line, correct } of figures) {
        for (const range of RANGES) {
          const lines = cloudWatch.lines(body, widget(body, title), range);
          expect(value(lines[line]?.points ?? []), `${title}, ${JSON.stringify(assumptions)}`).toBeCloseTo(
            correct(found),
            9,
          );
        }
      }
    }
    rows.push(...figures.map((figure) => row(name, body, figure, now)));
  });
});

/** Returns a row of the table: what was shown before, what is shown now, and what is correct. */
function row(name: string, body: DashboardBody, { widget: title, line, correct }: Shown, now: number): string[] {
  const assumptions = { missing: 'left out', alignment: 'midnight' } as const;
  const shown = widget(body, title);
  const after = value(new CloudWatch(DATA, now, assumptions).lines(body, shown, DAY)[line]?.points ?? []);
  const before = value(
    new CloudWatch(BEFORE, now, assumptions).lines(body, withoutExpressions(shown), 14 * DAY)[line]?.points ?? [],
  );
  const hour = `${String((now - TODAY) / 3600).padStart(2, '0')}:00`;
  const number = (it: number | null) => (it === null || it === FAR ? 'none' : String(Math.round(10 * it) / 10));
  const label = line === 0 ? title : `${title} (2)`;
  return [hour, name, label, number(before), number(after), number(correct(foundFrom(TODAY - DAY)))];
}

/** The data before attempts that fail left out the figures. */
const BEFORE: readonly DataPoint[] = dataPoints(REGIONS, 'all', 'all');

/** Returns a widget that shows the sum of the current period, as the dashboards once did. */
function withoutExpressions(shown: Widget): Widget {
  return JSON.parse(JSON.stringify(shown), (key, it) =>
    key === 'expression' && typeof it === 'string' && it.startsWith('FILL(IF(')
      ? `1 * ${/(\w+)\), REPEAT\)$/.exec(it)?.[1] ?? /FILL\((\w+), 0\)/.exec(it)?.[1]}`
      : it,
  ) as Widget;
}

test('before, the figures depended on the hour, and an attempt that failed counted like a sweep', () => {
  const at = (hour: number, name: string) =>
    Number(
      rows.find(
        (it) => it[0] === `${String(hour).padStart(2, '0')}:00` && it[1] === 'organization' && it[2] === name,
      )?.[3],
    );
  const [early, late] = [at(9, 'Expired certificates'), at(21, 'Expired certificates')];
  expect(early).toBeLessThan(late);
  const whole = BEFORE.filter(
    ({ metric, region, at }) =>
      metric === 'StagesEvaluated' && region === REGIONS[0] && at >= TODAY - DAY && at < TODAY,
  ).reduce((total, { value: it }) => total + it, 0);
  expect(whole).toBeGreaterThan(sumOf(foundFrom(TODAY - DAY), 'StagesEvaluated'));
  const header = ['UTC', 'dashboard', 'figure', 'before', 'now', 'correct'];
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`;
  console.log([line(header), line(header.map(() => '---')), ...rows.map(line)].join('\n'));
});

const account = { ...source('account', ['eu-west-1']) };

describe.each([7, 11, 44])('account %i', (index) => {
  const body = dashboardBody(account);
  const own = DATA.filter((it) => it.account === accountId(index));

  test.each(HOURS)('the figures at %i:00 are those of its last sweep', (hour) => {
    const now = TODAY + hour * 3600 + 1800;
    const state = lastFound(index, now);
    for (const assumptions of ASSUMPTIONS) {
      const cloudWatch = new CloudWatch(own, now, assumptions);
      for (const [title, line, correct] of [
        ['Stages with a valid certificate', 0, percentage([state])],
        ['Expired or expiring certificates', 0, state.CertificatesExpired],
        ['Expired or expiring certificates', 1, state.CertificatesWithin30Days],
        ['Days to the next expiry', 0, state.DaysToNextExpiry ?? null],
      ] as const) {
        for (const range of RANGES) {
          expect(value(cloudWatch.lines(body, widget(body, title), range)[line]?.points ?? []), title).toBe(correct);
        }
      }
    }
  });
});

test('the lists of accounts are by their last sweeps, and expired certificates are not in the list of the next ones', () => {
  const body = organizationDashboardBody({ ...source('organization', REGIONS), metrics: 'full' });
  for (const hour of HOURS) {
    for (const assumptions of ASSUMPTIONS) {
      const cloudWatch = new CloudWatch(DATA, TODAY + hour * 3600, assumptions);
      const list = (title: string) =>
        cloudWatch.lines(body, widget(body, title), 30 * DAY).map(({ label, points }) => [label, value(points)]);
      const next = list('Days to the next expiry: the ten accounts with the fewest');
      expect(next).toHaveLength(10);
      expect(next[0]).toEqual([accountId(7), lastFound(7, TODAY + hour * 3600).DaysToNextExpiry]);
      expect(next.every(([, days]) => Number(days) >= 0)).toBe(true);
      const expired = list('Expired certificates: the ten accounts with the most');
      expect(expired).toHaveLength(10);
      for (const [label, count] of expired) {
        const state = lastFound(Number(label) - Number(accountId(0)), TODAY + hour * 3600);
        expect([label, count]).toEqual([label, state.CertificatesExpired]);
      }
      expect(expired.filter(([, count]) => count === 1).length).toBeGreaterThanOrEqual(9);
    }
  }
});

test('a figure without data is not zero, except the number of sweeps', () => {
  const body = organizationDashboardBody(source('organization', REGIONS));
  // The first sweeps are of today: no complete day has any yet.
  const first = DATA.filter(({ at }) => at >= TODAY);
  for (const assumptions of ASSUMPTIONS.filter(({ alignment }) => alignment === 'midnight')) {
    const cloudWatch = new CloudWatch(first, TODAY + 21 * 3600, assumptions);
    for (const { widget: title } of FIGURES) {
      const [line] = cloudWatch.lines(body, widget(body, title), DAY);
      expect(value(line?.points ?? []), title).toBe(title === 'Successful sweeps' ? 0 : null);
    }
  }
});

test('the number of sweeps is 0 after a day without any, while the other figures are those of the day before', () => {
  const body = organizationDashboardBody(source('organization', REGIONS));
  const earlier = DATA.filter(({ at }) => at < TODAY - DAY);
  const cloudWatch = new CloudWatch(earlier, TODAY + 9 * 3600, { missing: 'left out', alignment: 'midnight' });
  const of = (title: string) => value(cloudWatch.lines(body, widget(body, title), DAY)[0]?.points ?? []);
  expect(of('Successful sweeps')).toBe(0);
  expect(of('Expired certificates')).toBe(sumOf(foundFrom(TODAY - 2 * DAY), 'CertificatesExpired'));
});

test('a Region without data changes no figure of central functions', () => {
  const body = dashboardBody(source('central', REGIONS));
  const one = DATA.filter(({ region }) => region === REGIONS[0]);
  for (const assumptions of ASSUMPTIONS) {
    const now = TODAY + 9 * 3600;
    const lines = new CloudWatch(one, now, assumptions).lines(body, widget(body, 'Days to the next expiry'), DAY);
    expect(value(lines[0]?.points ?? [])).toBe(minimumOf(foundFrom(periodOf(assumptions, now))));
  }
});

test('every dashboard keeps the periods of its widgets', () => {
  for (const [scope, body] of [
    ['account', dashboardBody],
    ['central', dashboardBody],
    ['organization', organizationDashboardBody],
  ] as const) {
    expect(body(source(scope, ['eu-west-1'])).periodOverride).toBe('inherit');
  }
});

test("metric math is evaluated as CloudWatch's user guide shows", () => {
  const series = { m1: [30, 20, 0, 0], m2: [20, null, 20, null], c: [1, 1, 0, 0, null], v: [30, null, 0, 0, 30] };
  const of = (id: string) => series[id as keyof typeof series];
  const result = (expression: string) => evaluate(expression, { of, times: [10, 20, 30, 40], missing: 'left out' });
  // "Comparison and logical operators"
  expect(result('m1 < m2')).toEqual([0, 0, 1, 0]);
  expect(result('m1 >= 30')).toEqual([1, 0, 0, 0]);
  expect(result('m1 > 15 AND m2 > 15')).toEqual([1, 0, 0, 0]);
  // "Using IF expressions": without a third argument
  expect(result('IF(c, v)')).toEqual([30, 0, null, null, null]);
  // "Basic arithmetic functions": missing is 0, and a division by 0 drops the data point.
  expect(result('m1 + m2')).toEqual([50, 20, 20, 0]);
  expect(result('100 * m2 / m1')).toEqual([expect.closeTo(66.67, 2), 0, null, null]);
  expect(result('FILL(m2, REPEAT)')).toEqual([20, 20, 20, 20]);
  expect(result('FILL(m2, -1)')).toEqual([20, -1, 20, -1]);
  expect(result('IF(EPOCH(m2) < MAX(EPOCH(m2)), m1)')).toEqual([30, 20, 0, null]);
  expect(result('SUM([m1, m2])')).toEqual([50, 20, 20, 0]);
  expect(() => result('REGEX(m1)')).toThrow('unsupported function');
});
