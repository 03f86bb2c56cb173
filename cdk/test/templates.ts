// Writes the templates of every configuration to a directory, including those inside StackSets and
// conformance packs. `make cfn-lint` uses it.
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ALL_CONFIGURATIONS, templatesOf } from './fixtures';

const directory = process.argv[2] ?? '';
mkdirSync(directory, { recursive: true });
for (const [name, configuration] of Object.entries(ALL_CONFIGURATIONS)) {
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
