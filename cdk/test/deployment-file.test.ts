import { expect, test } from 'vitest';
import { parseConfiguration } from '../lib/configuration/configuration';
import { deploymentFile } from '../lib/deployment-file';
import { partitionOf } from '../lib/partitions';
import { appOf, CONFIGURATIONS, resources } from './fixtures';

interface Deployment {
  readonly [key: string]: unknown;
  readonly stackSets: readonly { readonly name: string; readonly organizationalUnits: readonly string[] }[];
  readonly rules: readonly { readonly name: string; readonly match: string }[];
  readonly stacks: readonly { readonly name: string; readonly account: string | null; readonly region: string }[];
}

const deploymentOf = (value: object) => deploymentFile(appOf(value), parseConfiguration(value)) as Deployment;

test.each(Object.keys(CONFIGURATIONS))('%s: the file names the stacks and StackSets of the app', (name) => {
  const value = CONFIGURATIONS[name] ?? {};
  const deployment = deploymentOf(value);
  const stacks = appOf(value).synth().stacks;
  expect(deployment.stacks.map((stack) => stack.name).sort()).toEqual(stacks.map((stack) => stack.stackName).sort());
  const sets = resources(value, 'AWS::CloudFormation::StackSet').map(({ Properties }) => ({
    name: Properties.StackSetName,
    organizationalUnits: Properties.StackInstancesGroup[0].DeploymentTargets.OrganizationalUnitIds,
    regions: Properties.StackInstancesGroup[0].Regions,
  }));
  const listed = deployment.stackSets.map(({ reservedConcurrency: _, ...rest }: Record<string, unknown>) => rest);
  expect(listed).toEqual(sets);
});

test('the whole file of an organization with a canary and units without a reservation', () => {
  const { stacks, ...deployment } = deploymentOf(CONFIGURATIONS['stack-set, full'] ?? {});
  expect(deployment).toMatchSnapshot();
  expect(stacks).toContainEqual({
    name: 'stagecert-management-us-east-1',
    account: '111111111111',
    region: 'us-east-1',
  });
});

test.each([
  ['account, minimal', { name: 'stagecert-api-client-certificates', match: 'exact' }],
  ['organization-rule, minimal', { name: 'OrgConfigRule-stagecert-api-client-certificates-', match: 'prefix' }],
  ['conformance-pack, minimal', { name: 'stagecert-certificate-attached-conformance-pack-', match: 'prefix' }],
])('%s: the names of the rules are those in the accounts', (name, expected) => {
  expect(deploymentOf(CONFIGURATIONS[name] ?? {}).rules[0]).toEqual(expected);
});

test('only the account mode leaves the account open', () => {
  for (const [name, value] of Object.entries(CONFIGURATIONS)) {
    const accounts = deploymentOf(value).stacks.map(({ account }) => account);
    expect(accounts.includes(null), name).toBe(name.startsWith('account'));
  }
});

test.each([
  ['eu-west-1', 'aws'],
  ['us-gov-east-1', 'aws-us-gov'],
  ['cn-north-1', 'aws-cn'],
  ['eusc-de-east-1', 'aws-eusc'],
  ['us-iso-east-1', 'aws-iso'],
  ['us-isob-east-1', 'aws-iso-b'],
])('%s is in the partition %s', (region, partition) => {
  expect(partitionOf(region)).toBe(partition);
});
