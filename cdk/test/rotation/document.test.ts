import { expect, test } from 'vitest';
import { MAX_PEM_LINES } from '../../lib/alerts/alert-texts';
import { DEFAULT_NAME } from '../../lib/names';
import { CONFIGURATIONS, resources } from '../fixtures';
import { type Document, documentOf } from './executions';

const MAX_DOCUMENT_BYTES = 65_536;

/** The configurations in which a person can start a rotation. */
const WITH_ROTATION = Object.entries(CONFIGURATIONS).filter(([, value]) => 'rotation' in value);

/** Returns the texts between double braces anywhere in a value. */
function references(value: unknown): string[] {
  return [...JSON.stringify(value).matchAll(/\{\{(.*?)\}\}/g)].map(([, reference = '']) => reference);
}

/** Returns what is wrong with a document that a JSON schema can't express. */
function problems(document: Document): string[] {
  const found: string[] = [];
  const known = new Set([
    'automation:EXECUTION_ID',
    'global:ACCOUNT_ID',
    'global:REGION',
    ...Object.keys(document.parameters),
  ]);
  const used = new Set(references(document.assumeRole).map((it) => it.trim()));
  const names = document.mainSteps.map(({ name }) => name);
  if (new Set(names).size !== names.length) found.push('a step name is used twice');
  for (const [index, step] of document.mainSteps.entries()) {
    const isLast = index === document.mainSteps.length - 1;
    // Every step names the next one, or is the end: none is reached by accident.
    if (isLast ? !step.isEnd || step.nextStep !== undefined : step.isEnd || step.nextStep !== names[index + 1]) {
      found.push(`${step.name}: the next step`);
    }
    if (!/^[A-Za-z0-9_]{3,128}$/.test(step.name)) found.push(`${step.name}: the name`);
    if (step.onFailure !== 'Abort') found.push(`${step.name}: a failure must end the execution`);
    const { Script, InputPayload, Handler, ...others } = step.inputs;
    if (references(Script).length > 0) found.push(`${step.name}: Systems Manager would replace text in the script`);
    for (const reference of references(InputPayload)) {
      if (!/^ [\w:.]+ $/.test(reference) || !known.has(reference.trim())) {
        found.push(`${step.name}: unknown reference {{${reference}}}`);
      }
      used.add(reference.trim());
    }
    if (!Script.includes(`\ndef ${Handler}(event, context):\n`)) found.push(`${step.name}: no handler ${Handler}`);
    for (const key of Object.keys(InputPayload)) {
      if (!Script.includes(`event["${key}"]`)) found.push(`${step.name}: the script doesn't use ${key}`);
    }
    for (const [, key = ''] of Script.matchAll(/event\["(\w+)"\]/g)) {
      if (!(key in InputPayload)) found.push(`${step.name}: ${key} is not in its input`);
    }
    if (Object.keys(others).join() !== 'Runtime') found.push(`${step.name}: other inputs than those of a script`);
    for (const { Name, Selector, Type } of step.outputs) {
      if (Selector !== `$.Payload.${Name}` || !['String', 'StringList'].includes(Type)) {
        found.push(`${step.name}: output ${Name}`);
      }
      if (!Script.includes(`        "${Name}": `) && !Script.includes(`{"${Name}": `)) {
        found.push(`${step.name}: the script doesn't return ${Name}`);
      }
      known.add(`${step.name}.${Name}`);
    }
  }
  for (const output of document.outputs) {
    if (!known.has(output)) found.push(`outputs: ${output}`);
  }
  for (const parameter of Object.keys(document.parameters)) {
    if (!used.has(parameter)) found.push(`parameter ${parameter} is not used`);
  }
  return found;
}

test.each(WITH_ROTATION)('%s: the document is consistent, and within the limit of its size', (_, value) => {
  const documents = resources(value, 'AWS::SSM::Document');
  expect(documents.length).toBeGreaterThan(0);
  for (const { Properties } of documents) {
    expect(Properties).toMatchObject({
      Name: `${DEFAULT_NAME}-start-rotation`,
      DocumentType: 'Automation',
      DocumentFormat: 'JSON',
      UpdateMethod: 'NewVersion',
    });
    expect(problems(Properties.Content)).toEqual([]);
    expect(Buffer.byteLength(JSON.stringify(Properties.Content))).toBeLessThan(MAX_DOCUMENT_BYTES);
  }
});

test.each<[string, (document: Document) => void]>([
  ['the next step', (it) => Object.assign(it.mainSteps[0] ?? {}, { nextStep: 'SendPem' })],
  [
    'unknown reference',
    (it) => Object.assign(it.mainSteps[1]?.inputs.InputPayload ?? {}, { owner: '{{ Start.owner }}' }),
  ],
  ['no handler', (it) => Object.assign(it.mainSteps[1]?.inputs ?? {}, { Handler: 'main' })],
  ['is not in its input', (it) => delete it.mainSteps[0]?.inputs.InputPayload.region],
  ["doesn't use", (it) => Object.assign(it.mainSteps[0]?.inputs.InputPayload ?? {}, { account: 'a' })],
  ["doesn't return", (it) => it.mainSteps[0]?.outputs.push({ Name: 'pem', Selector: '$.Payload.pem', Type: 'String' })],
  ['would replace text', (it) => Object.assign(it.mainSteps[0]?.inputs ?? {}, { Script: 'f"{{x}}"' })],
  ['outputs: ', (it) => it.outputs.push('GenerateCertificate.pem')],
  ['is not used', (it) => Object.assign(it.parameters, { Owner: { type: 'String' } })],
])('a document with a defect is refused: %s', (message, break_) => {
  const document = structuredClone(documentOf());
  break_(document);
  expect(problems(document).join('\n')).toContain(message);
});

test('the script and the email agree on the number of lines of a certificate', () => {
  const [, send] = documentOf().mainSteps;
  expect(send?.inputs.Script).toContain(`\nMAX_LINES = ${MAX_PEM_LINES}\n`);
});

test('the step that generates a certificate is never repeated, and nothing else writes to API Gateway', () => {
  const [generate, send] = documentOf().mainSteps;
  expect([generate?.maxAttempts, send?.maxAttempts]).toEqual([1, 3]);
  const text = documentOf()
    .mainSteps.map(({ inputs }) => inputs.Script)
    .join('\n');
  expect(text).not.toMatch(/update_stage|delete_client_certificate\(|create_deployment|tag_resource|untag_resource/);
  expect(text.match(/generate_client_certificate\(/g)).toHaveLength(1);
});
