import { execFileSync, spawn } from 'node:child_process';
import { mkdtempSync, openSync, readSync, rmSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Python with moto, which implements EventBridge's patterns. `make cdk` sets the variable. */
export const PYTHON = process.env.STAGECERT_PYTHON;

/** Returns whether each pattern matches an event, according to moto. */
export function matches(patterns: readonly object[], event: object): boolean[] {
  pipes ??= start();
  writeSync(pipes.requests, `${JSON.stringify({ patterns, event })}\n`);
  let line = '';
  while (!line.endsWith('\n')) {
    const buffer = Buffer.alloc(65_536);
    const length = readSync(pipes.responses, buffer);
    if (length === 0) {
      throw new Error('matches.py ended: see its output');
    }
    line += buffer.toString('latin1', 0, length);
  }
  return JSON.parse(line);
}

interface Pipes {
  readonly requests: number;
  readonly responses: number;
}

let pipes: Pipes | undefined;

/** Starts Python. Named pipes are the way to wait for its answers without promises. */
function start(): Pipes {
  const directory = mkdtempSync(join(tmpdir(), 'stagecert-matches-'));
  const [requests, responses] = [join(directory, 'requests'), join(directory, 'responses')];
  execFileSync('mkfifo', [requests, responses]);
  const arguments_ = [join(__dirname, 'matches.py'), requests, responses];
  spawn(PYTHON ?? 'python3', arguments_, { stdio: ['ignore', 'ignore', 'inherit'] }).unref();
  // Opening a named pipe waits until Python has opened its other end.
  const opened = { requests: openSync(requests, 'w'), responses: openSync(responses, 'r') };
  rmSync(directory, { recursive: true });
  return opened;
}
