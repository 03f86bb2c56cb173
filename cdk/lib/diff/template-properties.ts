import type { Template } from './assembly';

/** Returns a template with each property of each resource replaced. */
export function mapProperties(
  template: Template | undefined,
  replace: (value: unknown, property: string) => unknown,
): Template | undefined {
  if (template === undefined) {
    return undefined;
  }
  const resources = Object.entries(template.Resources ?? {}).map(([logicalId, resource]) => {
    const { Properties: properties } = resource;
    if (properties === undefined) {
      return [logicalId, resource];
    }
    const replaced = Object.entries(properties).map(([property, value]) => [property, replace(value, property)]);
    return [logicalId, { ...resource, Properties: Object.fromEntries(replaced) }];
  });
  return { ...template, Resources: Object.fromEntries(resources) };
}

/**
 * Returns the value of a property that contains JSON as text, such as the body of a dashboard, so
 * that it isn't compared as one line. Any other value is returned unchanged.
 */
export function parsedJson(value: unknown): unknown {
  const text = joined(value);
  if (text?.startsWith('{') !== true) {
    return value;
  }
  try {
    return JSON.parse(text);
  } catch {
    return value;
  }
}

/** Returns a text, which may be joined or have variables, with a placeholder for each reference. */
function joined(value: unknown): string | undefined {
  if (typeof value === 'string') {
    return value;
  }
  const [text] = [(value as { 'Fn::Sub'?: unknown } | null)?.['Fn::Sub']].flat();
  if (typeof text === 'string') {
    return text;
  }
  const [separator, parts] = ((value as { 'Fn::Join'?: [string, unknown] } | null)?.['Fn::Join'] ?? []) as unknown[];
  return Array.isArray(parts) && typeof separator === 'string'
    ? parts.map((part) => (typeof part === 'string' ? part : placeholder(part))).join(separator)
    : undefined;
}

/** Returns the placeholder of a reference: `\${NAME}`, or `\${NAME.ATTRIBUTE}`. */
function placeholder(reference: unknown): string {
  return `\${${Object.values(reference as object)
    .flat(2)
    .join('.')}}`;
}
