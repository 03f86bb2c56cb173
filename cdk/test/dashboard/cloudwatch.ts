import type { MetricLine } from '../../lib/dashboard/dashboard-sources';
import type { DashboardBody, Widget } from '../../lib/dashboard/widgets';
import { type Context, evaluate, type Series, type Value } from './metric-math';

/** A data point of a metric with one dimension. */
export interface DataPoint {
  readonly account: string;
  readonly region: string;

  /** When it was written, in seconds. */
  readonly at: number;
  readonly namespace: string;
  readonly dimension: string;
  readonly metric: string;
  readonly value: number;
}

/** What AWS's documentation leaves open. No figure may depend on it. */
export interface Assumptions {
  readonly missing: Context['missing'];

  /** Whether the periods of a day begin at midnight UTC, or at the beginning of the time range. */
  readonly alignment: 'midnight' | 'start';
}

/** A line of a widget, with its values at consecutive times. */
export interface Line {
  readonly label: string;
  readonly points: Series;
}

const sum = (values: readonly number[]) => values.reduce((total, value) => total + value, 0);
const minimum = (values: readonly number[]) => Math.min(...values);
const maximum = (values: readonly number[]) => Math.max(...values);

/** The statistics of CloudWatch, and the functions of Metrics Insights. */
const STATISTICS: Readonly<Record<string, (values: readonly number[]) => number>> = {
  Sum: sum,
  SUM: sum,
  Minimum: minimum,
  MIN: minimum,
  Maximum: maximum,
  MAX: maximum,
};

const QUERY =
  /^SELECT (\w+)\((\w+)\) FROM SCHEMA\("([\w/-]+)", \w+\) WHERE \w+ = '([\w+-]+)'(?: GROUP BY (AWS\.AccountId) ORDER BY (\w+)\(\) (ASC|DESC) LIMIT (\d+))?$/;

/** CloudWatch with data points, as it draws a dashboard at an instant. */
export class CloudWatch {
  constructor(
    private readonly data: readonly DataPoint[],
    private readonly now: number,
    private readonly assumptions: Assumptions,
  ) {}

  /**
   * Returns the lines of a widget.
   *
   * @param range - the time range that is selected for the dashboard, in seconds
   */
  lines({ periodOverride }: Pick<DashboardBody, 'periodOverride'>, widget: Widget, range: number): Line[] {
    const properties = widget.properties as Properties;
    const seconds = properties.start === undefined ? range : secondsOf(properties.start);
    const values = new Map<string, Value>();
    const names = new Map<string, readonly string[]>();
    const shown: Line[] = [];
    for (const line of properties.metrics) {
      const options = line.at(-1) as Options;
      const period = periodOverride === 'inherit' ? (options.period ?? properties.period) : automatic(seconds);
      const times = this.times(seconds, period);
      const region = options.region ?? properties.region;
      const { expression } = options;
      let value: Value;
      if (expression === undefined) {
        const [namespace, metric, , dimension] = line as string[];
        const of = (it: DataPoint) =>
          it.namespace === namespace && it.metric === metric && it.dimension === dimension && it.region === region;
        value = this.series(this.data.filter(of), times, period, STATISTICS[options.stat ?? ''] ?? unsupported);
      } else if (expression.startsWith('SELECT ')) {
        const groups = this.query(expression, region, times, period);
        names.set(
          options.id,
          groups.map(({ label }) => label),
        );
        value = groups.length === 1 && groups[0]?.label === '' ? groups[0].points : groups.map(({ points }) => points);
      } else {
        const of = (id: string) => values.get(id) ?? missingLine(id);
        value = evaluate(expression, { of, times, missing: this.assumptions.missing });
        const [, source = ''] = /(\w+), REPEAT\)$/.exec(expression) ?? [];
        names.set(options.id, names.get(source) ?? []);
      }
      values.set(options.id, value);
      if (options.visible !== false) {
        shown.push(...linesOf(value, options.label ?? '', names.get(options.id) ?? []));
      }
    }
    return shown;
  }

  private query(expression: string, region: string, times: readonly number[], period: number): Line[] {
    const [, name = '', metric, namespace, dimension, grouped, order, direction, limit] = QUERY.exec(expression) ?? [];
    const statistic = STATISTICS[name] ?? unsupported;
    const matching = this.data.filter(
      (it) => it.namespace === namespace && it.metric === metric && it.dimension === dimension && it.region === region,
    );
    if (grouped === undefined) {
      return [{ label: '', points: this.series(matching, times, period, statistic) }];
    }
    const accounts = [...new Set(matching.map(({ account }) => account))].sort();
    const groups = accounts.map((account) => {
      const own = matching.filter((it) => it.account === account);
      return { label: account, points: this.series(own, times, period, statistic) };
    });
    const key = ({ points }: Line) =>
      (STATISTICS[order ?? ''] ?? unsupported)(points.filter((it): it is number => it !== null));
    const sign = direction === 'ASC' ? 1 : -1;
    return groups
      .filter(({ points }) => points.some((it) => it !== null))
      .sort((one, other) => sign * (key(one) - key(other)))
      .slice(0, Number(limit));
  }

  private times(range: number, period: number): number[] {
    const start = this.now - range;
    const first = this.assumptions.alignment === 'start' ? start : Math.floor(start / period) * period;
    return Array.from({ length: Math.ceil((this.now - first) / period) }, (_, index) => first + index * period);
  }

  private series(
    data: readonly DataPoint[],
    times: readonly number[],
    period: number,
    statistic: (values: readonly number[]) => number,
  ): Series {
    const first = times[0] ?? 0;
    const periods: number[][] = times.map(() => []);
    for (const { at, value } of data) {
      if (at <= this.now) {
        periods[Math.floor((at - first) / period)]?.push(value);
      }
    }
    return periods.map((values) => (values.length === 0 ? null : statistic(values)));
  }
}

interface Properties {
  readonly metrics: readonly MetricLine[];
  readonly period: number;
  readonly region: string;
  readonly start?: string;
}

interface Options {
  readonly id: string;
  readonly expression?: string;
  readonly label?: string;
  readonly period?: number;
  readonly region?: string;
  readonly stat?: string;
  readonly visible?: boolean;
}

function linesOf(value: Value, label: string, names: readonly string[]): Line[] {
  if (typeof value === 'number') {
    throw new Error(`${label}: the final result of an expression is not a scalar`);
  }
  const all = (value.length > 0 && Array.isArray(value[0]) ? value : [value]) as readonly Series[];
  // "In the format Expression-Label Metric-Label".
  return all.map((points, index) => ({
    label: [label, names[index] ?? ''].filter((it) => it !== '').join(' '),
    points,
  }));
}

/**
 * Returns the period that CloudWatch chooses for a time range without `periodOverride`: short
 * enough for a graph. The console's are 1 minute up to 3 hours, 5 minutes up to a day, and an hour
 * up to two weeks.
 */
function automatic(range: number): number {
  return range <= 3 * 3600 ? 60 : range <= 86_400 ? 300 : range <= 15 * 86_400 ? 3600 : 21_600;
}

function secondsOf(start: string): number {
  const [, days, hours] = /^-P(?:(\d+)D|T(\d+)H)$/.exec(start) ?? [];
  if (days === undefined && hours === undefined) {
    throw new Error(`${start}: unsupported start`);
  }
  return days === undefined ? Number(hours) * 3600 : Number(days) * 86_400;
}

function unsupported(): number {
  throw new Error('unsupported statistic or query');
}

function missingLine(id: string): never {
  throw new Error(`no previous line has the id ${id}`);
}
