import { Aws } from 'aws-cdk-lib';
import { FUNCTION_NAME } from '../evaluator/evaluator-function';
import { QUEUE_NAME } from '../evaluator/failed-events';
import { checksOf, DIMENSION, HOURS, NAMESPACE } from '../evaluator/metrics';
import { type RuleSettings, ruleDefinitions } from '../rule/config-rules';
import { type Check, chosenChecks } from '../rule/rule-parameters';

/** A line of a widget's `metrics`, as CloudWatch's dashboard body has it. */
export type Line = readonly unknown[];

/**
 * Where a dashboard's numbers lie.
 *
 * - `account`: the metrics of one account and Region.
 * - `central`: those of central functions, which add up all accounts of their Region.
 * - `organization`: those of each account, which CloudWatch's cross-account observability shows in this one.
 */
export interface Numbers {
  readonly of: 'account' | 'central' | 'organization';
  readonly regions: readonly string[];
  readonly rule: RuleSettings;
}

/** How numbers of several Regions and accounts become one. */
type Together = 'SUM' | 'MIN';

/** The numbers of the account and Region that a stack is in. */
export const ofThisRegion = (rule: RuleSettings): Numbers => ({ of: 'account', regions: [Aws.REGION], rule });

/** A metric of one check, and of the rule that makes it. */
export function checkMetric(
  numbers: Numbers,
  check: Check,
  name: string,
  id: string,
  together: Together = 'SUM',
): Line[] {
  const definition = ruleDefinitions(numbers.rule).find(({ parameters }) => chosenChecks(parameters).includes(check));
  return definition === undefined ? [] : lines(numbers, name, checksOf(definition.parameters), id, together);
}

/** A metric that each rule has; with several rules, of all of them together. */
export function ruleMetric(numbers: Numbers, name: string, id: string): Line[] {
  const all = ruleDefinitions(numbers.rule).map(({ parameters }) => checksOf(parameters));
  const each = all.flatMap((checks, index) =>
    lines(numbers, name, checks, all.length > 1 ? `${id}r${index}` : id, 'SUM'),
  );
  return all.length > 1
    ? [
        ...each,
        together(
          all.map((_, index) => `${id}r${index}`),
          id,
          'SUM',
        ),
      ]
    : each;
}

/** A metric of which every rule says the same, as that of the first. */
export function stageMetric(numbers: Numbers, name: string, id: string): Line[] {
  const [first] = ruleDefinitions(numbers.rule);
  return first === undefined ? [] : lines(numbers, name, checksOf(first.parameters), id, 'SUM');
}

/** A metric of Lambda or SQS about the function. */
export function serviceMetric(
  numbers: Numbers,
  namespace: 'AWS/Lambda' | 'AWS/SQS',
  name: string,
  statistic: string,
  id: string,
) {
  const [dimension, value] = namespace === 'AWS/Lambda' ? ['FunctionName', FUNCTION_NAME] : ['QueueName', QUEUE_NAME];
  return everywhere(numbers, id, statistic === 'Sum' ? 'SUM' : 'MAX', (region, lineId, shown) =>
    numbers.of === 'organization'
      ? search(`{${namespace},${dimension}} MetricName="${name}" ${dimension}="${value}"`, statistic, 3600, {
          region,
          id: lineId,
          together: statistic === 'Sum' ? 'SUM' : 'MAX',
          shown,
        })
      : [
          namespace,
          name,
          dimension,
          value,
          own(numbers, { region, id: lineId, stat: statistic, period: 3600, visible: shown }),
        ],
  );
}

/** One line for each account, where each has metrics of its own. */
export function eachAccount(numbers: Numbers, check: Check, name: string, statistic: string): Line[] {
  const definition = ruleDefinitions(numbers.rule).find(({ parameters }) => chosenChecks(parameters).includes(check));
  if (definition === undefined) {
    return [];
  }
  const what = `{${NAMESPACE},${DIMENSION}} MetricName="${name}" ${DIMENSION}="${checksOf(definition.parameters)}"`;
  return numbers.regions.map((region, index) => [
    {
      // Ten of each Region: an organization may have a thousand accounts.
      expression: `SORT(SEARCH('${what}', '${statistic}', ${periodOf(numbers)}), AVG, ASC, 10)`,
      // biome-ignore lint/suspicious/noTemplateCurlyInString: CloudWatch fills these in
      label: "${PROP('AccountId')} ${PROP('Region')}",
      id: `a${index}`,
      region,
    },
  ]);
}

/** A line that shows a calculation. */
export const calculated = (expression: string, label: string, id: string, more: object = {}): Line => [
  { expression, label, id, ...more },
];

/** The same lines, of which only that with `id` is shown. */
export function labelled(of: readonly Line[], id: string, label: string | undefined, more: object = {}): Line[] {
  return of.map((line) => {
    const options = line.at(-1) as { id?: string; visible?: boolean };
    const shown = options.id === id && label !== undefined;
    const { visible: _, ...rest } = options;
    return [...line.slice(0, -1), shown ? { ...rest, label, ...more } : { ...rest, visible: false }];
  });
}

/** How long a number stands: from one sweep to the next, in seconds. */
export const periodOf = ({ rule }: Numbers) => HOURS[rule.frequency] * 3600;

function lines(numbers: Numbers, name: string, checks: string, id: string, how: Together): Line[] {
  // A central function has one data point an account, an account's own function one a sweep.
  const statistic = how === 'MIN' ? 'Minimum' : numbers.of === 'central' ? 'Sum' : 'Maximum';
  return everywhere(numbers, id, how, (region, lineId, shown) =>
    numbers.of === 'organization'
      ? search(
          `{${NAMESPACE},${DIMENSION}} MetricName="${name}" ${DIMENSION}="${checks}"`,
          statistic,
          periodOf(numbers),
          {
            region,
            id: lineId,
            together: how,
            shown,
          },
        )
      : [NAMESPACE, name, DIMENSION, checks, own(numbers, { region, id: lineId, stat: statistic, visible: shown })],
  );
}

/** A widget says the Region of its lines, and their period; another Region is said by the line. */
function own(
  { of }: Numbers,
  { region, ...line }: { region: string; id: string; stat: string; visible: boolean; period?: number },
) {
  return of === 'account' ? line : { ...line, region };
}

function everywhere(
  { regions }: Numbers,
  id: string,
  how: string,
  line: (region: string, id: string, shown: boolean) => Line,
): Line[] {
  const [only, ...more] = regions;
  if (only !== undefined && more.length === 0) {
    return [line(only, id, true)];
  }
  const ids = regions.map((_, index) => `${id}x${index}`);
  return [...regions.map((region, index) => line(region, ids[index] ?? '', false)), together(ids, id, how)];
}

function together(ids: readonly string[], id: string, how: string): Line {
  return [{ expression: `${how}([${ids.join(', ')}])`, id, visible: true }];
}

function search(
  what: string,
  statistic: string,
  period: number,
  line: { readonly region: string; readonly id: string; readonly together: string; readonly shown: boolean },
): Line {
  const expression = `${line.together}(SEARCH('${what}', '${statistic}', ${period}))`;
  return [{ expression, region: line.region, id: line.id, visible: line.shown }];
}
