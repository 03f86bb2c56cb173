import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { generatedFiles } from '../lib/files';
import { ALERT_SAMPLES } from './events/samples';

test.each(Object.entries(generatedFiles(ALERT_SAMPLES)))(
  '%s is up to date; `npm run files` updates it',
  (name, text) => {
    expect(readFileSync(join(__dirname, '..', name), 'utf8')).toBe(text);
  },
);
