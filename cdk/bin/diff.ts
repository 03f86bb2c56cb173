import { parseArgs } from 'node:util';
import { AwsTemplates } from '../lib/diff/deployed-templates';
import { diff, terminal } from '../lib/diff/diff-command';

const USAGE = `usage: diff.ts [--app DIRECTORY] [--json] [--markdown FILE] [--fail] [--approve ask|never] [STACK...]

Shows what a deployment changes in the template of each stack, StackSet and conformance pack.

exit status: 0, 1 (--fail: there are differences; --approve: not approved) or 2 (error)
`;

async function main(): Promise<number> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      app: { type: 'string', default: 'cdk.out' },
      json: { type: 'boolean', default: false },
      markdown: { type: 'string' },
      fail: { type: 'boolean', default: false },
      approve: { type: 'string' },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help) {
    process.stdout.write(USAGE);
    return 0;
  }
  const { approve } = values;
  if (approve !== undefined && approve !== 'ask' && approve !== 'never') {
    throw new Error(`APPROVE: allowed: ask, never; not ${approve}`);
  }
  const print = (text: string) => void process.stdout.write(text);
  return diff({ ...values, approve, stacks: positionals }, { deployed: new AwsTemplates(), print, ask: terminal() });
}

// If the question is never answered, Node.js ends without a status: that must not approve.
process.exitCode = 2;
main().then(
  (status) => {
    process.exitCode = status;
  },
  (error: Error) => {
    process.stderr.write(`${error.message}\n`);
    process.exitCode = 2;
  },
);
