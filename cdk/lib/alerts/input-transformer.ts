import { RuleTargetInput, type RuleTargetInputProperties } from 'aws-cdk-lib/aws-events';

/** EventBridge's maximum length of a template, in characters. */
const MAX_LENGTH = 8192;

/** What a target receives instead of the event: a template with variables such as `<name>`. */
export class InputTransformer extends RuleTargetInput {
  constructor(
    /** The template. */
    readonly template: string,
    /** The JSON paths of the variables, by name. */
    readonly paths: Readonly<Record<string, string>> = {},
  ) {
    super();
    if (template.length > MAX_LENGTH) {
      throw new Error(
        `alerts: a template of ${template.length} characters; allowed: ${MAX_LENGTH}, EventBridge's limit`,
      );
    }
  }

  /** Returns the template and the paths as CDK requires them. */
  override bind(): RuleTargetInputProperties {
    return { inputTemplate: this.template, inputPathsMap: { ...this.paths } };
  }

  /**
   * Returns what the target receives for an event, following EventBridge's user guide on input
   * transformers. Inside a string, a value is inserted as it is, without escaping; elsewhere, as
   * JSON. A value that the event doesn't have is empty. A template of strings keeps its quotes.
   */
  render(event: object): string {
    let quoted = false;
    let text = '';
    for (let index = 0; index < this.template.length; index += 1) {
      const rest = this.template.slice(index);
      const [placeholder, name] = /^<([\w.-]+)>/.exec(rest) ?? [];
      if (placeholder !== undefined && name !== undefined) {
        const value = this.value(name, event);
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

  /**
   * Returns the value of a variable, whose path has a form such as `$.detail.state` or
   * `$.detail.lines[0]`.
   */
  private value(name: string, event: object): unknown {
    if (name === 'aws.events.event.json') {
      return event;
    }
    const path = this.paths[name];
    if (path === undefined) {
      throw new Error(`<${name}> has no path`);
    }
    return path
      .replaceAll(/\[(\d+)\]/g, '.$1')
      .split('.')
      .slice(1)
      .reduce<unknown>((value, key) => (value as Record<string, unknown> | undefined)?.[key], event);
  }

  /**
   * Returns a template of text lines. EventBridge requires quotes around each line and keeps them.
   */
  static lines(lines: readonly string[], paths: Readonly<Record<string, string>>): InputTransformer {
    return new InputTransformer(lines.map((line) => `"${line}"`).join('\n'), paths);
  }
}

/**
 * Returns rule parameters as text for a template. A `<` in a pattern would start a variable, and
 * EventBridge has no escape for it, but JSON does.
 */
export function parametersText(parameters: Readonly<Record<string, string>>): string {
  return JSON.stringify(parameters).replaceAll('<', '\\u003c').replaceAll('>', '\\u003e');
}
