import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    // Loading aws-cdk-lib takes seconds, and the test files share what they synthesize.
    isolate: false,
    // The first synthesis loads aws-cdk-lib, which takes seconds on a busy machine.
    testTimeout: 120_000,
  },
});
