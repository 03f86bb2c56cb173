import type { MetricLine } from '../../lib/dashboard/dashboard-sources';

/** One data point per day, or `null` without data. */
export type Series = readonly (number | null)[];

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
  StagesWithCertificate: falling(44, 73),
  StagesWithOwner: falling(37, 65),
  ShareWithCertificate: days((day) => Math.round(564 + 10.7 * day) / 10),
  ShareWithOwner: days((day) => Math.round(474 + 10.2 * day) / 10),
  CertificatesExpired: days((day) => (day < 24 ? 0 : 1)),
  CertificatesWithin30Days: days((day) => (day < 12 ? 2 : 4)),
  CertificatesWithin60Days: days((day) => (day < 12 ? 7 : 9)),
  CertificatesWithin90Days: days((day) => (day < 18 ? 12 : 14)),
  MinDaysToExpiry: days((day) => (day < 24 ? 24 - day : -(day - 24))),
  SweepsSucceeded: days((day) => (day === 17 ? 0 : 1)),
  EvaluationsPut: days((day) => [4, 0, 12, 7, 0, 3, 9][day % 7] ?? 0),
  FindingsImported: falling(190, 205),
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

/** Returns the visible lines of a widget's `metrics`, evaluated with the sample data. */
export function drawn(metrics: readonly MetricLine[]): Drawn[] {
  const byId = new Map<string, Series>();
  const shown: Drawn[] = [];
  for (const line of metrics) {
    const options = line.at(-1) as Record<string, unknown>;
    const expression = options.expression as string | undefined;
    const name =
      expression === undefined
        ? `${line[0] === 'AWS/Lambda' && line[1] === 'Throttles' ? 'Lambda ' : ''}${line[1]}`
        : '';
    if (expression?.includes(' GROUP BY AWS.AccountId ')) {
      ['111111111111', '333333333333', '444444444444', '555555555555'].forEach((account, index) => {
        const label = account;
        shown.push({
          label,
          points: sampleOf(expression).map((point) => (point === null ? null : point + 17 * index + 4)),
        });
      });
      continue;
    }
    const points = expression === undefined ? sampleOf(`MetricName="${name}"`) : evaluated(expression, byId);
    byId.set(options.id as string, points);
    if (options.visible !== false) {
      shown.push({
        label: (options.label as string | undefined) ?? name,
        color: options.color as string | undefined,
        right: options.yAxis === 'right',
        points,
      });
    }
  }
  return shown;
}

function sampleOf(query: string): Series {
  const [, name = ''] = /(?:MetricName="|^SELECT [A-Z]+\()(\w+(?: \w+)?)/.exec(query) ?? [];
  const series = SAMPLE[query.includes('AWS/Lambda') && name === 'Throttles' ? 'Lambda Throttles' : name];
  if (series === undefined) {
    throw new Error(`there is no sample data for metric ${name}`);
  }
  return series;
}

/** Evaluates an expression as CloudWatch would: aggregations and arithmetic over lines. */
function evaluated(expression: string, byId: ReadonlyMap<string, Series>): Series {
  if (expression.startsWith('SELECT ')) {
    return sampleOf(expression);
  }
  const of = (id: string) => {
    const series = byId.get(id);
    if (series === undefined) {
      throw new Error(`${expression}: no previous line has the id ${id}`);
    }
    return series;
  };
  const [, operation, list] = /^(SUM|MIN|MAX)\(\[([\w, ]+)\]\)$/.exec(expression) ?? [];
  if (operation !== undefined && list !== undefined) {
    const lines = list.split(', ').map(of);
    const together = {
      SUM: (values: number[]) => values.reduce((sum, value) => sum + value, 0),
      MIN: (v: number[]) => Math.min(...v),
      MAX: (v: number[]) => Math.max(...v),
    }[operation as 'SUM' | 'MIN' | 'MAX'];
    return days((day) => together(lines.map((line) => line[day] ?? 0)));
  }
  const ids = [...new Set(expression.match(/[a-z]\w*/g) ?? [])];
  if (!/^[\w\s+\-*/().]+$/.test(expression)) {
    throw new Error(`${expression}: unsupported expression`);
  }
  const compute = new Function(...ids, `return ${expression};`);
  const lines = ids.map(of);
  return days((day) => Math.round(10 * compute(...lines.map((line) => line[day] ?? 0))) / 10);
}
