import type { Widget } from '../../lib/dashboard/dashboard';
import { CONFIGURATIONS, resolved, templatesOf } from '../fixtures';

/** The dashboards that are looked at: of an account, and of an organization by StackSet and by central functions. */
const LOOKED_AT = { account: 'account, most', organization: 'stack-set, most', central: 'conformance-pack, most' };

/** The body of each, as CloudWatch gets it. */
export function dashboards(): Record<string, { readonly widgets: Widget[] }> {
  return Object.fromEntries(
    Object.entries(LOOKED_AT).flatMap(([name, configuration]) => {
      const bodies = Object.entries(templatesOf(CONFIGURATIONS[configuration] ?? {}))
        .filter(([stack]) => name === 'account' || stack === 'stagecert-dashboard')
        .flatMap(([, template]) => Object.values(template.Resources))
        .filter(({ Type }) => Type === 'AWS::CloudWatch::Dashboard')
        .map(({ Properties }) => JSON.parse(resolved(Properties.DashboardBody)));
      return bodies.slice(0, 1).map((body) => [name, body]);
    }),
  );
}
