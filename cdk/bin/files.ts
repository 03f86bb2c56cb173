import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { files } from '../lib/files';

const directory = join(__dirname, '..');
for (const [name, text] of Object.entries(files())) {
  const path = join(directory, name);
  mkdirSync(join(path, '..'), { recursive: true });
  writeFileSync(path, text);
}
