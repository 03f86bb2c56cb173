import { expect, test } from 'vitest';
import { appOf, CONFIGURATIONS, type Resource, type TemplateObject, templatesOf } from '../fixtures';

const MANAGEMENT = '111111111111';
const RECORDER = 'arn:aws:cloudformation:eu-west-1:111111111111:stackset/recorder:3f3a3fbe-c937-4eb3-a87d-e36a0af3f663';
const FULL = CONFIGURATIONS['stack-set, full'] ?? {};

/** Returns a configuration for two organizational units. */
function configuration(targets: object, more: object = {}): object {
  return {
    organization: { id: 'o-exampleorg1', managementAccount: MANAGEMENT, administratorAccount: '222222222222' },
    targets: { organizationalUnits: ['ou-exam-11111111', 'ou-exam-22222222'], regions: ['eu-west-1'], ...targets },
    ...more,
  };
}

/** Returns the StackSets of a configuration by name. */
function stackSets(value: object): Record<string, Resource['Properties']> {
  const found = Object.values(templatesOf(value))
    .flatMap((template) => Object.values(template.Resources))
    .filter(({ Type }) => Type === 'AWS::CloudFormation::StackSet');
  return Object.fromEntries(found.map(({ Properties }) => [Properties.StackSetName, Properties]));
}

const stackNames = (value: object) =>
  appOf(value)
    .synth()
    .stacks.map(({ stackName }) => stackName);

test('each wave is a StackSet with its own organizational units and settings', () => {
  const sets = stackSets(FULL);
  expect(Object.keys(sets)).toEqual(['stagecert-canary', 'stagecert', 'stagecert-unreserved']);
  const rollout = {
    RegionConcurrencyType: 'SEQUENTIAL',
    RegionOrder: ['eu-west-1', 'us-east-1'],
    MaxConcurrentPercentage: 25,
    FailureTolerancePercentage: 10,
    ConcurrencyMode: 'SOFT_FAILURE_TOLERANCE',
  };
  for (const [name, unit, tolerance] of [
    // If one canary fails, the deployment fails.
    ['stagecert-canary', 'ou-exam-11111111', 0],
    ['stagecert', 'ou-exam-22222222', 10],
    ['stagecert-unreserved', 'ou-exam-33333333', 10],
  ] as const) {
    expect(sets[name].StackInstancesGroup[0].DeploymentTargets.OrganizationalUnitIds, name).toEqual([unit]);
    expect(sets[name].OperationPreferences, name).toEqual({ ...rollout, FailureTolerancePercentage: tolerance });
  }
});

test('nothing is deployed to an account before the canary, and nothing if it fails', () => {
  const assembly = appOf(FULL).synth();
  const dependenciesOf = (name: string): string[] =>
    assembly.getStackByName(name).dependencies.map((dependency) => dependency.id);
  const canary = 'stagecert-accounts-canary';
  for (const name of [
    'stagecert-accounts',
    'stagecert-accounts-unreserved',
    'stagecert-management-eu-west-1',
    'stagecert-management-us-east-1',
  ]) {
    expect(dependenciesOf(name), name).toContain(canary);
  }
  expect(dependenciesOf(canary)).toContain('stagecert-code-us-east-1');
});

test('a unit that loses its reservation leaves its StackSet before it gets another one', () => {
  const { dependencies } = appOf(FULL).synth().getStackByName('stagecert-accounts-unreserved');
  expect(dependencies.map(({ id }) => id)).toContain('stagecert-accounts');
});

test('two StackSets never share an account: the root is not combined with its units', () => {
  const units = { organizationalUnits: ['r-exam', 'ou-exam-11111111'] };
  for (const more of [
    { rollout: { canary: 'ou-exam-11111111' } },
    { function: { reservedConcurrency: { 'ou-exam-11111111': 'none' } } },
  ]) {
    expect(() => stackSets(configuration(units, more))).toThrow(
      "targets.organizationalUnits: allowed with rollout.canary or function.reservedConcurrency by unit: units that don't " +
        "contain each other, so not the organization's root",
    );
  }
});

