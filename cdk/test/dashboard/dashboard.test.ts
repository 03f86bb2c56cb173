import { describe, expect, test } from 'vitest';
import type { Line } from '../../lib/dashboard/dashboard-sources';
import { CONFIGURATIONS, resources } from '../fixtures';
import { dashboards } from './bodies';
import { page } from './draw';
import { drawn, KNOWN } from './numbers';

const bodies = dashboards();

test('there is one of an account, one over an organization, one over central functions', () => {
  expect(Object.keys(bodies)).toEqual(['account', 'organization', 'central']);
});

describe.each(Object.entries(bodies))('%s', (_, { widgets }) => {
  const metrics = widgets.flatMap(({ properties }) => (properties as { metrics?: Line[] }).metrics ?? []);

  test('widgets fill the grid of 24 columns and do not lie over each other', () => {
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

  test('each widget shows something: every metric is one that there is, every expression has its lines', () => {
    for (const { properties, type } of widgets) {
      if (type === 'metric') {
        const { metrics: lines, title } = properties as { metrics: Line[]; title: string };
        expect(drawn(lines).length, title).toBeGreaterThan(0);
      }
    }
    expect(page('dashboard', widgets)).not.toMatch(/undefined|NaN/);
  });

  test("an id is there once a widget, and is one that CloudWatch's metric math takes", () => {
    for (const { properties } of widgets) {
      const lines = (properties as { metrics?: Line[] }).metrics ?? [];
      const ids = lines.map((line) => (line.at(-1) as { id: string }).id);
      expect(new Set(ids).size).toBe(ids.length);
      for (const id of ids) {
        expect(id).toMatch(/^[a-z][a-zA-Z0-9_]*$/);
      }
    }
  });

  test('there are no more metrics than CloudWatch takes: 500 a widget, 2,500 a dashboard', () => {
    expect(metrics.length).toBeLessThan(500);
  });

  test('what a lead asks first is on top', () => {
    const titles = widgets.filter(({ y }) => y === 2).map(({ properties }) => (properties as { title: string }).title);
    expect(titles).toEqual([
      'API backends authenticated',
      'Certificates that end soon',
      'Next certificate',
      'Stages with an owner',
    ]);
  });
});

test('the sample holds each metric of the function that a dashboard shows, and no other', () => {
  const shown = new Set(
    JSON.stringify(Object.values(bodies)).match(/(?<=MetricName=\\+"|"(?:stagecert|AWS\/SQS|AWS\/Lambda)",")\w+/g) ??
      [],
  );
  const known = KNOWN.map((name) => name.replace('Lambda ', ''));
  expect([...shown].filter((name) => !known.includes(name))).toEqual([]);
  expect([...new Set(known)].filter((name) => !shown.has(name))).toEqual([]);
});

test('metrics of one rule a check are asked of the rule that has them', () => {
  const [{ widgets }] = [bodies.account ?? { widgets: [] }];
  const metrics = widgets.flatMap(({ properties }) => (properties as { metrics?: Line[] }).metrics ?? []);
  const checks = (name: string) =>
    new Set(metrics.filter((line) => line[0] === 'stagecert' && line[1] === name).map((line) => line[3]));
  expect(checks('NonCompliantCertificateExpiry')).toEqual(new Set(['certificate-expiry']));
  expect(checks('ShareWithOwner')).toEqual(new Set(['owner-tag']));
  expect(checks('SweepsSucceeded').size).toBe(4);
});

test('an account of a StackSet has a dashboard only if it is asked for', () => {
  const names = (name: string) =>
    resources(CONFIGURATIONS[name] ?? {}, 'AWS::CloudWatch::Dashboard').map(
      ({ Properties }) => Properties.DashboardName,
    );
  expect(names('stack-set, least')).toEqual(['stagecert-organization']);
  expect(names('stack-set, most')).toContainEqual({ 'Fn::Join': ['', ['stagecert-', { Ref: 'AWS::Region' }]] });
  expect(names('account, least')).toEqual([]);
  expect(names('conformance-pack, least')).toEqual([]);
});
