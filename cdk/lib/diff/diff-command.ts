import { writeFileSync } from 'node:fs';
import { createInterface } from 'node:readline/promises';
import { stacksOf } from './assembly';
import type { DeployedTemplates } from './deployed-templates';
import { jsonReport, markdownReport, textReport, wideningReport } from './report';
import { changesOf, type TemplateChange } from './template-changes';

/** The options of the command. */
export interface DiffOptions {
  /** The directory with the cloud assembly. */
  readonly app: string;

  /** Patterns of the stacks to compare, with their dependencies. All stacks if it is empty. */
  readonly stacks: readonly string[];

  /** Whether to print JSON instead of text. */
  readonly json: boolean;

  /** The file to write as Markdown. */
  readonly markdown?: string | undefined;

  /** Whether differences result in the exit status 1. */
  readonly fail: boolean;

  /**
   * Whether this approves a deployment that widens permissions: `ask` asks in a terminal and
   * fails without one; `never` doesn't ask.
   *
   * @default - the differences are only shown
   */
  readonly approve?: 'ask' | 'never' | undefined;
}

/** The surroundings of the command. */
export interface DiffEnvironment {
  readonly deployed: DeployedTemplates;
  readonly print: (text: string) => void;

  /**
   * Asks a question in the terminal and returns the answer.
   *
   * @default - there is no terminal
   */
  readonly ask?: ((question: string) => Promise<string>) | undefined;
}

/** How many stacks are compared at a time. */
const CONCURRENCY = 6;

/** Compares an app with what is deployed, and returns the exit status. */
export async function diff(options: DiffOptions, environment: DiffEnvironment): Promise<number> {
  const changes = await appChanges(options, environment.deployed);
  environment.print(options.json ? jsonReport(changes) : textReport(changes));
  if (options.markdown !== undefined) {
    writeFileSync(options.markdown, markdownReport(changes));
  }
  if (options.approve !== undefined && !(await isApproved(changes, options.approve, environment))) {
    return 1;
  }
  return options.fail && changes.some(({ difference }) => difference.differenceCount > 0) ? 1 : 0;
}

/** Asks questions in the terminal of this process, if it has one. */
export function terminal(): DiffEnvironment['ask'] {
  if (!process.stdin.isTTY || !process.stdout.isTTY || process.env.CI !== undefined) {
    return undefined;
  }
  return async (question) => {
    const lines = createInterface({ input: process.stdin, output: process.stdout });
    try {
      return await lines.question(question);
    } finally {
      lines.close();
    }
  };
}

async function appChanges({ app, stacks }: DiffOptions, deployed: DeployedTemplates): Promise<TemplateChange[]> {
  const remaining = stacksOf(app, stacks).map((stack, index) => ({ stack, index }));
  const found: TemplateChange[][] = [];
  const work = async (): Promise<void> => {
    for (let next = remaining.shift(); next !== undefined; next = remaining.shift()) {
      found[next.index] = await changesOf(next.stack, deployed);
    }
  };
  await Promise.all(Array.from({ length: CONCURRENCY }, work));
  return found.flat();
}

async function isApproved(
  changes: readonly TemplateChange[],
  approve: 'ask' | 'never',
  { print, ask }: DiffEnvironment,
): Promise<boolean> {
  const widening = wideningReport(changes);
  if (widening === '') {
    return true;
  }
  print(`\nThis deployment widens permissions:\n${widening}\n`);
  if (approve === 'never') {
    print('APPROVE=never: deploying without asking.\n');
    return true;
  }
  if (ask === undefined) {
    print('There is no terminal to ask. If you approve these permissions, deploy with APPROVE=never.\n');
    return false;
  }
  return /^y(es)?$/i.test((await ask('Deploy with these permissions? [y/N] ')).trim());
}
