import { DeploymentNames } from '../names';
import type { Check } from '../rule/rule-parameters';
import { VERSION } from '../version';
import { type MetricLine, type MetricSource, periodName, sweepPeriod } from './dashboard-sources';

/** A widget in a CloudWatch dashboard body. */
export interface Widget {
  readonly type: 'metric' | 'text' | 'log';
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
  readonly properties: object;
}

/** The body of a CloudWatch dashboard. */
export interface DashboardBody {
  readonly start: string;

  /**
   * Keeps the period of each widget. By default, CloudWatch chooses periods that suit the time
   * range, and the sum of a shorter or longer period than that of the sweeps is not a number of
   * anything.
   */
  readonly periodOverride: 'inherit';
  readonly widgets: Widget[];
}

/** A widget without its position. */
export type Cell = Pick<Widget, 'type' | 'properties'>;

/** A row of cells, with their height. */
export type Row = readonly [height: number, ...cells: Cell[]];

/**
 * The number of Regions up to which there is room for details: a dashboard has at most 500 widgets.
 */
export const MAX_DETAILED_REGIONS = 16;

/** The columns of a CloudWatch dashboard. */
const COLUMNS = 24;

export const RED = '#d13212';
export const ORANGE = '#ff7f0e';
export const YELLOW = '#dfb52c';
export const GREEN = '#1d8102';
export const BLUE = '#1f77b4';
export const PURPLE = '#9467bd';
export const GRAY = '#7f7f7f';

/** The metric and color of NON_COMPLIANT stages by check. */
export const NON_COMPLIANT_METRICS: Readonly<Record<Check, readonly [metric: string, color: string]>> = {
  'certificate-attached': ['NonCompliantCertificateAttached', PURPLE],
  'certificate-expiry': ['NonCompliantCertificateExpiry', RED],
  'certificate-unique': ['NonCompliantCertificateUnique', ORANGE],
  'owner-tag': ['NonCompliantOwnerTag', BLUE],
};

/**
 * Returns the body of a dashboard. Cells without metrics and rows without cells are left out; the
 * other cells of a row share its width.
 */
export function layOut(start: string, rows: readonly Row[]): DashboardBody {
  const widgets: Widget[] = [];
  let y = 0;
  for (const [height, ...all] of rows) {
    const cells = all.filter(hasContent);
    cells.forEach((cell, index) => {
      const x = Math.floor((COLUMNS * index) / cells.length);
      const width = Math.floor((COLUMNS * (index + 1)) / cells.length) - x;
      widgets.push({ ...cell, x, y, width, height });
    });
    y += cells.length === 0 ? 0 : height;
  }
  return { start, periodOverride: 'inherit', widgets };
}

const hasContent = ({ type, properties }: Cell) =>
  type !== 'metric' || (properties as { metrics: readonly MetricLine[] }).metrics.length > 0;

/** Returns a text widget. */
export const text = (markdown: string): Cell => ({ type: 'text', properties: { markdown, background: 'transparent' } });

/** Returns the heading of a dashboard. */
export function headingOf(source: MetricSource, places: string): string {
  const period = periodName(source);
  const basis =
    source.scope === 'account'
      ? `Figures are from the last sweep that succeeded; a sweep runs every ${period}.`
      : `Figures are the totals of the last complete ${period} (UTC), in which each account is swept once; only sweeps that succeed count.`;
  const values = {
    full: basis,
    few: `${basis} With \`metrics: few\`, there are only key figures.`,
    none: 'With `metrics: none`, there are only the metrics of AWS Lambda and Amazon SQS.',
  }[source.metrics];
  const rules = new DeploymentNames(source.rule.name).rule('...');
  return `# API Gateway client certificates\n${places}. stagecert ${VERSION}. ${values} For individual results, see rules ${rules} in AWS Config.`;
}

/** Returns a widget with metrics. */
export function metric(source: MetricSource, title: string, metrics: readonly MetricLine[], more: object = {}): Cell {
  const [region] = source.regions;
  return { type: 'metric', properties: { title, region, period: sweepPeriod(source), metrics, ...more } };
}

/** The properties of a graph. */
export const graph = { view: 'timeSeries', stacked: false, yAxis: { left: { min: 0, showUnits: false } } };

/** How many sweep periods a figure is shown without a new value. */
const PERIODS_OF_A_FIGURE = 4;

/**
 * Returns the properties of a number. It has its own time range, so the one that is selected for
 * the dashboard doesn't change it.
 */
export const number = (source: MetricSource) => ({
  view: 'singleValue',
  sparkline: false,
  setPeriodToTimeRange: false,
  start: timeRange(source, PERIODS_OF_A_FIGURE),
});

/** Returns the `start` of a widget that covers a number of sweep periods. */
export const timeRange = (source: MetricSource, periods: number) => `-PT${(periods * sweepPeriod(source)) / 3600}H`;

/** Returns the values in rows of `size`. */
export function chunks<T>(values: readonly T[], size: number): T[][] {
  return Array.from({ length: Math.ceil(values.length / size) }, (_, index) =>
    values.slice(index * size, (index + 1) * size),
  );
}
