import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Architecture } from 'aws-cdk-lib/aws-lambda';
import { unzipSync } from 'fflate';

/** The processor architectures, keyed by their names in the configuration file. */
export const ARCHITECTURES = { arm64: Architecture.ARM_64, x86_64: Architecture.X86_64 } as const;

/** The name of a processor architecture in the configuration file. */
export type ArchitectureName = keyof typeof ARCHITECTURES;

/** Architectures by the value of `e_machine`, which is at byte 18 of an ELF header. */
const MACHINES: Readonly<Record<number, ArchitectureName>> = { 62: 'x86_64', 183: 'arm64' };

/**
 * Returns the path of the code, a directory or a zip file, after checking that its `bootstrap` is
 * built for `architecture`. An executable for another architecture would deploy successfully and
 * then fail for every event.
 */
export function evaluatorCode(path: string, architecture: ArchitectureName): string {
  const header = programHeader(path);
  const machine = header.length < 20 ? 0 : header.readUInt16LE(18);
  const built = MACHINES[machine];
  if (built !== architecture) {
    throw new Error(
      `function.architecture: ${architecture}, but the bootstrap in ${path} is built for ` +
        `${built ?? `machine type ${machine}`}; build it with \`make function ARCHITECTURE=${architecture}\``,
    );
  }
  return path;
}

/** Returns the beginning of the program in a directory or a zip file. */
function programHeader(path: string): Buffer {
  if (path.endsWith('.zip')) {
    if (!existsSync(path)) {
      throw new Error(`function.code: ${path} does not exist`);
    }
    const program = unzip(path).bootstrap;
    if (program === undefined) {
      throw new Error(`function.code: ${path} does not contain a file called bootstrap at its top level`);
    }
    return Buffer.from(program.subarray(0, 20));
  }
  const program = join(path, 'bootstrap');
  if (!existsSync(program)) {
    throw new Error(`function.code: ${program} does not exist; build it with \`make function\``);
  }
  return readFileSync(program).subarray(0, 20);
}

function unzip(path: string): Record<string, Uint8Array> {
  try {
    return unzipSync(readFileSync(path), { filter: ({ name }) => name === 'bootstrap' });
  } catch (error) {
    throw new Error(`function.code: ${path} is not a zip file`, { cause: error });
  }
}
