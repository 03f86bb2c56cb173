import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Architecture } from 'aws-cdk-lib/aws-lambda';

/** The processors that the function is built for, by the name that the configuration file uses. */
export const ARCHITECTURES = { arm64: Architecture.ARM_64, x86_64: Architecture.X86_64 } as const;

/** A processor's name in the configuration file. */
export type ArchitectureName = keyof typeof ARCHITECTURES;

/** `e_machine` of the ELF header, at byte 18. */
const MACHINES: Readonly<Record<number, ArchitectureName>> = { 62: 'x86_64', 183: 'arm64' };

/**
 * The directory that holds the program `bootstrap` and nothing else, checked to be built for `architecture`: a program for
 * another processor deploys well and then fails at every event.
 */
export function evaluatorCode(directory: string, architecture: ArchitectureName): string {
  const program = join(directory, 'bootstrap');
  if (!existsSync(program)) {
    throw new Error(`function.code: ${program} does not exist; \`make function\` builds it`);
  }
  const machine = readFileSync(program).subarray(0, 20).readUInt16LE(18);
  const built = MACHINES[machine];
  if (built !== architecture) {
    throw new Error(
      `function.architecture: ${architecture}, but ${program} is built for ${built ?? `processor ${machine}`}; ` +
        `\`make function ARCHITECTURE=${architecture}\` builds it`,
    );
  }
  return directory;
}
