import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { App, BootstraplessSynthesizer, type Stack, type StackProps, Tags } from 'aws-cdk-lib';
import type { Construct } from 'constructs';

/**
 * The YAML options: CloudFormation and AWS Config read YAML 1.1, and AWS Config doesn't support
 * aliases.
 */
export const YAML = { version: '1.1', lineWidth: 0, aliasDuplicateObjects: false } as const;

/**
 * Returns the template of a single stack for a StackSet or a file. It references no bootstrap
 * resources. Synthesis fails for a stack with assets, because other accounts couldn't read them.
 */
export function synthesizeTemplate(
  make: (scope: Construct, id: string, props: StackProps) => Stack,
  tags: Readonly<Record<string, string>>,
): object {
  const outdir = mkdtempSync(join(tmpdir(), 'stagecert-'));
  try {
    // Construct paths are of no use outside this app, and the size of the template is limited.
    const context = { 'aws:cdk:enable-path-metadata': false };
    const app = new App({ outdir, context, analyticsReporting: false });
    const stack = make(app, 'Template', { synthesizer: new BootstraplessSynthesizer() });
    for (const [key, value] of Object.entries(tags)) {
      Tags.of(stack).add(key, value);
    }
    return app.synth().getStackArtifact(stack.artifactId).template as object;
  } finally {
    rmSync(outdir, { recursive: true });
  }
}
