import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { appOf, CONFIGURATIONS } from './fixtures';

const page = readFileSync(join(__dirname, '../../docs/upgrading.md'), 'utf8');

/** The stacks in the table of a deployment mode, in the order in which they are deleted. */
function documented(deploymentMode: string): string[] {
  const [row = ''] = page.split('\n').filter((line) => line.startsWith(`| \`${deploymentMode}\` |`));
  return [...row.matchAll(/`(NAME-[^`]+)`/g)].map(([, name = '']) => name);
}

/** The stacks of a configuration, by name in the table, with the stacks they depend on. */
function stacksOf(configuration: object): Map<string, string[]> {
  const general = (name: string) => name.replace(/^stagecert/, 'NAME').replace(/[a-z]+-[a-z]+-[0-9]$/, 'REGION');
  return new Map(
    appOf(configuration)
      .synth()
      .stacks.map((stack) => [
        general(stack.stackName),
        stack.dependencies.flatMap(({ id }) => (id.endsWith('.assets') ? [] : [general(id)])),
      ]),
  );
}

test.each(['stack-set', 'organization-rule', 'account'])(
  '%s: docs/upgrading.md names every stack, and none is deleted before a stack that depends on it',
  (deploymentMode) => {
    const names = documented(deploymentMode);
    const stacks = stacksOf(CONFIGURATIONS[`${deploymentMode}, full`] ?? {});
    expect([...stacks.keys()].sort()).toEqual([...names].sort());
    for (const [name, dependencies] of stacks) {
      for (const dependency of dependencies) {
        expect(names.indexOf(dependency), `${name} depends on ${dependency}`).toBeGreaterThan(names.indexOf(name));
      }
    }
  },
);
