import { mkdtempSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { stripVTControlCharacters } from 'node:util';
import { expect, test } from 'vitest';
import { stacksOf, TEMPLATE_PROPERTIES } from '../../lib/diff/assembly';
import { type DiffOptions, diff } from '../../lib/diff/diff-command';
import { CONFIGURATIONS } from '../fixtures';
import { assemblyOf, Deployed } from './deployed';

const ORGANIZATION = { id: 'o-exampleorg1', managementAccount: '111111111111', administratorAccount: '222222222222' };

function stackSet(parameters: object, more: object = {}): object {
  return {
    organization: ORGANIZATION,
    targets: { organizationalUnits: ['r-exam'], regions: ['eu-west-1'], managementAccount: false },
    rule: { parameters },
    ...more,
  };
}

const BEFORE = stackSet({});
const WIDENED = stackSet({ securityHub: 'on' });
const TITLE = 'stagecert-accounts (eu-west-1): StackSet stagecert';

/** Runs the command and returns what it printed, with its exit status. */
async function run(
  before: object | undefined,
  after: object,
  more: Partial<DiffOptions> = {},
  answer?: string,
): Promise<{ status: number; text: string; questions: string[] }> {
  const questions: string[] = [];
  let printed = '';
  const status = await diff(
    { app: assemblyOf(after), stacks: [], json: false, fail: false, ...more },
    {
      deployed: new Deployed(before),
      print: (text) => {
        printed += text;
      },
      ask:
        answer === undefined
          ? undefined
          : async (question) => {
              questions.push(question);
              return answer;
            },
    },
  );
  return { status, text: stripVTControlCharacters(printed), questions };
}

test('a permission that widens inside a StackSet is shown, permissions first', async () => {
  const { text, status } = await run(BEFORE, WIDENED);
  expect(status).toBe(0);
  const start = text.indexOf(`${TITLE}\n`);
  const section = text.slice(start, text.indexOf('\nPermissions\n'));
  expect(section).toContain('securityhub:BatchImportFindings');
  expect(section.indexOf('IAM Statement Changes')).toBeGreaterThan(0);
  expect(section.indexOf('IAM Statement Changes')).toBeLessThan(section.indexOf('\nResources\n'));
  expect(text).toMatch(
    /StackSet stagecert: permissions widened \([0-9]+ differences\)\n {2}\+ Allow securityhub:BatchImportFindings on /,
  );
  expect(text).toContain('stagecert-code-eu-west-1 (eu-west-1): permissions unchanged (no differences)\n');
  expect(Math.max(...text.split('\n').map((line) => line.length))).toBeLessThan(1000);
});

test.each([
  ['stack-set', {}, TITLE],
  ['organization-rule', { deploymentMode: 'organization-rule' }, 'stagecert-role (eu-west-1)'],
  ['conformance-pack', { deploymentMode: 'conformance-pack' }, 'stagecert-role (eu-west-1)'],
])('%s: a new exemption document is listed with the permission to read it', async (_, more, title) => {
  const exemptions = 's3://example-exemptions/stagecert.json';
  const key = 'arn:aws:kms:eu-central-1:666666666666:key/1234abcd';
  const before = stackSet({}, more);
  const after = stackSet({ exemptions }, { ...more, rule: { parameters: { exemptions }, exemptionsKmsKey: key } });
  const { text } = await run(before, after);
  const summary = text.slice(text.lastIndexOf(`${title}: permissions widened`)).split('\n');
  expect(summary.slice(1, 3)).toEqual([
    expect.stringMatching(
      /^ {2}\+ Allow s3:GetObject on arn:\$\{AWS::Partition\}:s3:::example-exemptions\/stagecert.json for /,
    ),
    expect.stringMatching(
      /^ {2}\+ Allow kms:Decrypt on arn:aws:kms:eu-central-1:666666666666:key\/1234abcd for .* if /,
    ),
  ]);
  expect(text.match(/^.*: permissions widened/gm)).toHaveLength(1);
});

test('the reverse change narrows permissions', async () => {
  const { text } = await run(WIDENED, BEFORE);
  expect(text).toMatch(/StackSet stagecert: permissions narrowed \(/);
});

test('the same configuration has no differences, in any deployment mode', async () => {
  for (const [name, configuration] of Object.entries(CONFIGURATIONS)) {
    const { text, status } = await run(configuration, configuration, { fail: true });
    expect(status, name).toBe(0);
    expect(text, name).not.toMatch(/widened|narrowed|[0-9] difference/);
  }
});

test('the exit status is 1 with --fail if there are differences', async () => {
  const change = stackSet({ expiryWindowDays: 90 });
  expect((await run(BEFORE, change, { fail: true })).status).toBe(1);
  expect((await run(BEFORE, change)).status).toBe(0);
});

test('a StackSet is read by the account that deploys it', async () => {
  for (const [configuration, expected] of [
    [
      'stack-set, full',
      ['stagecert-canary', 'stagecert', 'stagecert-unreserved'].map((name) => `${name} DELEGATED_ADMIN`),
    ],
    ['stack-set, minimal', ['stagecert SELF']],
  ] as const) {
    const deployed = new Deployed();
    const options = { app: assemblyOf(CONFIGURATIONS[configuration] ?? {}), stacks: [], json: true, fail: false };
    await diff(options, { deployed, print: () => undefined });
    expect(deployed.read.sort()).toEqual([...expected].sort());
  }
});

test('the template of a conformance pack is compared, not its text', async () => {
  const pack = CONFIGURATIONS['conformance-pack, full'] as { rule: object };
  const changed = { ...pack, rule: { ...pack.rule, frequency: 'One_Hour' } };
  const { text } = await run(pack, changed);
  expect(text).toContain('organization conformance pack stagecert: permissions unchanged (4 differences)');
  expect(text).toMatch(/\[-\] +"MaximumExecutionFrequency": "Six_Hours"\n/);
  expect(Math.max(...text.split('\n').map((line) => line.length))).toBeLessThan(1000);
});

test('no configuration has a template in a property that the diff would show as text', () => {
  for (const [name, configuration] of Object.entries(CONFIGURATIONS)) {
    for (const stack of stacksOf(assemblyOf(configuration))) {
      for (const template of [stack.template, ...stack.nested.map((nested) => nested.template)]) {
        for (const [logicalId, { Type: type, Properties: properties = {} }] of Object.entries(
          template.Resources ?? {},
        )) {
          const shown = Object.entries(properties).filter(
            ([property]) => !(TEMPLATE_PROPERTIES as readonly string[]).includes(property),
          );
          expect(JSON.stringify(shown), `${name}: ${logicalId} (${type})`).not.toMatch(/Resources\\*"?:|"Template/);
        }
      }
    }
  }
});

test('a deployment that widens permissions needs approval', async () => {
  const unattended = await run(BEFORE, WIDENED, { approve: 'ask' });
  expect(unattended.status).toBe(1);
  const widening = unattended.text.slice(unattended.text.indexOf('This deployment widens permissions:'));
  expect(widening).toContain(TITLE);
  expect(widening).toMatch(/\n {2}\+ Allow securityhub:BatchImportFindings on arn:/);
  expect(widening).toContain('deploy with APPROVE=never');

  expect((await run(BEFORE, WIDENED, { approve: 'never' })).status).toBe(0);
  expect((await run(WIDENED, BEFORE, { approve: 'ask' })).status).toBe(0);
  expect((await run(BEFORE, BEFORE, { approve: 'ask' })).status).toBe(0);

  const approved = await run(BEFORE, WIDENED, { approve: 'ask' }, 'y');
  expect(approved).toMatchObject({ status: 0, questions: ['Deploy with these permissions? [y/N] '] });
  expect((await run(BEFORE, WIDENED, { approve: 'ask' }, '')).status).toBe(1);
});

test('a first deployment widens permissions', async () => {
  const { status, text } = await run(undefined, BEFORE, { approve: 'ask' });
  expect(status).toBe(1);
  expect(text).toContain(`${TITLE}: permissions widened (new)`);
});

test('only the named stacks and their dependencies are compared', async () => {
  const names = async (stacks: string[]) => {
    const { text } = await run(BEFORE, WIDENED, { stacks, json: true });
    return JSON.parse(text).templates.map(({ stack, nested }: Record<string, string>) => nested ?? stack);
  };
  const code = ['stagecert-code-bucket-eu-west-1', 'stagecert-code-eu-west-1'];
  expect(await names(['stagecert-code-*'])).toEqual(code);
  expect(await names(['stagecert-accounts'])).toEqual([...code, 'stagecert-accounts', 'StackSet stagecert']);
  expect((await run(BEFORE, WIDENED, { stacks: ['stagecert-code-*'], approve: 'ask' })).status).toBe(0);
  await expect(names(['stagecert-account'])).rejects.toThrow('no stack matches stagecert-account; the stacks are ');
});

test('JSON names each template, what widens it, and the changed resources', async () => {
  const { text } = await run(BEFORE, WIDENED, { json: true });
  const { diffVersion, templates } = JSON.parse(text);
  expect(diffVersion).toBe(1);
  const [found] = templates.filter((template: { nested: string }) => template.nested === 'StackSet stagecert');
  expect(found).toMatchObject({
    stack: 'stagecert-accounts',
    account: '222222222222',
    region: 'eu-west-1',
    isNew: false,
    permissions: 'widened',
    narrowing: [],
  });
  expect(found.widening[0]).toContain('securityhub:');
  expect(found.resources).toContainEqual(
    expect.objectContaining({ type: 'AWS::IAM::Role', change: 'changed', impact: 'WILL_UPDATE' }),
  );
});

test('Markdown has a table of all templates and the differences of the changed ones', async () => {
  const markdown = join(mkdtempSync(join(tmpdir(), 'stagecert-diff-')), 'diff.md');
  await run(BEFORE, WIDENED, { markdown });
  const text = readFileSync(markdown, 'utf8');
  expect(text).toMatch(
    /\n\| stagecert-accounts \(eu-west-1\): StackSet stagecert \| [0-9]+ differences \| \*\*widened\*\* \|\n/,
  );
  expect(text).toContain('| stagecert-code-eu-west-1 (eu-west-1) | no differences | unchanged |');
  expect(text).toContain(`<details><summary>${TITLE}</summary>`);
  // A comment has a maximum length, and what is at the end is cut off.
  const widening = text.indexOf('  + Allow securityhub:BatchImportFindings on ');
  expect(widening).toBeGreaterThan(0);
  expect(widening).toBeLessThan(text.indexOf('<details>'));
  expect(text).not.toContain('<summary>stagecert-code-eu-west-1');
});
