import { Aws } from 'aws-cdk-lib';
import {
  checksDimension,
  DIMENSION,
  frontDoorDimension,
  isWritten,
  type MetricsLevel,
  SWEEP_HOURS,
} from '../evaluator/metrics';
import { DeploymentNames } from '../names';
import { type RuleSettings, ruleDefinitions } from '../rule/config-rules';
import { frontDoorRule } from '../rule/front-door';
import { type Check, selectedChecks } from '../rule/rule-parameters';
import { hasMinimum, lastComplete, lastSweep, minimum, sum } from './figures';

/** One entry of a widget's `metrics` in a CloudWatch dashboard body. */
export type MetricLine = readonly unknown[];

/** The metrics that a dashboard shows. */
export interface MetricSource {
  /**
   * The scope of the metrics:
   *
   * - `account`: one account and Region.
   * - `central`: central functions, each of which covers all accounts in its Region.
   * - `organization`: every account, through CloudWatch's cross-account observability.
   */
  readonly scope: 'account' | 'central' | 'organization';
  readonly regions: readonly string[];
  readonly rule: RuleSettings;

  /** Which metrics the function writes. */
  readonly metrics: MetricsLevel;

  /**
   * The account of the functions.
   *
   * @default - the account of the dashboard
   */
  readonly account?: string | undefined;
}

/** How the values of several accounts and Regions are combined. */
type Aggregation = 'SUM' | 'MIN';

/** Returns the metrics of a stack's own account and Region. */
export const inThisRegion = (rule: RuleSettings, metrics: MetricsLevel): MetricSource => ({
  scope: 'account',
  regions: [Aws.REGION],
  rule,
  metrics,
});

/** Returns a figure of one check, from the rule that has the check. */
export function checkFigure(
  source: MetricSource,
  check: Check,
  name: string,
  id: string,
  aggregation: Aggregation = 'SUM',
): MetricLine[] {
  const definition = ruleDefinitions(source.rule).find(({ parameters }) => selectedChecks(parameters).includes(check));
  return definition === undefined ? [] : figure(source, name, checksDimension(definition.parameters), id, aggregation);
}

/** Returns a figure that has the same value for every rule, from the first rule. */
export function stageFigure(source: MetricSource, name: string, id: string): MetricLine[] {
  const [first] = ruleDefinitions(source.rule);
  return first === undefined ? [] : figure(source, name, checksDimension(first.parameters), id, 'SUM');
}

/** Returns the number of what the sweeps of all rules did in each period. */
export function sweepCount(source: MetricSource, name: string, id: string): MetricLine[] {
  if (!isWritten(source.metrics, name)) {
    return [];
  }
  const dimensions = ruleDefinitions(source.rule).map(({ parameters }) => checksDimension(parameters));
  const of = (checks: string, lineId: string) =>
    perRegion(source, lineId, sum, (region, regionId, visible) =>
      sweepMetric(source, name, checks, { region, id: regionId, stat: 'Sum', visible }),
    );
  if (dimensions.length <= 1) {
    return dimensions.flatMap((checks) => of(checks, id));
  }
  const ids = dimensions.map((_, index) => `${id}r${index}`);
  return [...dimensions.flatMap((checks, index) => of(checks, ids[index] ?? '')), [{ expression: sum(ids), id }]];
}

/** Returns the number of sweeps of the front door in each period, if there is a rule for it. */
export function frontDoorSweeps(source: MetricSource, id: string): MetricLine[] {
  const name = 'SweepsSucceeded';
  const rule = frontDoorRule(source.rule);
  if (rule === undefined || !isWritten(source.metrics, name)) {
    return [];
  }
  const checks = frontDoorDimension(rule.parameters);
  return perRegion(source, id, sum, (region, regionId, visible) =>
    sweepMetric(source, name, checks, { region, id: regionId, stat: 'Sum', visible }),
  );
}

/** Returns a metric of Lambda or SQS about the function. */
export function serviceMetric(
  source: MetricSource,
  namespace: 'AWS/Lambda' | 'AWS/SQS',
  name: string,
  statistic: string,
  id: string,
) {
  const names = new DeploymentNames(source.rule.name);
  const [dimension, value] =
    namespace === 'AWS/Lambda' ? ['FunctionName', names.function] : ['QueueName', names.failedEvents];
  const combined = statistic === 'Sum' ? sum : (ids: readonly string[]) => `MAX([${ids.join(', ')}])`;
  return perRegion(source, id, combined, (region, lineId, visible) => [
    namespace,
    name,
    dimension,
    value,
    metricOptions(source, { region, id: lineId, stat: statistic, period: 3600, visible }),
  ]);
}

