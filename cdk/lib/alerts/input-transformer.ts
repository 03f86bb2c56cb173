import { RuleTargetInput, type RuleTargetInputProperties } from 'aws-cdk-lib/aws-events';

/** The longest template that EventBridge takes, in characters. */
const LONGEST = 8192;

/** What a target gets instead of the event: a template, and the paths in the event of what stands in it as `<name>`. */
export class InputTransformer extends RuleTargetInput {
  constructor(
    /** The template. */
    readonly template: string,
    /** JSON paths by name. */
    readonly paths: Readonly<Record<string, string>> = {},
  ) {
    super();
    if (template.length > LONGEST) {
      throw new Error(`alerts: a template of ${template.length} characters; allowed: ${LONGEST}, EventBridge's limit`);
    }
  }

  /** How CDK asks for it. */
  override bind(): RuleTargetInputProperties {
    return { inputTemplate: this.template, inputPathsMap: { ...this.paths } };
  }

  /** Lines for people. EventBridge wants each in quotes, and leaves the quotes there. */
  static lines(lines: readonly string[], paths: Readonly<Record<string, string>>): InputTransformer {
    return new InputTransformer(lines.map((line) => `"${line}"`).join('\n'), paths);
  }
}

/**
 * Rule parameters as text within a template: a `<` that stands in a pattern would begin a variable, and EventBridge knows no
 * escape for it. JSON does.
 */
export function parametersText(parameters: Readonly<Record<string, string>>): string {
  return JSON.stringify(parameters).replaceAll('<', '\\u003c').replaceAll('>', '\\u003e');
}
