import type { Widget } from '../../lib/dashboard/widgets';
import { CONFIGURATIONS, resolved, templatesOf } from '../fixtures';

/** The configuration whose dashboard represents each scope. */
const CONFIGURATION_BY_SCOPE = {
  account: 'account, full',
  organization: 'stack-set, full',
  central: 'conformance-pack, full',
};

/** Returns the dashboard body of each scope, as CloudWatch receives it. */
export function dashboards(): Record<string, { readonly widgets: Widget[] }> {
  return Object.fromEntries(
    Object.entries(CONFIGURATION_BY_SCOPE).flatMap(([name, configuration]) => {
      const bodies = Object.entries(templatesOf(CONFIGURATIONS[configuration] ?? {}))
        .filter(([stack]) => name === 'account' || stack === 'stagecert-dashboard')
        .flatMap(([, template]) => Object.values(template.Resources))
        .filter(({ Type }) => Type === 'AWS::CloudWatch::Dashboard')
        .map(({ Properties }) => JSON.parse(resolved(Properties.DashboardBody)));
      return bodies.slice(0, 1).map((body) => [name, body]);
    }),
  );
}
