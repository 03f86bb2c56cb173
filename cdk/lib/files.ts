import { z } from 'zod';
import { Configuration } from './configuration';
import { logQueriesPage } from './dashboard/log-queries';
import { conformancePackTemplate, DEFAULTS } from './organization/conformance-pack';
import { accountTemplate } from './stacks/account-template';
import { rolePolicy, securityConfig } from './stacks/landing-zone-accelerator';

const MADE = '# Made by `npm run files` from the same code as the CDK app; a test fails when it differs.\n';

/** The files of this directory that are made from its code: for people who deploy without CDK, and for their editors. */
export function files(): Record<string, string> {
  return {
    'stagecert.schema.json': `${JSON.stringify(z.toJSONSchema(Configuration, { io: 'input' }), null, 2)}\n`,
    'templates/stagecert-account.yaml': MADE + accountTemplate(),
    'templates/stagecert-conformance-pack.yaml': MADE + conformancePackTemplate(DEFAULTS),
    'templates/landing-zone-accelerator/security-config.yaml': MADE + securityConfig(),
    'templates/landing-zone-accelerator/stagecert-role-policy.json': rolePolicy(),
    '../docs/log-queries.md': logQueriesPage(),
  };
}
