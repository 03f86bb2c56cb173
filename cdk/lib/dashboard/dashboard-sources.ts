import { Aws } from 'aws-cdk-lib';
import { checksDimension, DIMENSION, isWritten, type MetricsLevel, SWEEP_HOURS } from '../evaluator/metrics';
import { DeploymentNames } from '../names';
import { type RuleSettings, ruleDefinitions } from '../rule/config-rules';
import { type Check, selectedChecks } from '../rule/rule-parameters';

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

/** How metrics of several Regions and accounts are combined. */
type Aggregation = 'SUM' | 'MIN';

/** Returns the metrics of a stack's own account and Region. */
export const inThisRegion = (rule: RuleSettings, metrics: MetricsLevel): MetricSource => ({
  scope: 'account',
  regions: [Aws.REGION],
  rule,
  metrics,
});

/** Returns a metric of one check, from the rule that has the check. */
export function checkMetric(
  source: MetricSource,
  check: Check,
  name: string,
  id: string,
  aggregation: Aggregation = 'SUM',
): MetricLine[] {
  const definition = ruleDefinitions(source.rule).find(({ parameters }) => selectedChecks(parameters).includes(check));
  return definition === undefined
    ? []
    : functionMetric(source, name, checksDimension(definition.parameters), id, aggregation);
}

/** Returns a metric that every rule has; with several rules, their sum. */
export function ruleMetric(source: MetricSource, name: string, id: string): MetricLine[] {
  const dimensions = ruleDefinitions(source.rule).map(({ parameters }) => checksDimension(parameters));
  if (dimensions.length <= 1) {
    return dimensions.flatMap((checks) => functionMetric(source, name, checks, id, 'SUM'));
  }
  if (!isWritten(source.metrics, name)) {
    return [];
  }
  const ids = dimensions.map((_, index) => `${id}r${index}`);
  const lines = dimensions.flatMap((checks, index) => functionMetric(source, name, checks, ids[index] ?? '', 'SUM'));
  return [...lines, aggregated(ids, id, 'SUM')];
}

/** Returns a metric that has the same value for every rule, from the first rule. */
export function stageMetric(source: MetricSource, name: string, id: string): MetricLine[] {
  const [first] = ruleDefinitions(source.rule);
  return first === undefined ? [] : functionMetric(source, name, checksDimension(first.parameters), id, 'SUM');
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
  const aggregation = statistic === 'Sum' ? 'SUM' : 'MAX';
  return perRegion(source, id, aggregation, (region, lineId, visible) => [
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

function functionMetric(
  source: MetricSource,
  name: string,
  checks: string,
  id: string,
  aggregation: Aggregation,
): MetricLine[] {
  if (!isWritten(source.metrics, name)) {
    return [];
  }
  // A central function writes one data point per account; an account's own function one per sweep.
  const statistic = aggregation === 'MIN' ? 'Minimum' : source.scope === 'central' ? 'Sum' : 'Maximum';
  return perRegion(source, id, aggregation, (region, lineId, visible) => [
    namespaceOf(source),
    name,
    DIMENSION,
    checks,
    metricOptions(source, { region, id: lineId, stat: statistic, visible }),
  ]);
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
  aggregation: string,
  line: (region: string, id: string, visible: boolean) => MetricLine,
): MetricLine[] {
  const [first, ...others] = regions;
  if (first !== undefined && others.length === 0) {
    return [line(first, id, true)];
  }
  const ids = regions.map((_, index) => `${id}x${index}`);
  return [...regions.map((region, index) => line(region, ids[index] ?? '', false)), aggregated(ids, id, aggregation)];
}

function aggregated(ids: readonly string[], id: string, aggregation: string): MetricLine {
  return [{ expression: `${aggregation}([${ids.join(', ')}])`, id, visible: true }];
}