/** Returns a line that shows the value of an expression. */
export const calculated = (expression: string, label: string, id: string, more: object = {}): MetricLine => [
  { expression, label, id, ...more },
];

/** Returns the lines with only the line of this id visible; without a label, all are hidden. */
export function labeled(
  lines: readonly MetricLine[],
  id: string,
  label: string | undefined,
  more: object = {},
): MetricLine[] {
  return lines.map((line) => {
    const options = line.at(-1) as { id?: string; visible?: boolean };
    const visible = options.id === id && label !== undefined;
    const { visible: _, ...rest } = options;
    return [...line.slice(0, -1), visible ? { ...rest, label, ...more } : { ...rest, visible: false }];
  });
}

/** Returns the namespace of the function's metrics. */
export const namespaceOf = ({ rule }: MetricSource) => new DeploymentNames(rule.name).metricNamespace;

/** Returns the period from one sweep to the next, in seconds. */
export const sweepPeriod = ({ rule }: MetricSource) => SWEEP_HOURS[rule.frequency] * 3600;

/** Returns the name of that period, such as `day`. */
export function periodName({ rule }: Pick<MetricSource, 'rule'>): string {
  const hours = SWEEP_HOURS[rule.frequency];
  return hours === 24 ? 'day' : hours === 1 ? 'hour' : `${hours} hours`;
}

/**
 * Returns the label of a figure. A figure about several accounts names the period that it is about.
 */
export const labelOf = (source: MetricSource, label: string) =>
  source.scope === 'account' ? label : `${label}, last complete ${periodName(source)}`;

/**
 * Returns a figure about stages or certificates: of an account's last sweep, or of all accounts in
 * the last complete period.
 */
function figure(
  source: MetricSource,
  name: string,
  checks: string,
  id: string,
  aggregation: Aggregation,
): MetricLine[] {
  if (!isWritten(source.metrics, name)) {
    return [];
  }
  const metricId = `${id}m`;
  const isMinimum = aggregation === 'MIN';
  if (source.scope === 'account') {
    // In the shortest period that CloudWatch keeps for longer than two months, so that the sweep
    // before has no influence.
    const [region = ''] = source.regions;
    const options = { region, id: metricId, stat: isMinimum ? 'Minimum' : 'Maximum', period: 3600, visible: false };
    return [sweepMetric(source, name, checks, options), [{ expression: lastSweep(metricId), id, period: 3600 }]];
  }
  // A central function writes one data point per account.
  const stat = isMinimum ? 'Minimum' : 'Sum';
  const lines = perRegion(source, metricId, isMinimum ? minimum : sum, (region, regionId) =>
    sweepMetric(source, name, checks, { region, id: regionId, stat, visible: false }),
  );
  const hasData = isMinimum && source.regions.length > 1 ? hasMinimum(metricId) : undefined;
  return [...lines, [{ expression: lastComplete(metricId, hasData), id }]];
}

function sweepMetric(
  source: MetricSource,
  name: string,
  checks: string,
  options: Parameters<typeof metricOptions>[1],
): MetricLine {
  return [namespaceOf(source), name, DIMENSION, checks, metricOptions(source, options)];
}

/** Returns the options of a line. The widget sets the Region of an account's own metrics. */
function metricOptions(
  { scope, account }: MetricSource,
  { region, ...options }: { region: string; id: string; stat: string; visible: boolean; period?: number },
) {
  const owner = account === undefined ? {} : { accountId: account };
  return scope === 'account' ? options : { ...options, ...owner, region };
}

function perRegion(
  { regions }: MetricSource,
  id: string,
  combined: (ids: readonly string[]) => string,
  line: (region: string, id: string, visible: boolean) => MetricLine,
): MetricLine[] {
  const [first, ...others] = regions;
  if (first !== undefined && others.length === 0) {
    return [line(first, id, true)];
  }
  const ids = regions.map((_, index) => `${id}x${index}`);
  return [
    ...regions.map((region, index) => line(region, ids[index] ?? '', false)),
    [{ expression: combined(ids), id, visible: true }],
  ];
}
