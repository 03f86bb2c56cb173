/** A CloudFormation template, or a part of one. */
export type Json = null | boolean | number | string | Json[] | { [key: string]: Json };

/** A resource of a template. */
export interface Resource {
  Type: string;
  Condition?: string;
  [key: string]: Json | undefined;
}

/** A template. */
interface Template {
  readonly Resources: Record<string, Resource>;
  readonly [section: string]: unknown;
}

/** A template with parameters. */
export interface ParameterizedTemplate extends Template {
  readonly Parameters: Record<string, Json>;
  readonly Conditions?: Record<string, Json>;
}

/** What replaces placeholders, and which parts depend on conditions. */
export interface Replacements {
  /** Placeholders inside strings, with the `Fn::Sub` variable and its value. */
  readonly strings: readonly {
    readonly placeholder: RegExp;
    readonly variable: string;

    /**
     * The value of the variable for what the pattern matched.
     *
     * @default - the template's parameter of that name
     */
    readonly value?: (matched: RegExpExecArray) => Json;
  }[];

  /**
   * The condition of each element of a list that is this text, or an object with it as its `Arn`.
   * With `!`, the element is left out if the condition holds.
   */
  readonly elements: Readonly<Record<string, string>>;
}

/**
 * Returns a template in which placeholders are replaced with references to parameters.
 *
 * The stack is synthesized with placeholders as settings, because the code that creates it needs
 * settings that it can read.
 */
export function replacePlaceholders(template: object, replacements: Replacements): Template {
  return replace(template as Json, replacements) as unknown as Template;
}

function replace(value: Json, replacements: Replacements): Json {
  if (typeof value === 'string') {
    return replaceInText(value, replacements);
  }
  if (Array.isArray(value)) {
    return value.map((element) => {
      const text = element !== null && typeof element === 'object' && 'Arn' in element ? element.Arn : element;
      const condition = typeof text === 'string' ? replacements.elements[text] : undefined;
      const replaced = replace(element, replacements);
      return condition === undefined ? replaced : onlyIf(condition, replaced);
    });
  }
  return value === null || typeof value !== 'object'
    ? value
    : Object.fromEntries(Object.entries(value).map(([key, child]) => [key, replace(child, replacements)]));
}

function replaceInText(text: string, { strings }: Replacements): Json {
  const used = strings.flatMap(({ placeholder, variable, value }) => {
    const matched = placeholder.exec(text);
    return matched === null ? [] : [{ matched: matched[0], variable, value: value?.(matched) }];
  });
  const [only] = used;
  if (only === undefined) {
    return text;
  }
  if (only.matched === text) {
    return only.value ?? { Ref: only.variable };
  }
  const sub = used.reduce(
    (result, { matched, variable }) => result.replaceAll(matched, `\${${variable}}`),
    text.replaceAll('${', '${!'),
  );
  const variables = used.flatMap(({ variable, value }) => (value === undefined ? [] : [[variable, value] as const]));
  return { 'Fn::Sub': variables.length === 0 ? sub : [sub, Object.fromEntries(variables)] };
}

/** Returns a value that is left out unless the condition holds, or with `!`, if it holds. */
export function onlyIf(condition: string, value: Json): Json {
  const nothing = { Ref: 'AWS::NoValue' };
  return condition.startsWith('!')
    ? { 'Fn::If': [condition.slice(1), nothing, value] }
    : { 'Fn::If': [condition, value, nothing] };
}

/** Returns a condition that a parameter isn't this value. */
export function isNot(parameter: string, value: string): Json {
  return { 'Fn::Not': [{ 'Fn::Equals': [{ Ref: parameter }, value] }] };
}

/** Returns a condition that a parameter is this value. */
export function is(parameter: string, value: string): Json {
  return { 'Fn::Equals': [{ Ref: parameter }, value] };
}

/**
 * Adds conditions to what refers to a conditional resource: to a statement of a policy if only that
 * statement does, otherwise to the whole resource.
 */
export function spreadConditions(resources: Record<string, Resource>): void {
  const conditional = () => Object.entries(resources).filter(([, { Condition }]) => Condition !== undefined);
  const conditionOf = (value: unknown) => {
    const text = JSON.stringify(value);
    return conditional().find(([id]) => text.includes(`"Ref":"${id}"`) || text.includes(`"Fn::GetAtt":["${id}"`))?.[1]
      .Condition;
  };
  for (const resource of Object.values(resources)) {
    if (resource.Condition === undefined) {
      const document = (resource.Properties as { PolicyDocument?: { Statement: Json[] } } | undefined)?.PolicyDocument;
      if (document !== undefined) {
        document.Statement = document.Statement.map((statement) => {
          const condition = conditionOf(statement);
          return condition === undefined ? statement : onlyIf(condition, statement);
        });
      } else {
        const condition = conditionOf(resource);
        if (condition !== undefined) {
          resource.Condition = condition;
        }
      }
    }
  }
}
