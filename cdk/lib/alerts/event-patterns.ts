import { Aws } from 'aws-cdk-lib';
import type { EventPattern } from 'aws-cdk-lib/aws-events';
import { DeploymentNames } from '../names';
import { type RuleSettings, ruleDefinitions } from '../rule/config-rules';
import type { FrontDoorSettings } from '../rule/front-door';

/** The source of the function's own events. */
export const SOURCE = 'stagecert';

/** The detail type of reminders: a certificate expires soon or has expired. */
export const REMINDER = 'Client Certificate Reminder';

/** The detail type of the event for a check that newly fails, becomes more severe, or is fixed. */
export const FINDING_CHANGE = 'Stage Finding Change';

/** The detail type of the event for a step of a rotation. */
export const ROTATION_STEP = 'Certificate Rotation Step';

/**
 * The detail type of the event with which a schedule triggers the reminders of a central function.
 */
export const REMINDERS_DUE = 'Client Certificate Reminders Due';

/**
 * The prefix of the suffixes of alarms on missed sweeps. These alarms stay in ALARM until the first
 * sweep, so only a change from OK to ALARM causes a notification.
 */
export const SWEEP_ALARM = 'no-sweep';

/** The suffix of the alarm on sweeps that can't import findings into Security Hub. */
export const SECURITY_HUB_ALARM = 'security-hub';

/** The name of a rule in events, either complete or as a prefix. */
export type RuleName = string | { readonly prefix: string };

/**
 * Returns the names of the rules in an account. AWS Config extends the names of organization rules
 * and of rules in a conformance pack.
 */
export function ruleNames(
  deploymentMode: DeploymentMode,
  settings: Pick<RuleSettings, 'name' | 'rules' | 'parameters' | 'frontDoor'>,
): RuleName[] {
  return [...stageRuleNames(deploymentMode, settings), ...frontDoorRuleNames(deploymentMode, settings)];
}

/** Returns the names of the rules for stages in an account. */
export function stageRuleNames(
  deploymentMode: DeploymentMode,
  settings: Pick<RuleSettings, 'name' | 'rules' | 'parameters'>,
): RuleName[] {
  const rules = deploymentMode === 'conformance-pack' ? 'per-check' : settings.rules;
  return ruleDefinitions({ ...settings, rules }).map(({ name }) => nameInAccounts(deploymentMode, name));
}

/** Returns the name of the rule for the front door in an account, if there is one. */
export function frontDoorRuleNames(
  deploymentMode: DeploymentMode,
  { name, frontDoor }: { readonly name: string; readonly frontDoor?: FrontDoorSettings | undefined },
): RuleName[] {
  return frontDoor === undefined ? [] : [nameInAccounts(deploymentMode, new DeploymentNames(name).frontDoorRule)];
}

type DeploymentMode = 'account' | 'stack-set' | 'organization-rule' | 'conformance-pack';

function nameInAccounts(deploymentMode: DeploymentMode, name: string): RuleName {
  switch (deploymentMode) {
    case 'organization-rule':
      return { prefix: `OrgConfigRule-${name}-` };
    case 'conformance-pack':
      return { prefix: `${name}-conformance-pack-` };
    default:
      return name;
  }
}

/** Returns the pattern of AWS Config's compliance changes. */
export function complianceChanges(names: readonly RuleName[]): EventPattern {
  return {
    source: ['aws.config'],
    detailType: ['Config Rules Compliance Change'],
    detail: {
      messageType: ['ComplianceChangeNotification'],
      configRuleName: [...names],
    },
  };
}

/**
 * Returns the pattern of a deployment's own events about stages. All deployments in an account and
 * Region send them to the same bus, and the name of one can start with the name of another, so the
 * pattern has the complete names of the rules.
 */
export function functionEvents(names: readonly RuleName[], detail: object = {}): EventPattern {
  const configRuleName = names.flatMap((name) => (typeof name === 'string' ? [name] : [name, definedName(name)]));
  return { source: [SOURCE], detailType: [FINDING_CHANGE, REMINDER], detail: { configRuleName, ...detail } };
}

/** Returns a rule's name without what AWS Config adds. The reminders of a function have it. */
const definedName = ({ prefix }: { readonly prefix: string }) =>
  prefix.replace(/^OrgConfigRule-/, '').replace(/(-conformance-pack)?-$/, '');

/**
 * Returns the pattern of the event with a new certificate, which the deployment's document sends.
 * The events of `stagecert rotate` have no PEM.
 */
export function startedRotations(names: DeploymentNames, detail: object = {}): EventPattern {
  return {
    source: [SOURCE],
    detailType: [ROTATION_STEP],
    detail: { deployment: [names.deployment], step: ['start'], pem: [{ exists: true }], ...detail },
  };
}

/** Returns the pattern of the event that triggers the reminders of a central function. */
export function remindersDue(): EventPattern {
  return { source: [SOURCE], detailType: [REMINDERS_DUE] };
}

/**
 * Returns the pattern of Lambda's events about sweeps, reminders and other inputs of this
 * deployment that its functions gave up on. Changes are not among them: the next sweep repairs
 * them, and a problem of an account would cause one event per change.
 */
export function functionFailures(names: DeploymentNames): EventPattern {
  return {
    source: ['lambda'],
    detailType: ['Lambda Function Invocation Result - Failure'],
    detail: {
      requestContext: { functionArn: [{ wildcard: `arn:*:lambda:*:function:${names.function}:$LATEST` }] },
      requestPayload: {
        // EventBridge's own inputs have this key. A sweep has its type in a JSON string.
        $or: [{ stagecert: [{ exists: true }] }, { invokingEvent: [{ wildcard: '*ScheduledNotification*' }] }],
      },
    },
  };
}

/** Returns the pattern of this deployment's alarms that go into ALARM. */
export function alarms(names: DeploymentNames): EventPattern {
  return {
    source: ['aws.cloudwatch'],
    detailType: ['CloudWatch Alarm State Change'],
    detail: {
      state: { value: ['ALARM'] },
      $or: [
        { alarmName: [{ prefix: names.alarm(`${SWEEP_ALARM}-`) }], previousState: { value: ['OK'] } },
        { alarmName: ['errors', 'failed-events', SECURITY_HUB_ALARM, 'throttles'].map((name) => names.alarm(name)) },
      ],
    },
  };
}

/**
 * Returns a pattern limited to events of this account: a default bus may also accept other
 * accounts.
 */
export function fromThisAccount(pattern: EventPattern): EventPattern {
  return { ...pattern, account: [Aws.ACCOUNT_ID] };
}
