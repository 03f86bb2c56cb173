import type { Duration } from 'aws-cdk-lib';
import { Metric } from 'aws-cdk-lib/aws-cloudwatch';
import type { Frequency } from '../rule/config-rules';
import { CHECKS, chosenChecks, type RuleParameters } from '../rule/rule-parameters';

/** The namespace of the function's metrics. */
export const NAMESPACE = 'stagecert';

/** The one dimension: which checks the numbers are of. */
export const DIMENSION = 'Checks';

/** Its value for a rule: `all`, or the codes in the order of the documentation, joined by `+`. */
export function checksOf(parameters: RuleParameters): string {
  const chosen = CHECKS.filter((check) => chosenChecks(parameters).includes(check));
  return chosen.length === CHECKS.length ? 'all' : chosen.join('+');
}

/** How many hours lie between two sweeps. */
export const HOURS: Readonly<Record<Frequency, number>> = {
  One_Hour: 1,
  Three_Hours: 3,
  Six_Hours: 6,
  Twelve_Hours: 12,
  TwentyFour_Hours: 24,
};

/** A metric of the function, of one rule. */
export function metricOf(name: string, checks: string, statistic: string, period: Duration): Metric {
  return new Metric({
    namespace: NAMESPACE,
    metricName: name,
    dimensionsMap: { [DIMENSION]: checks },
    statistic,
    period,
  });
}

/** The operations that make up nearly all calls. */
export const CALLS = [
  'SelectResourceConfig',
  'GetComplianceDetailsByConfigRule',
  'GetClientCertificates',
  'GetExport',
  'DescribeCertificate',
  'GetResources',
  'PutEvaluations',
];