test('the canary gets the template of the other accounts, and only the reservation differs without one', () => {
  const { alerts, ...rest } = FULL as { alerts: object };
  const withoutAlerts = { ...rest, rotation: 'none' };
  const templates = templatesOf(withoutAlerts);
  const main = templates['stagecert-accounts > template'];
  expect(templates['stagecert-accounts-canary > template']).toEqual(main);
  // Without a reservation, a change makes no export and reads an earlier result instead. With
  // alerts, all functions read it.
  const permission = '"config:GetComplianceDetailsByResource",';
  const text = JSON.stringify(templates['stagecert-accounts-unreserved > template']);
  expect(text).toContain(permission);
  expect(JSON.stringify(main)).not.toContain(permission);
  const functions = Object.values(templatesOf({ ...withoutAlerts, alerts }))
    .map((template) => JSON.stringify(template))
    .filter((template) => template.includes('"FunctionName":"stagecert-evaluator"'));
  expect(functions.length).toBeGreaterThan(3);
  expect(functions.filter((template) => !template.includes(permission))).toEqual([]);
  const unreserved: TemplateObject = JSON.parse(text.replace(permission, ''));
  const [evaluator] = Object.values(unreserved.Resources).filter(({ Type }) => Type === 'AWS::Lambda::Function');
  expect(evaluator?.Properties.ReservedConcurrentExecutions).toBeUndefined();
  Object.assign(evaluator?.Properties, { ReservedConcurrentExecutions: 1 });
  Object.assign(evaluator?.Properties.Environment.Variables, { STAGECERT_CHANGE_EXPORTS: 'on' });
  expect(unreserved).toEqual(main);
});

test('listed accounts are a permanent limit, and the management account is a target only if listed', () => {
  const listed = configuration({ accounts: ['333333333333'] });
  expect(stackSets(listed).stagecert.AutoDeployment).toEqual({ Enabled: false });
  expect(stackNames(listed).filter((name) => name.includes('management'))).toEqual([]);

  const withManagement = configuration({ accounts: ['333333333333', MANAGEMENT] });
  expect(stackSets(withManagement).stagecert.StackInstancesGroup[0].DeploymentTargets).toMatchObject({
    Accounts: ['333333333333'],
    AccountFilterType: 'INTERSECTION',
  });
  expect(stackNames(withManagement)).toContain('stagecert-management-eu-west-1');

  const onlyManagement = configuration({ accounts: [MANAGEMENT] });
  expect(stackSets(onlyManagement)).toEqual({});
  expect(stackNames(onlyManagement)).toContain('stagecert-management-eu-west-1');
});

test('the management account is not a target unless the configuration says so', () => {
  const management = (targets: object) =>
    stackNames(configuration(targets)).filter((name) => name.includes('management'));
  expect(management({})).toEqual([]);
  expect(management({ excludedAccounts: [MANAGEMENT] })).toEqual([]);
  expect(management({ managementAccount: true })).toEqual(['stagecert-management-eu-west-1']);
  expect(() => management({ managementAccount: true, excludedAccounts: [MANAGEMENT] })).toThrow('managementAccount');
  expect(() => management({ managementAccount: true, accounts: ['333333333333'] })).toThrow('managementAccount');
});

test('every StackSet is deployed to a new account after those that create the recorder', () => {
  const sets = stackSets(configuration({ dependsOn: [RECORDER] }, { rollout: { canary: 'ou-exam-11111111' } }));
  expect(Object.keys(sets)).toEqual(['stagecert-canary', 'stagecert']);
  for (const { AutoDeployment: automatic } of Object.values(sets)) {
    expect(automatic).toEqual({ Enabled: true, RetainStacksOnAccountRemoval: false, DependsOn: [RECORDER] });
  }
  expect(() => stackSets(configuration({ dependsOn: [RECORDER], accounts: ['333333333333'] }))).toThrow('dependsOn');
});
