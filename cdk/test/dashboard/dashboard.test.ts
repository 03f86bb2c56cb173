import { describe, expect, test } from 'vitest';
import type { MetricLine } from '../../lib/dashboard/dashboard-sources';
import { CONFIGURATIONS, resources } from '../fixtures';
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

  test('the key figures come first', () => {
    const titles = widgets.filter(({ y }) => y === 2).map(({ properties }) => (properties as { title: string }).title);
    expect(titles).toEqual([
      'Stages with a certificate',
      'Expired or expiring certificates',
      'Days to next expiry',
      'Stages with an owner',
    ]);
  });
});

test('the sample data contains exactly the metrics that the dashboards show', () => {
  const shown = new Set(
    JSON.stringify(Object.values(bodies)).match(/(?<=MetricName=\\+"|"(?:stagecert|AWS\/SQS|AWS\/Lambda)",")\w+/g) ??
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
