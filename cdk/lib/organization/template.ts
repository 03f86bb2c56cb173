import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { App, BootstraplessSynthesizer, type Stack, type StackProps, Tags } from 'aws-cdk-lib';
import type { Construct } from 'constructs';

/** How a template is written: CloudFormation and AWS Config read YAML 1.1, and AWS Config no aliases. */
export const YAML = { version: '1.1', lineWidth: 0, aliasDuplicateObjects: false } as const;

/**
 * The template of a stack by itself, as an object: for a StackSet or a file. It refers to no bootstrap resource, and a stack
 * that adds an asset is refused, because whoever deploys the template elsewhere could not read it.
 */
export function templateOf(
  make: (scope: Construct, id: string, props: StackProps) => Stack,
  tags: Readonly<Record<string, string>>,
): object {
  const outdir = mkdtempSync(join(tmpdir(), 'stagecert-'));
  try {
    // Construct paths mean nothing to whoever reads the template elsewhere, and it has a limit of size.
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
