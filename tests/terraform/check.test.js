// Checks the Terraform module: its format, its syntax, and its agreement with the template. The
// provider's schema is not available here, so the names of arguments are not checked.
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import test from 'node:test';
import { fileURLToPath } from 'node:url';
import { format } from '@cdktf/hcl-tools';
import { parse } from '@cdktf/hcl2json';

const MODULE = join(dirname(fileURLToPath(import.meta.url)), '../../terraform');
const read = (name) => readFileSync(join(MODULE, name), 'utf8');
const files = readdirSync(MODULE).filter((name) => name.endsWith('.tf'));
const parsed = Object.fromEntries(await Promise.all(files.map(async (name) => [name, await parse(name, read(name))])));
const variables = Object.assign({}, ...Object.values(parsed).map(({ variable }) => variable ?? {}));
const template = JSON.parse(read('stack-set.template.json'));

test('every file has the format of terraform fmt', async () => {
  for (const name of files) {
    assert.equal(await format(read(name)), read(name), name);
  }
  assert.ok(files.length >= 5);
});

test('every variable is declared, described and used', () => {
  const code = files.map(read).join('\n');
  const used = new Set([...code.matchAll(/\bvar\.(\w+)/g)].map(([, name]) => name));
  assert.deepEqual([...used].sort(), Object.keys(variables).sort());
  for (const [name, [{ description, type }]] of Object.entries(variables)) {
    assert.ok(description && type, name);
    const outsideItself = code.replaceAll(new RegExp(`variable "${name}" \\{[^]*?\\n\\}`, 'g'), '');
    assert.match(outsideItself, new RegExp(`\\bvar\\.${name}\\b`), `${name} has no effect`);
  }
});

test('the parameters are those of the template, with the same defaults', () => {
  const [{ parameters }] = parsed['parameters.tf'].locals;
  assert.deepEqual(Object.keys(parameters).sort(), Object.keys(template.Parameters).sort());
  for (const [name, { Default, Description }] of Object.entries(template.Parameters)) {
    const [, variable] = /^\$\{var\.(\w+)\}$/.exec(parameters[name]) ?? [];
    assert.equal(variable, name.replace(/(?<!^)[A-Z]/g, '_$&').toLowerCase());
    const [declared] = parsed['parameters.tf'].variable[variable];
    assert.equal(declared.default, Default, name);
    assert.equal(declared.description, Description, name);
    assert.equal(declared.nullable, false, name);
  }
});

test('every validation accepts the default, and its pattern works in Terraform', () => {
  for (const [name, [{ default: value, validation }]] of Object.entries(parsed['parameters.tf'].variable)) {
    const [{ condition, error_message: message }] = validation;
    assert.match(message, /^[A-Z].*\.$/, name);
    const [, quoted] = /regex\("((?:[^"\\]|\\.)*)"/.exec(condition) ?? [];
    if (quoted === undefined) {
      assert.ok(condition.includes(JSON.stringify(value)), name);
      continue;
    }
    const pattern = JSON.parse(`"${quoted}"`);
    // Terraform's regular expressions are RE2: no look-around, and at most 1000 repetitions.
    assert.doesNotMatch(pattern, /\(\?[=!<]|\{\d*,?\d{4,}\}/, name);
    assert.ok(pattern.startsWith('^(?:') && pattern.endsWith(')$'), name);
    if (value !== undefined) {
      assert.match(value, new RegExp(pattern), name);
    }
  }
});

test('the template fits into a StackSet, and its names are those of the outputs', () => {
  assert.ok(read('stack-set.template.json').length <= 51_200);
  const [{ value: ruleName }] = parsed['outputs.tf'].output.rule_name;
  const [rule] = Object.values(template.Resources).filter(({ Type }) => Type === 'AWS::Config::ConfigRule');
  assert.equal(ruleName.replace('var.name', 'Name'), rule.Properties.ConfigRuleName['Fn::Sub']);
  const [{ value: functionName }] = parsed['outputs.tf'].output.function_name;
  const [evaluator] = Object.values(template.Resources).filter(({ Type }) => Type === 'AWS::Lambda::Function');
  assert.equal(functionName.replace('var.name', 'Name'), evaluator.Properties.FunctionName['Fn::Sub']);
});

test('the example in README.md has the required variables, and no unknown one', async () => {
  const [, example] = /```hcl\n([^]*?)```/.exec(read('README.md'));
  assert.equal(await format(example), example);
  const [module] = (await parse('README.tf', example)).module.stagecert;
  const given = Object.keys(module).filter((name) => name !== 'source' && name !== 'depends_on');
  assert.deepEqual(given.filter((name) => !(name in variables)), []);
  const required = Object.entries(variables).filter(([, [{ default: value }]]) => value === undefined);
  assert.deepEqual(required.map(([name]) => name).filter((name) => !given.includes(name)), []);
});
