import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { MetricLine } from '../../lib/dashboard/dashboard-sources';
import { organizationDashboardBody } from '../../lib/dashboard/organization-dashboard';
import type { Widget } from '../../lib/dashboard/widgets';
import { FEW_METRICS } from '../../lib/evaluator/metrics';
import { VERSION } from '../../lib/version';
import { CONFIGURATIONS, resolved, resources, templatesOf } from '../fixtures';
import { dashboards } from './bodies';
import { page } from './draw';
import { drawn, KNOWN } from './numbers';

const bodies = dashboards();

test('there is a dashboard for each scope', () => {
  expect(Object.keys(bodies)).toEqual(['account', 'organization', 'central']);
});

describe.each(Object.entries(bodies))('%s', (_, { widgets }) => {
  const metrics = widgets.flatMap(({ properties }) => (properties as { metrics?: MetricLine[] }).metrics ?? []);

  test('widgets fill the grid of 24 columns without overlapping', () => {
    const taken = new Set<string>();
    for (const { x, y, width, height } of widgets) {
      expect(x + width).toBeLessThanOrEqual(24);
      for (let column = x; column < x + width; column += 1) {
        for (let row = y; row < y + height; row += 1) {
          expect(taken.has(`${column},${row}`), `${column},${row}`).toBe(false);
          taken.add(`${column},${row}`);
        }
      }
    }
    expect(taken.size % 24).toBe(0);
  });

  test('each widget shows existing metrics, and each expression refers to existing lines', () => {
    for (const { properties, type } of widgets) {
      if (type === 'metric') {
        const { metrics: lines, title } = properties as { metrics: MetricLine[]; title: string };
        expect(drawn(lines).length, title).toBeGreaterThan(0);
      }
    }
    expect(page('dashboard', widgets)).not.toMatch(/undefined|NaN/);
  });

  test('ids are unique within a widget and valid in metric math', () => {
    for (const { properties } of widgets) {
      const lines = (properties as { metrics?: MetricLine[] }).metrics ?? [];
      const ids = lines.map((line) => (line.at(-1) as { id: string }).id);
      expect(new Set(ids).size).toBe(ids.length);
      for (const id of ids) {
        expect(id).toMatch(/^[a-z][a-zA-Z0-9_]*$/);
      }
    }
  });

  test("the number of metrics is below CloudWatch's limits: 500 per widget, 2,500 per dashboard", () => {
    expect(metrics.length).toBeLessThan(500);
  });

  test('the heading has the version', () => {
    expect(JSON.stringify(widgets[0]?.properties)).toContain(`stagecert ${VERSION}.`);
  });
});

const titlesOf = ({ widgets }: { widgets: readonly Widget[] }) =>
  widgets.flatMap(({ properties }) => (properties as { title?: string }).title ?? []);

test('the key figures come first', () => {
  for (const scope of ['account', 'central']) {
    const first = (bodies[scope]?.widgets ?? []).filter(({ y }) => y === 2);
    expect(titlesOf({ widgets: first })).toEqual([
      'Stages with a valid certificate',
      'Expired or expiring certificates',
      'Days to the next expiry',
      'Stages with an owner',
    ]);
  }
});

/** Returns the organization's dashboard, as CloudWatch receives it. */
function organizationBody(more: { metrics?: 'full' | 'few' | 'none'; regions?: readonly string[] } = {}) {
  const rule = { name: 'stagecert', frequency: 'TwentyFour_Hours', rules: 'per-check', parameters: {} } as const;
  return organizationDashboardBody({
    scope: 'organization',
    regions: ['eu-west-1', 'us-east-1'],
    rule,
    metrics: 'full',
    ...more,
  });
}

/** The queries of the widgets, by their Region. */
const queriesOf = ({ widgets }: { widgets: readonly Widget[] }) =>
  widgets.flatMap(({ properties }) =>
    ((properties as { metrics?: MetricLine[] }).metrics ?? []).slice(0, 1).map(([options]) => options as Query),
  );

interface Query {
  readonly expression: string;
  readonly region: string;
}

