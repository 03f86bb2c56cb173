import type { Event } from './samples';

/** The value at a path such as `$.detail.state`. */
function at(path: string, event: Event): unknown {
  return path
    .split('.')
    .slice(1)
    .reduce<unknown>((value, key) => (value as Record<string, unknown> | undefined)?.[key], event);
}

/**
 * What a target gets, by what EventBridge's user guide says of input transformers: a value stands in a string as it is, unescaped,
 * and outside of one as JSON; one that the event doesn't have leaves nothing; a template of strings keeps its quotes.
 */
export function transformed(template: string, paths: Readonly<Record<string, string>>, event: Event): string {
  let quoted = false;
  let text = '';
  for (let index = 0; index < template.length; index += 1) {
    const rest = template.slice(index);
    const [placeholder, name] = /^<([\w.-]+)>/.exec(rest) ?? [];
    if (placeholder !== undefined && name !== undefined) {
      const path = paths[name];
      if (path === undefined && name !== 'aws.events.event.json') {
        throw new Error(`${placeholder} has no path`);
      }
      const value = path === undefined ? event : at(path, event);
      text += value === undefined ? '' : quoted && typeof value === 'string' ? value : JSON.stringify(value);
      index += placeholder.length - 1;
      continue;
    }
    if (rest.startsWith('\\')) {
      text += rest.slice(0, 2);
      index += 1;
      continue;
    }
    quoted = rest.startsWith('"') ? !quoted : quoted;
    text += rest[0];
  }
  return text;
}
