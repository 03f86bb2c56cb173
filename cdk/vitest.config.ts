import { defineConfig } from 'vitest/config';

// The first synthesis loads aws-cdk-lib, which takes seconds on a busy machine.
export default defineConfig({ test: { testTimeout: 120_000 } });
