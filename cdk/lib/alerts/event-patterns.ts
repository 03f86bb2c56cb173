import { Aws } from 'aws-cdk-lib';
import type { EventPattern } from 'aws-cdk-lib/aws-events';
import { type RuleSettings, ruleDefinitions } from '../rule/config-rules';

/** What the function's own events have as source. */
export const SOURCE = 'stagecert';

/** A certificate comes to its end, though nothing changes in AWS Config. */
export const REMINDER = 'Client Certificate Reminder';

/** A stage fails, with its owner. */
export const STAGE_CHANGE = 'Stage Compliance Change';

/** What a schedule sends to a central function: it is time to look for reminders. */
export const REMINDERS_DUE = 'Client Certificate Reminders Due';

/** What the names of alarms begin with. */
export const ALARM_PREFIX = 'stagecert-';

/** The alarm that is in its state of alarm until the first sweep: only its way there from OK is told. */
export const SWEEP_ALARM_PREFIX = `${ALARM_PREFIX}no-sweep`;

/** A rule's name as an event has it: whole, or its beginning. */
export type RuleName = string | { readonly prefix: string };

/** How the rules of a deployment are named in an account: AWS Config adds to those of an organization and of a pack. */
export function ruleNames(
  deploymentMode: 'account' | 'stack-set' | 'organization-rule' | 'conformance-pack',
  settings: Pick<RuleSettings, 'rules' | 'parameters'>,
): RuleName[] {
  const rules = deploymentMode === 'conformance-pack' ? 'per-check' : settings.rules;
  return ruleDefinitions({ ...settings, rules }).map(({ name }) => {
    switch (deploymentMode) {
      case 'organization-rule':
        return { prefix: `OrgConfigRule-${name}-` };
      case 'conformance-pack':
        return { prefix: `${name}-conformance-pack-` };
      default:
        return name;
    }
  });
}

/** AWS Config's event when a stage's result changes; with `failing`, only when it fails from now on. */
export function complianceChanges(names: readonly RuleName[], failing: boolean): EventPattern {
  return {
    source: ['aws.config'],
    detailType: ['Config Rules Compliance Change'],
    detail: {
      messageType: ['ComplianceChangeNotification'],
      configRuleName: [...names],
      ...(failing ? { newEvaluationResult: { complianceType: ['NON_COMPLIANT'] } } : {}),
    },
  };
}

/** The same, of stages whose most urgent check is `check`: an annotation leads with the codes that failed. */
export function failingMostOf(names: readonly RuleName[], check: string): EventPattern {
  const pattern = complianceChanges(names, true);
  const newEvaluationResult = { complianceType: ['NON_COMPLIANT'], annotation: [{ prefix: check }] };
  return { ...pattern, detail: { ...pattern.detail, newEvaluationResult } };
}

/** What the function tells. */
export function told(detailTypes: readonly string[], detail: object = {}): EventPattern {
  return {
    source: [SOURCE],
    detailType: [...detailTypes],
    ...(Object.keys(detail).length === 0 ? {} : { detail: { ...detail } }),
  };
}

/** An alarm of ours that goes off. */
export function alarms(): EventPattern {
  return {
    source: ['aws.cloudwatch'],
    detailType: ['CloudWatch Alarm State Change'],
    detail: {
      state: { value: ['ALARM'] },
      $or: [
        { alarmName: [{ prefix: SWEEP_ALARM_PREFIX }], previousState: { value: ['OK'] } },
        { alarmName: ['errors', 'failed-events', 'throttles'].map((name) => `${ALARM_PREFIX}${name}`) },
      ],
    },
  };
}

/** The same events of this account alone: a default bus may be open to others. */
export function ofThisAccount(pattern: EventPattern): EventPattern {
  return { ...pattern, account: [Aws.ACCOUNT_ID] };
}