test("the organization's figures are right above 500 accounts: one query for each, and no search", () => {
  const body = organizationBody();
  expect(JSON.stringify(body)).not.toContain('SEARCH');
  // CloudWatch returns two weeks of a query, and processes one query per widget.
  expect(body.start).toBe('-P14D');
  for (const { properties, type } of body.widgets) {
    if (type === 'metric') {
      const lines = (properties as { metrics: MetricLine[] }).metrics.map(([options]) => options as Query);
      expect(lines.filter(({ expression }) => expression.startsWith('SELECT '))).toHaveLength(1);
      expect(lines.length).toBeLessThanOrEqual(2);
    }
  }
  for (const { expression } of queriesOf(body)) {
    // One series in all, or ten series; each metric is in one query, and each account has one.
    expect(expression).toMatch(
      /^SELECT (SUM|MIN|MAX)\(\w+\) FROM SCHEMA\("[\w/]+", \w+\) WHERE \w+ = '[\w-]+'( GROUP BY AWS\.AccountId ORDER BY (SUM|MIN|MAX)\(\) (ASC|DESC) LIMIT 10)?$/,
    );
  }
  const first = queriesOf(body).filter(({ region }) => region === 'eu-west-1');
  expect(first.map(({ expression }) => expression)).toContain(
    'SELECT SUM(NonCompliantCertificateAttached) FROM SCHEMA("stagecert", Checks) WHERE Checks = \'certificate-attached\'',
  );
  expect(first.length).toBeGreaterThan(20);
  expect(queriesOf(body).length).toBe(2 * first.length);
});

test('the organization sees the sweeps of each day, and what finds the accounts without any', () => {
  const { widgets } = organizationBody();
  const coverage = widgets.filter(({ properties }) => JSON.stringify(properties).includes('sweeps per complete day,'));
  expect(coverage.map(({ properties }) => properties)).toMatchObject([
    { title: 'Successful sweeps per complete day, eu-west-1', region: 'eu-west-1', period: 86_400 },
    { title: 'Successful sweeps per complete day, us-east-1', region: 'us-east-1', period: 86_400 },
  ]);
  expect(JSON.stringify(widgets)).toContain('`make coverage` lists each account');
});

test('without metrics of sweeps, the dashboard asks no one to compare them', () => {
  const texts = (metrics: 'few' | 'none') => JSON.stringify(organizationBody({ metrics }).widgets);
  expect(texts('few')).toContain('Compare the number of sweeps');
  expect(texts('none')).not.toContain('Compare the number of sweeps');
  expect(texts('none')).toContain('`make coverage` lists each account');
});

test("a dashboard of all Regions has at most 500 widgets, CloudWatch's limit", () => {
  const regions = (count: number) => Array.from({ length: count }, (_, index) => `eu-west-${index + 1}`);
  for (const count of [1, 16, 17, 37]) {
    const body = organizationBody({ regions: regions(count) });
    expect(body.widgets.length, `${count}`).toBeLessThanOrEqual(500);
    expect(new Set(queriesOf(body).map(({ region }) => region)).size).toBe(count);
  }
});

