import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Architecture } from 'aws-cdk-lib/aws-lambda';

/** The processor architectures, keyed by their names in the configuration file. */
export const ARCHITECTURES = { arm64: Architecture.ARM_64, x86_64: Architecture.X86_64 } as const;

/** The name of a processor architecture in the configuration file. */
export type ArchitectureName = keyof typeof ARCHITECTURES;

/** Architectures by the value of `e_machine`, which is at byte 18 of an ELF header. */
const MACHINES: Readonly<Record<number, ArchitectureName>> = { 62: 'x86_64', 183: 'arm64' };

/**
 * Returns the code directory after checking that its `bootstrap` is built for `architecture`. An
 * executable for another architecture would deploy successfully and then fail for every event.
 */
export function evaluatorCode(directory: string, architecture: ArchitectureName): string {
  const program = join(directory, 'bootstrap');
  if (!existsSync(program)) {
    throw new Error(`function.code: ${program} does not exist; build it with \`make function\``);
  }
  const machine = readFileSync(program).subarray(0, 20).readUInt16LE(18);
  const built = MACHINES[machine];
  if (built !== architecture) {
    throw new Error(
      `function.architecture: ${architecture}, but ${program} is built for ${built ?? `machine type ${machine}`}; ` +
        `build it with \`make function ARCHITECTURE=${architecture}\``,
    );
  }
  return directory;
}
