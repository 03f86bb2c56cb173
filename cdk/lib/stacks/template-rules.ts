import { FRONT_DOOR_CHECKS, SHARED_PARAMETERS } from '../rule/front-door';
import { FRONT_DOOR_RULE_ID } from './front-door-template';
import { type Json, onlyIf } from './placeholders';
import { RULE_PARAMETERS, templateParameter } from './template-parameters';

/** Sets the properties of a rule that are whole parameters. */
export function setRuleProperties(id: string, properties: Record<string, Json>): void {
  const isFrontDoor = id.startsWith(FRONT_DOOR_RULE_ID);
  const parameters = (isFrontDoor ? frontDoorParameters() : stageParameters()).map((it) => [
    it.key,
    parameterValue(it),
  ]);
  properties.InputParameters = { ...Object.fromEntries(parameters), events: onlyIf('SendsAlerts', 'on') };
  const frequency: Json = { Ref: 'Frequency' };
  const { SourceDetails } = properties.Source as { SourceDetails: Record<string, Json>[] };
  for (const detail of SourceDetails.filter(({ MaximumExecutionFrequency }) => MaximumExecutionFrequency)) {
    detail.MaximumExecutionFrequency = isFrontDoor
      ? { 'Fn::If': ['HasFrontDoorFrequency', { Ref: 'FrontDoorFrequency' }, frequency] }
      : frequency;
  }
}

/** What replaces the rule parameters in the inputs of reminders. */
export const parameterTexts = () => [
  { placeholder: STAGE_TEXT, variable: 'RuleParameters', value: parametersText(stageParameters()) },
  { placeholder: FRONT_DOOR_TEXT, variable: 'RuleParameters', value: parametersText(frontDoorParameters()) },
];

/** The parameters of the rule for stages inside the input of reminders, which is JSON in JSON. */
const STAGE_TEXT = /(?<=\{)(\\+)"ownerTagPattern\1":.*?\1"securityHub\1":\1"on\1"/;

/** The same for the front door. */
const FRONT_DOOR_TEXT = /(?<=\{)(\\+)"checks\1":.*?\1"securityHub\1":\1"on\1"/;

/** Returns what replaces rule parameters. The first one is never left out. */
function parametersText(sources: readonly ParameterSource[]): (matched: RegExpExecArray) => Json {
  const [first, ...others] = [...sources].sort(
    (one, other) => Number(one.ifEmpty === 'none') - Number(other.ifEmpty === 'none'),
  );
  return ([, backslash = '']) => {
    const entry = ({ key, name, ifEmpty }: ParameterSource, separator: string): Json => {
      const text = (value: string) => `${separator}${backslash}"${key}${backslash}":${backslash}"${value}${backslash}"`;
      const reference: Json = { 'Fn::Sub': text(`\${${name}}`) };
      if (ifEmpty === undefined) {
        return reference;
      }
      return { 'Fn::If': [`Has${name}`, reference, ifEmpty === 'none' ? '' : text(ifEmpty.value)] };
    };
    return {
      'Fn::Join': ['', [...(first === undefined ? [] : [entry(first, '')]), ...others.map((it) => entry(it, ','))]],
    };
  };
}

/** One rule parameter: its key, and the parameter of the template from which its value comes. */
interface ParameterSource {
  readonly key: string;
  readonly name: string;

  /**
   * What an empty value of the template's parameter means.
   *
   * @default - its value is never empty
   */
  readonly ifEmpty?: { readonly value: string } | 'none' | undefined;
}

/** Returns where the parameters of the rule for stages come from. */
const stageParameters = (): ParameterSource[] => Object.keys(RULE_PARAMETERS).map(sourceOf);

/** Returns where the parameters of the rule for the front door come from. */
const frontDoorParameters = (): ParameterSource[] => [
  { key: 'checks', name: 'FrontDoorChecks', ifEmpty: { value: FRONT_DOOR_CHECKS.join(',') } },
  { key: 'requireMutualTls', name: 'RequireMutualTls', ifEmpty: 'none' },
  { key: 'truststoreWindowDays', name: 'TruststoreWindowDays' },
  ...SHARED_PARAMETERS.map(sourceOf),
];

function sourceOf(key: string): ParameterSource {
  const { default: value } = RULE_PARAMETERS[key as keyof typeof RULE_PARAMETERS];
  return { key, name: templateParameter(key), ifEmpty: value === '' ? 'none' : undefined };
}

/** Returns the value of a rule parameter, which is left out if it means the default. */
function parameterValue({ name, ifEmpty }: ParameterSource): Json {
  const reference: Json = { Ref: name };
  if (ifEmpty === undefined) {
    return reference;
  }
  return ifEmpty === 'none' ? onlyIf(`Has${name}`, reference) : { 'Fn::If': [`Has${name}`, reference, ifEmpty.value] };
}