test('with fewer metrics, each dashboard shows only those that are written', () => {
  for (const [name, stack] of [
    ['account, full', 'stagecert-eu-west-1'],
    ['stack-set, full', 'stagecert-dashboard'],
    ['conformance-pack, full', 'stagecert-dashboard'],
  ] as const) {
    for (const [metrics, allowed] of [
      ['few', FEW_METRICS],
      ['none', []],
    ] as const) {
      const template = templatesOf({ ...CONFIGURATIONS[name], metrics })[stack];
      const [dashboard] = Object.values(template?.Resources ?? {}).filter(
        ({ Type }) => Type === 'AWS::CloudWatch::Dashboard',
      );
      const body = resolved(dashboard?.Properties.DashboardBody);
      const shown = [...body.matchAll(/"stagecert","(\w+)"|\((\w+)\) FROM SCHEMA\(\\"stagecert/g)].map(
        ([, a, b]) => a ?? b,
      );
      expect([...new Set(shown)].filter((metric) => !(allowed as readonly string[]).includes(metric ?? ''))).toEqual(
        [],
      );
      expect(new Set(shown).size > 5, `${name}, ${metrics}`).toBe(metrics === 'few');
      expect(body, name).toContain('AWS/Lambda');
      expect(body).toContain(`\`metrics: ${metrics}\``);
    }
  }
});

test('the share of stages with a certificate is calculated if the function writes only counts', () => {
  const template = templatesOf({ ...CONFIGURATIONS['account, full'], metrics: 'few' })['stagecert-eu-west-1'];
  const [dashboard] = Object.values(template?.Resources ?? {}).filter(
    ({ Type }) => Type === 'AWS::CloudWatch::Dashboard',
  );
  expect(resolved(dashboard?.Properties.DashboardBody)).toContain('100 * scp / (scp + scq)');
});

test("a dashboard in another account than the central functions names the functions' account", () => {
  const configuration = { ...CONFIGURATIONS['conformance-pack, full'], dashboard: { account: '444444444444' } };
  const template = templatesOf(configuration)['stagecert-dashboard'];
  const [dashboard] = Object.values(template?.Resources ?? {});
  const { widgets } = JSON.parse(resolved(dashboard?.Properties.DashboardBody)) as { widgets: Widget[] };
  for (const { type, properties } of widgets) {
    const { metrics = [], accountId } = properties as { metrics?: MetricLine[]; accountId?: string };
    if (type === 'log') {
      expect(accountId).toBe('222222222222');
    }
    for (const line of metrics) {
      const options = line.at(-1) as { expression?: string; accountId?: string };
      expect(options.accountId).toBe(options.expression === undefined ? '222222222222' : undefined);
    }
  }
});

test("the metrics of `metrics: few` are the function's", () => {
  const source = readFileSync(join(__dirname, '../../../src/telemetry/metric.rs'), 'utf8');
  const [, few = ''] = /const FEW: \[Self; \d+\] = \[([^\]]*)\]/.exec(source) ?? [];
  expect([...few.matchAll(/Self::(\w+)/g)].map(([, name]) => name)).toEqual(FEW_METRICS);
});

test('the documentation defines each figure', () => {
  const page = readFileSync(join(__dirname, '../../../docs/metrics.md'), 'utf8');
  const defined = [...page.matchAll(/^\| ([^|]+) \|/gm)].map(([, cell]) => cell ?? '');
  let figures = 0;
  for (const { widgets } of [...Object.values(bodies), organizationBody()]) {
    for (const { properties, type } of widgets) {
      const { title = '', view } = properties as { title?: string; view?: string };
      if (type === 'log' || view === 'singleValue' || view === 'bar') {
        const [name = ''] = title.replace(/within \d+ days/, 'within 30, 60 or 90 days').split(/:|\(| per day/);
        const isDefined = defined.some((cell) => cell.includes(name.replace(/, [a-z]+-[a-z]+-\d$/, '').trim()));
        expect(isDefined, title).toBe(true);
        figures += 1;
      }
    }
  }
  expect(figures).toBeGreaterThan(40);
});

test('the sample data contains exactly the metrics that the dashboards show', () => {
  const shown = new Set(
    JSON.stringify(Object.values(bodies)).match(/(?<=SELECT [A-Z]{3}\(|"(?:stagecert|AWS\/SQS|AWS\/Lambda)",")\w+/g) ??
      [],
  );
  const known = KNOWN.map((name) => name.replace('Lambda ', ''));
  expect([...shown].filter((name) => !known.includes(name))).toEqual([]);
  expect([...new Set(known)].filter((name) => !shown.has(name))).toEqual([]);
});

test('with one rule per check, metrics come from the rule that has the check', () => {
  const [{ widgets }] = [bodies.account ?? { widgets: [] }];
  const metrics = widgets.flatMap(({ properties }) => (properties as { metrics?: MetricLine[] }).metrics ?? []);
  const checks = (name: string) =>
    new Set(metrics.filter((line) => line[0] === 'stagecert' && line[1] === name).map((line) => line[3]));
  expect(checks('NonCompliantCertificateExpiry')).toEqual(new Set(['certificate-expiry']));
  expect(checks('ShareWithOwner')).toEqual(new Set(['owner-tag']));
  expect(checks('ShareWithValidCertificate')).toEqual(new Set(['certificate-attached']));
  expect(checks('SweepsSucceeded').size).toBe(4);
});

test('with a StackSet, each account has a dashboard only if that is enabled', () => {
  const names = (name: string) =>
    resources(CONFIGURATIONS[name] ?? {}, 'AWS::CloudWatch::Dashboard').map(
      ({ Properties }) => Properties.DashboardName,
    );
  expect(names('stack-set, minimal')).toEqual(['stagecert-organization']);
  expect(names('stack-set, full')).toContainEqual({ 'Fn::Join': ['', ['stagecert-', { Ref: 'AWS::Region' }]] });
  expect(names('account, minimal')).toEqual([]);
  expect(names('conformance-pack, minimal')).toEqual([]);
});
