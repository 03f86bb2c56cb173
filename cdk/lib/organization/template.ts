import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { App, BootstraplessSynthesizer, type Stack, type StackProps, Tags } from 'aws-cdk-lib';
import { PATH_METADATA_ENABLE_CONTEXT } from 'aws-cdk-lib/cx-api';
import type { Construct } from 'constructs';

/**
 * The YAML options: CloudFormation and AWS Config read YAML 1.1, and AWS Config doesn't support
 * aliases.
 */
export const YAML = { version: '1.1', lineWidth: 0, aliasDuplicateObjects: false } as const;

/** Construct paths are of no use outside this app. */
const CONTEXT: Readonly<Record<string, unknown>> = { [PATH_METADATA_ENABLE_CONTEXT]: false };

/**
 * Returns the template of a single stack for a StackSet or a file. It references no bootstrap
 * resources. Synthesis fails for a stack with assets, because other accounts couldn't read them.
 *
 * The template depends only on the arguments: the context of the CDK CLI doesn't change it.
 */
export function synthesizeTemplate(
  make: (scope: Construct, id: string, props: StackProps) => Stack,
  tags: Readonly<Record<string, string>>,
): object {
  const outdir = mkdtempSync(join(tmpdir(), 'stagecert-'));
  try {
    const app = isolatedApp(outdir);
    const stack = make(app, 'Template', { synthesizer: new BootstraplessSynthesizer() });
    for (const [key, value] of Object.entries(tags)) {
      Tags.of(stack).add(key, value);
    }
    return app.synth().getStackArtifact(stack.artifactId).template as object;
  } finally {
    rmSync(outdir, { recursive: true });
  }
}

/**
 * Returns an app without the context that the CDK CLI passes to every app of the process: its
 * settings, the feature flags of `cdk.json`, and `--context`.
 */
function isolatedApp(outdir: string): App {
  const app = new App({ outdir, treeMetadata: false, autoSynth: false });
  for (const key of Object.keys(app.node.getAllContext())) {
    app.node.setContext(key, undefined);
  }
  for (const [key, value] of Object.entries(CONTEXT)) {
    app.node.setContext(key, value);
  }
  return app;
}
