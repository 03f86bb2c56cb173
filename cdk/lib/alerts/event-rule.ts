import { Stack, Token } from 'aws-cdk-lib';
import { type EventPattern, type IEventBus, type IRuleTarget, Rule } from 'aws-cdk-lib/aws-events';
import type { Construct } from 'constructs';

/** EventBridge's maximum size of an event pattern, in characters (quota "Event pattern size"). */
export const MAX_PATTERN_LENGTH = 2048;

/** The length of an account id, which replaces a token in a deployed pattern. */
const ACCOUNT_ID_LENGTH = 12;

/** Properties of a rule that {@link addEventRule} adds. */
export interface EventRuleProps {
  /**
   * The rule's name.
   *
   * @default - a name that CloudFormation generates
   */
  readonly ruleName?: string | undefined;

  /**
   * The bus that receives the events.
   *
   * @default - the default bus
   */
  readonly bus?: IEventBus | undefined;
  readonly pattern: EventPattern;
  readonly targets: readonly IRuleTarget[];
}

/**
 * Adds an EventBridge rule. All rules of the app are added here, so that the synthesis fails if a
 * pattern is too long; otherwise only the deployment would.
 */
export function addEventRule(scope: Construct, id: string, props: EventRuleProps): Rule {
  const length = patternLength(props.pattern);
  if (length > MAX_PATTERN_LENGTH) {
    throw new Error(
      `${Stack.of(scope).stackName}, rule ${id}: an event pattern of ${length} characters; allowed: ${MAX_PATTERN_LENGTH}, ` +
        "EventBridge's limit",
    );
  }
  return new Rule(scope, id, {
    ...(props.ruleName === undefined ? {} : { ruleName: props.ruleName }),
    ...(props.bus === undefined ? {} : { eventBus: props.bus }),
    eventPattern: props.pattern,
    targets: [...props.targets],
  });
}

/** Returns the length of a pattern as EventBridge receives it. */
export function patternLength(pattern: EventPattern): number {
  const { detailType, ...rest } = pattern;
  const deployed = { ...rest, ...(detailType === undefined ? {} : { 'detail-type': detailType }) };
  const text = JSON.stringify(deployed, (_, value) =>
    typeof value === 'string' && Token.isUnresolved(value) ? '0'.repeat(ACCOUNT_ID_LENGTH) : value,
  );
  return Buffer.byteLength(text);
}

/**
 * Returns the values in as few groups as possible whose patterns are short enough. Each value is in
 * one group, so an event matches one pattern at most.
 */
export function splitForPattern<T>(values: readonly T[], pattern: (group: readonly T[]) => EventPattern): T[][] {
  const groups: T[][] = [];
  for (const value of values) {
    const last = groups.at(-1);
    if (last !== undefined && patternLength(pattern([...last, value])) <= MAX_PATTERN_LENGTH) {
      last.push(value);
    } else {
      groups.push([value]);
    }
  }
  return groups;
}
