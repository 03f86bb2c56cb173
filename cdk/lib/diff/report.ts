import { Writable } from 'node:stream';
import { stripVTControlCharacters } from 'node:util';
import { formatDifferences, type TemplateDiff } from '@aws-cdk/cloudformation-diff';
import type { TemplateChange } from './template-changes';

/**
 * Returns the report for a terminal: the differences of each template, then one line for each, with
 * what widens permissions in a template that is already deployed.
 */
export function textReport(changes: readonly TemplateChange[]): string {
  const sections = changes.map((change) => `${title(change)}\n${differences(change.difference)}`);
  const summaries = changes.flatMap((change) => [
    summary(change),
    ...(change.isNew ? [] : change.permissions.widening.map((line) => `  ${line}`)),
  ]);
  return `${sections.join('\n')}\nPermissions\n${summaries.join('\n')}\n`;
}

/**
 * Returns the report as Markdown, for a comment on a pull request. What widens permissions comes
 * before all other differences, of which a long comment lacks the end.
 */
export function markdownReport(changes: readonly TemplateChange[]): string {
  const rows = changes.map((change) => {
    const { change: permissions } = change.permissions;
    return `| ${title(change)} | ${counted(change)} | ${permissions === 'widened' ? '**widened**' : permissions} |`;
  });
  const details = changes
    .filter((change) => change.difference.differenceCount > 0)
    .map((change) => {
      const text = stripVTControlCharacters(differences(change.difference)).trimEnd();
      return `<details><summary>${title(change)}</summary>\n\n\`\`\`\`text\n${text}\n\`\`\`\`\n\n</details>`;
    });
  const widening = wideningReport(changes.filter(({ isNew }) => !isNew));
  const widened = widening === '' ? [] : ['Widened permissions:', '', '````text', widening, '````', ''];
  const table = ['| template | changes | permissions |', '| --- | --- | --- |', ...rows, ''];
  return [...table, ...widened, ...details, ''].join('\n');
}

/** Returns the report as JSON. */
export function jsonReport(changes: readonly TemplateChange[]): string {
  const templates = changes.map(({ stack, nested, account, region, isNew, difference, permissions }) => ({
    stack,
    nested: nested ?? null,
    account: account ?? null,
    region: region ?? null,
    isNew,
    changes: difference.differenceCount,
    permissions: permissions.change,
    widening: permissions.widening,
    narrowing: permissions.narrowing,
    resources: resourceChanges(difference),
  }));
  return `${JSON.stringify({ diffVersion: 1, templates }, null, 1)}\n`;
}

/** Returns the templates that widen permissions, and how. It is empty if none does. */
export function wideningReport(changes: readonly TemplateChange[]): string {
  return changes
    .filter(({ permissions }) => permissions.change === 'widened')
    .flatMap((change) => [title(change), ...change.permissions.widening.map((line) => `  ${line}`)])
    .join('\n');
}

function title({ stack, nested, region }: TemplateChange): string {
  const place = region === undefined ? stack : `${stack} (${region})`;
  return nested === undefined ? place : `${place}: ${nested}`;
}

function summary(change: TemplateChange): string {
  return `${title(change)}: permissions ${change.permissions.change} (${counted(change)})`;
}

function counted({ isNew, difference: { differenceCount: count } }: TemplateChange): string {
  if (isNew) {
    return 'new';
  }
  return count === 0 ? 'no differences' : `${count} ${count === 1 ? 'difference' : 'differences'}`;
}

/** Returns the differences in CDK's format: permissions first. */
function differences(difference: TemplateDiff): string {
  if (difference.differenceCount === 0) {
    return 'There are no differences.\n';
  }
  let text = '';
  const stream = new Writable({
    write(chunk, _encoding, done) {
      text += String(chunk);
      done();
    },
  });
  formatDifferences(stream, difference);
  return text;
}

function resourceChanges(difference: TemplateDiff): object[] {
  const found: object[] = [];
  difference.resources.forEachDifference((logicalId, { isAddition, isRemoval, resourceType, changeImpact }) => {
    const change = isAddition ? 'added' : isRemoval ? 'removed' : 'changed';
    found.push({ logicalId, type: resourceType, change, impact: changeImpact });
  });
  return found;
}
