import { expect, test } from 'vitest';
import { parseConfiguration } from '../lib/configuration/configuration';
import { DeploymentNames, MAX_NAME_LENGTH, RESERVED_ENDINGS, reservedEnding } from '../lib/names';
import { ruleDefinitions } from '../lib/rule/config-rules';
import { CONFIGURATIONS, FRONT_DOOR_CONFIGURATIONS, resolved, templatesOf } from './fixtures';

// A name that is part of no other text, so that it can be replaced with the name of a deployment.
const NAME = 'zzqzz';

interface Named {
  readonly type: string;
  readonly name: string;
}

const configurations = {
  ...CONFIGURATIONS,
  'account alarms': accountAlarms(),
  'account, front door': FRONT_DOOR_CONFIGURATIONS['account, front door'],
  'organization-rule, front door': FRONT_DOOR_CONFIGURATIONS['organization-rule, front door'],
  'conformance-pack, front door': FRONT_DOOR_CONFIGURATIONS['conformance-pack, front door'],
};
const templates = Object.values(configurations).flatMap((configuration) =>
  Object.entries(templatesOf({ ...configuration, name: NAME })),
);

function accountAlarms(): object {
  const full = CONFIGURATIONS['stack-set, full'] as { alerts: object };
  return { ...full, alerts: { ...full.alerts, accountAlarms: true } };
}

/** The stacks of all deployment modes, and their resources with fixed names. */
const named: Named[] = templates.flatMap(([stack, { Resources }]) => [
  ...(stack.endsWith('> template') ? [] : [{ type: 'stack', name: stack }]),
  ...Object.values(Resources).flatMap(({ Type, Properties = {} }): Named[] => {
    const kind = Type.split('::').at(-1);
    const value = Properties[`${kind}Name`] ?? Properties.ConfigRuleName ?? Properties.Name;
    // The rules on a bus have their own names.
    const bus = Type === 'AWS::Events::Rule' && Properties.EventBusName !== undefined ? 'bus ' : '';
    const name = value === undefined ? '' : resolved(value);
    return name.includes(NAME) ? [{ type: `${bus}${Type}`, name }] : [];
  }),
]);

const ofDeployment = (name: string) => named.map((one) => `${one.type} ${one.name.replace(NAME, name)}`);

/** The parts that a name can end with so that resources of two deployments might be confused. */
const endings = [
  ...new Set(
    named.flatMap(({ name }) => {
      const words = name.slice(name.indexOf(NAME) + NAME.length + 1).split(/[-/]/);
      return words.map((_, index) => words.slice(0, index + 1).join('-'));
    }),
  ),
].filter((ending) => /^[a-z](-?[a-z0-9])*$/.test(ending) && `a-${ending}`.length <= MAX_NAME_LENGTH);

test('deployments whose names start alike have no stack and no resource in common', () => {
  expect(named.length).toBeGreaterThan(100);
  expect(endings.length).toBeGreaterThan(20);
  const ours = new Set(ofDeployment('a'));
  const shared = (ending: string) => ofDeployment(`a-${ending}`).filter((other) => ours.has(other));
  const colliding = endings.filter((ending) => shared(ending).length > 0);
  expect(colliding.length).toBeGreaterThan(3);
  expect(colliding.filter((ending) => reservedEnding(`a-${ending}`) === undefined)).toEqual([]);
});

test('a name that another deployment may use for a part is refused', () => {
  const { deploymentMode, targets } = CONFIGURATIONS['account, minimal'] as Record<string, unknown>;
  const parse = (name: string) => parseConfiguration({ name, deploymentMode, targets });
  for (const ending of RESERVED_ENDINGS) {
    expect(() => parse(`a-${ending}`), ending).toThrow(
      `stagecert.yaml: name: allowed: a name that doesn't end with -${ending}, which names a part of a deployment`,
    );
  }
  for (const name of ['canary', 'a-canaries', 'a-b', 'member']) {
    expect(parse(name).name).toBe(name);
  }
});

/** The names of rules and alarms in events, in all deployment modes. */
function namesInEvents(name: string): { configRuleName: string[]; alarmName: string[] } {
  const stageRules = (['combined', 'per-check'] as const).flatMap((rules) =>
    ruleDefinitions({ name, rules, parameters: {} }),
  );
  const rules = [...stageRules, { name: new DeploymentNames(name).frontDoorRule }];
  return {
    configRuleName: rules.flatMap((rule) => [
      rule.name,
      `OrgConfigRule-${rule.name}-dbgzf8ba`,
      `${rule.name}-conformance-pack-6cruwvtg2`,
    ]),
    alarmName: named
      .filter(({ type }) => type === 'AWS::CloudWatch::Alarm')
      .map((alarm) => alarm.name.replace(NAME, name)),
  };
}

type Matcher = string | { readonly prefix: string };

/** Returns the matchers of a field anywhere in a pattern. */
function matchersOf(pattern: unknown, field: string): Matcher[] {
  return typeof pattern !== 'object' || pattern === null
    ? []
    : Object.entries(pattern).flatMap(([key, value]) => (key === field ? value : matchersOf(value, field)));
}

test('no event pattern matches the rules and alarms of a deployment whose name starts with this one', () => {
  const patterns = templates.flatMap(([, { Resources }]) =>
    Object.values(Resources).flatMap(({ Type, Properties }) => (Type === 'AWS::Events::Rule' ? [Properties] : [])),
  );
  const others = ['a-b', ...endings.map((ending) => `a-${ending}`)].filter(
    (name) => reservedEnding(name) === undefined,
  );
  for (const field of ['configRuleName', 'alarmName'] as const) {
    const matchers = patterns.flatMap(({ EventPattern }) => matchersOf(EventPattern, field));
    expect(matchers.length).toBeGreaterThan(10);
    const texts = new Set(matchers.map((matcher) => JSON.stringify(matcher).replaceAll(NAME, 'a')));
    const matches = (value: string) =>
      [...texts].some((text) => {
        const matcher: Matcher = JSON.parse(text);
        return typeof matcher === 'string' ? matcher === value : value.startsWith(matcher.prefix);
      });
    // Not every configuration has every rule, and no event is sent for the alarms on emails.
    const own = namesInEvents('a')[field].filter((value) =>
      /certificate-expiry|front-door|^a-errors|failed-events/.test(value),
    );
    expect(own.length).toBeGreaterThan(2);
    expect(own.filter((value) => !matches(value))).toEqual([]);
    expect(others.flatMap((name) => namesInEvents(name)[field].filter(matches))).toEqual([]);
  }
});
