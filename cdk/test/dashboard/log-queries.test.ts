import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { FAILURES, LOG_QUERIES } from '../../lib/dashboard/log-queries';
import { type LogRecord, queryLogs } from './logs-insights';

const DOCS = join(__dirname, '../../../docs');

/** Returns a log line of the function, in the form of docs/operations.md. */
const line = (requestId: string, at: string, more: object): LogRecord => ({
  '@timestamp': `2026-11-29 ${at}`,
  level: 'INFO',
  message: 'done',
  kind: 'sweep',
  accountId: '111122223333',
  region: 'eu-west-1',
  ruleName: 'stagecert',
  evaluated: 212,
  nonCompliant: 9,
  evaluationsPut: 3,
  calls: { GetClientCertificates: 1, PutEvaluations: 1 },
  retries: 0,
  throttles: 0,
  durationMs: 4211,
  requestId,
  ...more,
});
const failed = (requestId: string, at: string, more: object) =>
  line(requestId, at, { level: 'ERROR', message: 'failed', errorType: 'Operation', errorMessage: 'denied', ...more });

/**
 * Returns Lambda's report of an invocation ("platform.report" in the Lambda Developer Guide). With
 * the system log level WARN, there is one only if the status is not `success`.
 */
const report = (requestId: string, at: string, status: string, more: object = {}): LogRecord => ({
  '@timestamp': `2026-11-29 ${at}`,
  type: 'platform.report',
  record: { requestId, status, metrics: { durationMs: 300_000, memorySizeMB: 128, maxMemoryUsedMB: 64 }, ...more },
});

const LOG: readonly LogRecord[] = [
  line('sweep-1', '01:00', { findingsImported: 4, durationMs: 9000 }),
  // A sweep that fails, is killed by the retry's timeout, and then succeeds.
  failed('sweep-2', '02:00', { throttles: 5, retries: 5 }),
  report('sweep-2', '02:00', 'error', { errorType: 'Operation' }),
  report('sweep-2', '02:06', 'timeout'),
  line('sweep-2', '02:13', {}),
  // A change that fails on each attempt.
  ...['03:00', '03:01', '03:03'].flatMap((at) => [
    failed('change-1', at, { kind: 'change', evaluationsPut: 0 }),
    report('change-1', at, 'error'),
  ]),
  line('change-2', '03:30', { kind: 'change', evaluationsPut: 2, findingsImported: 6 }),
  failed('reminders-1', '08:00', { kind: 'reminders', evaluationsPut: 0, eventsSent: 1 }),
  report('reminders-1', '08:00', 'error'),
  // An event that could not be read has no kind.
  failed('unread-1', '09:00', { kind: undefined, errorType: 'Malformed' }),
  report('unread-1', '09:00', 'error'),
  // Killed on each attempt.
  report('change-3', '10:00', 'error', {
    errorType: 'Runtime.ExitError',
    metrics: { durationMs: 1200, memorySizeMB: 128, maxMemoryUsedMB: 128 },
  }),
  report('change-3', '10:01', 'failure'),
  // The line of the metrics is neither a log line nor a report.
  { '@timestamp': '2026-11-29 01:00', Checks: 'all', requestId: 'sweep-1', Duration: 9000, EvaluationsPut: 3 },
];

const run = (name: string) => queryLogs(LOG_QUERIES.find((it) => it.name === name)?.query ?? '', LOG);
const requestsOf = (rows: readonly Record<string, unknown>[]) => rows.map(({ requestId }) => requestId);

test('each failure is in exactly one of the queries of failures, and in the table of the dashboard', () => {
  expect(requestsOf(run('failed-sweeps'))).toEqual(['sweep-2']);
  expect(requestsOf(run('failed-reminders'))).toEqual(['reminders-1']);
  const changes = ['change-1', 'change-1', 'change-1'];
  expect(requestsOf(run('other-failures'))).toEqual(['unread-1', ...changes]);
  expect(requestsOf(queryLogs(FAILURES, LOG))).toEqual(['unread-1', 'reminders-1', ...changes, 'sweep-2']);
});

test('killed invocations are those that wrote no log line, on any attempt', () => {
  expect(run('killed-invocations')).toEqual([
    {
      invocation: 'change-3',
      unsuccessful: 2,
      explained: 0,
      status: 'failure',
      lambdaErrorType: 'Runtime.ExitError',
      seconds: 300,
      maxMemoryMB: 128,
      memoryMB: 128,
      lastAttempt: '2026-11-29 10:01',
    },
    expect.objectContaining({ invocation: 'sweep-2', unsuccessful: 2, explained: 1, status: 'timeout' }),
  ]);
});

test('the usage includes changes and attempts that fail', () => {
  expect(run('usage-by-day')).toEqual(
    expect.arrayContaining([
      { day: '2026-11-29', kind: 'sweep', evaluations: 9, findings: 4, events: 0, invocations: 3 },
      { day: '2026-11-29', kind: 'change', evaluations: 2, findings: 6, events: 0, invocations: 4 },
      { day: '2026-11-29', kind: 'reminders', evaluations: 0, findings: 0, events: 1, invocations: 1 },
    ]),
  );
});

test('the other queries answer their questions', () => {
  expect(run('slowest')[0]).toMatchObject({ kind: 'sweep', slowestSeconds: 9, stages: 212, invocations: 3 });
  expect(run('throttles')).toEqual([
    expect.objectContaining({ kind: 'sweep', throttled: 5, retried: 5, PutEvaluations: 1 }),
  ]);
  expect(run('last-sweeps')).toEqual([
    {
      accountId: '111122223333',
      region: 'eu-west-1',
      ruleName: 'stagecert',
      lastSweep: '2026-11-29 02:13',
      stages: 212,
    },
  ]);
});

test('each field that a query names is one of the log line, of Lambda, or of the query', () => {
  const page = readFileSync(join(DOCS, 'operations.md'), 'utf8');
  const documented = [...page.matchAll(/^\| `(\w+)` \|/gm)].map(([, field]) => field);
  expect(documented.length).toBeGreaterThan(20);
  let count = 0;
  for (const { name, query } of LOG_QUERIES) {
    const aliases = [...query.matchAll(/ as (\w+)/g)].map(([, alias]) => alias);
    const words = query
      .replaceAll(/"[^"]*"/g, '')
      .replaceAll(/(?<= as )\w+/g, '')
      .matchAll(/(?<![\w.@])([a-z][A-Za-z]*)(?:\.[\w.]+)?(?![\w(])/g);
    for (const [, word = ''] of words) {
      const isKeyword = KEYWORDS.has(word) || ['type', 'record', ...aliases].includes(word);
      expect(isKeyword || documented.includes(word), `${name}: ${word}`).toBe(true);
      count += 1;
    }
  }
  expect(count).toBeGreaterThan(50);
});

const KEYWORDS = new Set('filter display fields stats sort limit by as and or not asc desc'.split(' '));
