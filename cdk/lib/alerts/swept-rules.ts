import { checksDimension, frontDoorDimension, SWEEP_HOURS } from '../evaluator/metrics';
import { type RuleSettings, ruleDefinitions } from '../rule/config-rules';
import { frontDoorRule } from '../rule/front-door';
import { SWEEP_ALARM } from './event-patterns';

/** A rule, and what an alarm on its missed sweeps needs. */
export interface SweptRule {
  readonly name: string;

  /** The value of the metrics' dimension. */
  readonly checks: string;

  /** The suffix of the alarm's name. */
  readonly alarm: string;

  /** The hours in which two sweeps are due. */
  readonly hours: number;

  /** What would go unnoticed without sweeps. */
  readonly unnoticed: string;
}

/** Returns the rules of each account and Region. */
export function sweptRules(
  rule: Pick<RuleSettings, 'name' | 'frequency' | 'rules' | 'parameters' | 'frontDoor'>,
): SweptRule[] {
  const stageRules = ruleDefinitions(rule).map(({ name, parameters }) => {
    const checks = checksDimension(parameters);
    return {
      name,
      checks,
      alarm: `${SWEEP_ALARM}-${checks.replaceAll('+', '-')}`,
      hours: 2 * SWEEP_HOURS[rule.frequency],
      unnoticed: 'an expired certificate',
    };
  });
  const frontDoor = frontDoorRule(rule);
  if (frontDoor === undefined) {
    return stageRules;
  }
  const { name, parameters, frequency } = frontDoor;
  return [
    ...stageRules,
    {
      name,
      checks: frontDoorDimension(parameters),
      alarm: `${SWEEP_ALARM}-front-door`,
      hours: 2 * SWEEP_HOURS[frequency],
      unnoticed: 'a way around mutual TLS or an expired truststore',
    },
  ];
}
