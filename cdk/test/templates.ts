import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { CONFIGURATIONS, templatesOf } from './fixtures';

// Writes every template of every configuration to a directory, those within StackSets and packs too: for `make cfn-lint`.
const directory = process.argv[2] ?? '';
mkdirSync(directory, { recursive: true });
for (const [name, configuration] of Object.entries(CONFIGURATIONS)) {
  for (const [stack, template] of Object.entries(templatesOf(configuration))) {
    const path = join(directory, `${name} ${stack}`.replace(/[ ,>]+/g, '_'));
    writeFileSync(`${path}.json`, JSON.stringify(template, null, 1));
    for (const { Type, Properties } of Object.values(template.Resources)) {
      if (Type === 'AWS::Config::OrganizationConformancePack') {
        writeFileSync(`${path}_pack.yaml`, Properties.TemplateBody);
      }
    }
  }
}
