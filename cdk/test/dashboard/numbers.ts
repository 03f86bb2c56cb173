import type { MetricLine } from '../../lib/dashboard/dashboard-sources';
import { evaluate, type Series, type Value } from './metric-math';

/** A line of a graph with its data points. */
export interface Drawn {
  readonly label: string;
  readonly color?: string | undefined;
  readonly points: Series;

  /** Whether the line uses the right axis. */
  readonly right?: boolean;
}

export const DAYS = 30;

const days = (at: (day: number) => number): Series => Array.from({ length: DAYS }, (_, day) => at(day));
const falling = (from: number, to: number) => days((day) => Math.round(from + ((to - from) * day) / (DAYS - 1)));

/** A month of metrics of a typical account: compliance improves, and a certificate expires. */
const SAMPLE: Readonly<Record<string, Series>> = {
  StagesEvaluated: falling(118, 126),
  StagesNonCompliant: falling(61, 27),
  StagesNotApplicable: falling(40, 42),
  NonCompliantCertificateAttached: falling(34, 11),
  NonCompliantCertificateExpiry: days((day) => (day < 10 ? 6 : day < 22 ? 9 : 7)),
  NonCompliantCertificateUnique: days((day) => (day < 16 ? 8 : 4)),
  NonCompliantOwnerTag: falling(41, 19),
  StagesWithValidCertificate: falling(44, 73),
  StagesWithoutValidCertificate: falling(34, 11),
  StagesWithOwner: falling(37, 65),
  ShareWithValidCertificate: days((day) => Math.round(564 + 10.7 * day) / 10),
  ShareWithOwner: days((day) => Math.round(474 + 10.2 * day) / 10),
  CertificatesExpired: days((day) => (day < 24 ? 0 : 1)),
  CertificatesWithin30Days: days((day) => (day < 12 ? 2 : 4)),
  CertificatesWithin60Days: days((day) => (day < 12 ? 7 : 9)),
  CertificatesWithin90Days: days((day) => (day < 18 ? 12 : 14)),
  DaysToNextExpiry: days((day) => (day < 24 ? 24 - day : 41 - day)),
  SweepsSucceeded: days((day) => (day === 17 ? 0 : 1)),
  SecurityHubNotEnabled: days((day) => (day === 17 ? 1 : 0)),
  Throttles: days((day) => (day === 17 ? 42 : day % 9 === 0 ? 3 : 0)),
  CallsSelectResourceConfig: days(() => 5),
  CallsGetComplianceDetailsByConfigRule: days(() => 2),
  CallsGetClientCertificates: days(() => 1),
  CallsGetExport: days((day) => (day % 5 === 0 ? 9 : 2)),
  CallsDescribeCertificate: days(() => 3),
  CallsGetResources: days(() => 2),
  CallsPutEvaluations: days((day) => (day % 7 === 1 ? 0 : 1)),
  Errors: days((day) => (day === 17 ? 3 : 0)),
  'Lambda Throttles': days((day) => (day === 8 ? 6 : 0)),
  ApproximateNumberOfMessagesVisible: days((day) => (day >= 17 && day < 19 ? 1 : 0)),
  Invocations: days((day) => 20 + ((day * 7) % 13)),
  Duration: days((day) => 2100 + ((day * 311) % 900) + (day === 17 ? 9000 : 0)),
};

/** The metrics with sample data: those of the function, Lambda and SQS. */
export const KNOWN = Object.keys(SAMPLE);

const TIMES = days((day) => day) as readonly number[];

/** The accounts of a query with GROUP BY. */
const SAMPLE_ACCOUNTS = ['111111111111', '333333333333', '444444444444', '555555555555'];

/** Returns the visible lines of a widget's `metrics`, evaluated with the sample data. */
export function drawn(metrics: readonly MetricLine[]): Drawn[] {
  const byId = new Map<string, Value>();
  const shown: Drawn[] = [];
  for (const line of metrics) {
    const options = line.at(-1) as Record<string, unknown>;
    const expression = options.expression as string | undefined;
    const name =
      expression === undefined
        ? `${line[0] === 'AWS/Lambda' && line[1] === 'Throttles' ? 'Lambda ' : ''}${line[1]}`
        : '';
    const value = expression === undefined ? sampleOf(`MetricName="${name}"`) : evaluated(expression, byId);
    byId.set(options.id as string, value);
    if (options.visible !== false) {
      const label = (options.label as string | undefined) ?? name;
      const isGrouped = Array.isArray(value) && Array.isArray(value[0]);
      const all = (isGrouped ? value : [value]) as readonly Series[];
      all.forEach((points, index) => {
        shown.push({
          label: isGrouped ? `${label} ${SAMPLE_ACCOUNTS[index]}` : label,
          color: options.color as string | undefined,
          right: options.yAxis === 'right',
          points: points.map((it) => (it === null ? null : Math.round(10 * it) / 10)),
        });
      });
    }
  }
  return shown;
}

function evaluated(expression: string, byId: ReadonlyMap<string, Value>): Value {
  if (expression.includes(' GROUP BY AWS.AccountId ')) {
    return SAMPLE_ACCOUNTS.map((_, index) =>
      sampleOf(expression).map((point) => (point === null ? null : point + 17 * index + 4)),
    );
  }
  if (expression.startsWith('SELECT ')) {
    return sampleOf(expression);
  }
  const of = (id: string) => {
    const value = byId.get(id);
    if (value === undefined) {
      throw new Error(`${expression}: no previous line has the id ${id}`);
    }
    return value;
  };
  return evaluate(expression, { of, times: TIMES, missing: 'left out' });
}

function sampleOf(query: string): Series {
  const [, name = ''] = /(?:MetricName="|^SELECT [A-Z]+\()(\w+(?: \w+)?)/.exec(query) ?? [];
  const series = SAMPLE[query.includes('AWS/Lambda') && name === 'Throttles' ? 'Lambda Throttles' : name];
  if (series === undefined) {
    throw new Error(`there is no sample data for metric ${name}`);
  }
  return series;
}
