import { readFileSync } from 'node:fs';
import { parseDocument } from 'yaml';
import type { z } from 'zod';
import { conflicts } from './conflicts';
import { Configuration } from './schema';

/** Keys of earlier versions, with what to do instead. */
const REMOVED_KEYS: Readonly<Record<string, string>> = {
  'organization.invokingAccounts':
    'not supported: an organization rule reaches every account of the root, and accounts that are not listed could ' +
    'not invoke the function; use targets.excludedAccounts to leave accounts out',
};

/** Reads the configuration file. */
export function readConfiguration(path: string): Configuration {
  const document = parseDocument(readFileSync(path, 'utf8'), { uniqueKeys: true });
  const [problem] = document.errors;
  if (problem !== undefined) {
    throw new Error(`${path}: ${problem.message}`);
  }
  return parseConfiguration(document.toJS() ?? {}, path);
}

/**
 * Validates a configuration. The error has one line per problem, with the key and what is allowed.
 */
export function parseConfiguration(value: unknown, path = 'stagecert.yaml'): Configuration {
  const parsed = Configuration.safeParse(value);
  const problems = parsed.success ? conflicts(parsed.data) : parsed.error.issues.flatMap(issueMessages);
  if (!parsed.success || problems.length > 0) {
    throw new Error(problems.map((problem) => `${path}: ${problem}`).join('\n'));
  }
  return parsed.data;
}

function issueMessages(issue: z.core.$ZodIssue): string[] {
  const key = issue.path.join('.');
  if (issue.code === 'unrecognized_keys') {
    return issue.keys
      .map((unknown) => [...issue.path, unknown].join('.'))
      .map((unknown) => `${unknown}: ${REMOVED_KEYS[unknown] ?? 'unknown key'}`);
  }
  if (issue.code === 'invalid_value') {
    return [`${key}: allowed: ${issue.values.join(', ')}`];
  }
  return [`${key || 'the file'}: ${issue.message}`];
}
