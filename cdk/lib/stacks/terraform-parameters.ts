import { VERSION } from '../version';
import { STACK_SET_PARAMETERS } from './stack-set-template';
import type { TemplateParameter } from './template-parameters';

/**
 * Returns `parameters.tf` of the Terraform module: one variable per parameter of the template, with
 * the same default and validation, and the map that the StackSet gets.
 */
export function terraformParameters(): string {
  const names = Object.keys(STACK_SET_PARAMETERS);
  const width = Math.max(...names.map((name) => name.length));
  const map = names.map((name) => `    ${name.padEnd(width)} = var.${variableName(name)}\n`).join('');
  const variables = Object.entries(STACK_SET_PARAMETERS).map(([name, parameter]) => variable(name, parameter));
  return `locals {
  parameters = {
${map}  }

  tags = {
    "stagecert:deployment" = var.name
    "stagecert:version"    = ${quote(VERSION)}
  }
}

${variables.join('\n')}`;
}

/** Returns the variable's name for a template's parameter: `code_key` for `CodeKey`. */
export function variableName(parameter: string): string {
  return parameter
    .replaceAll(/([A-Z])/g, '_$1')
    .slice(1)
    .toLowerCase();
}

function variable(name: string, parameter: TemplateParameter): string {
  const reference = `var.${variableName(name)}`;
  const [condition, message] = validation(reference, parameter);
  const value = parameter.default === undefined ? '' : `  default     = ${quote(parameter.default)}\n`;
  return `variable ${quote(variableName(name))} {
  type        = string
  description = ${quote(parameter.description)}
${value}  nullable    = false

  validation {
    condition     = ${condition}
    error_message = ${quote(message)}
  }
}
`;
}

function validation(reference: string, parameter: TemplateParameter): [condition: string, message: string] {
  const { allowedValues, allowedPattern = '.*', maxLength, constraintDescription = '' } = parameter;
  if (allowedValues !== undefined) {
    const shown = allowedValues.map((value) => value || 'empty').join(', ');
    return [`contains([${allowedValues.map(quote).join(', ')}], ${reference})`, `Allowed: ${shown}.`];
  }
  const length = maxLength === undefined ? '' : `length(${reference}) <= ${maxLength} && `;
  return [
    `${length}can(regex(${quote(`^(?:${allowedPattern})$`)}, ${reference}))`,
    `The value ${constraintDescription}.`,
  ];
}

/** Returns a string of Terraform's language. */
function quote(text: string): string {
  return JSON.stringify(text).replaceAll('${', '$${').replaceAll('%{', '%%{');
}
