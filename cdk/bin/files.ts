import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { generatedFiles } from '../lib/files';
import { ALERT_SAMPLES } from '../test/events/samples';

const directory = join(__dirname, '..');
for (const [name, text] of Object.entries(generatedFiles(ALERT_SAMPLES))) {
  const path = join(directory, name);
  mkdirSync(join(path, '..'), { recursive: true });
  writeFileSync(path, text);
}
