import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { files } from '../lib/files';

test.each(Object.entries(files()))('%s says what the code does; `npm run files` makes it anew', (name, text) => {
  expect(readFileSync(join(__dirname, '..', name), 'utf8')).toBe(text);
});
