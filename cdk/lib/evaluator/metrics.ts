import type { Duration } from 'aws-cdk-lib';
import { Metric } from 'aws-cdk-lib/aws-cloudwatch';
import type { Frequency } from '../rule/frequency';
import type { FrontDoorParameters } from '../rule/front-door';
import { CHECKS, type RuleParameters, selectedChecks } from '../rule/rule-parameters';

/** The only dimension: the checks that a metric covers. */
export const DIMENSION = 'Checks';

/**
 * Returns a rule's dimension value: `all`, or the check codes in documentation order, joined by
 * `+`.
 */
export function checksDimension(parameters: RuleParameters): string {
  const selected = CHECKS.filter((check) => selectedChecks(parameters).includes(check));
  return selected.length === CHECKS.length ? 'all' : selected.join('+');
}

/** Returns the dimension value of the rule for the front door: its check codes, joined by `+`. */
export const frontDoorDimension = ({ checks }: FrontDoorParameters) => checks.join('+');

/** The hours between two sweeps. */
export const SWEEP_HOURS: Readonly<Record<Frequency, number>> = {
  One_Hour: 1,
  Three_Hours: 3,
  Six_Hours: 6,
  Twelve_Hours: 12,
  TwentyFour_Hours: 24,
};

/** Returns one of the function's own metrics, for one rule. */
export function functionMetric(
  namespace: string,
  name: string,
  checks: string,
  statistic: string,
  period: Duration,
): Metric {
  return new Metric({
    namespace,
    metricName: name,
    dimensionsMap: { [DIMENSION]: checks },
    statistic,
    period,
  });
}

/** The operations that account for nearly all calls. */
export const CALLED_OPERATIONS = [
  'SelectResourceConfig',
  'GetComplianceDetailsByConfigRule',
  'GetClientCertificates',
  'GetExport',
  'DescribeCertificate',
  'GetResources',
  'PutEvaluations',
];

/** Which metrics the function writes. */
export type MetricsLevel = 'full' | 'few' | 'none';

/**
 * The metrics that the function writes with `metrics: few`. A test compares them with its source.
 */
export const FEW_METRICS: readonly string[] = [
  'SweepsSucceeded',
  'StagesEvaluated',
  'StagesNonCompliant',
  'StagesWithValidCertificate',
  'StagesWithoutValidCertificate',
  'CertificatesExpired',
  'CertificatesWithin30Days',
  'DaysToNextExpiry',
  'SecurityHubNotEnabled',
];

/** Returns whether the function writes a metric. */
export function isWritten(level: MetricsLevel, metric: string): boolean {
  return level === 'full' || (level === 'few' && FEW_METRICS.includes(metric));
}
