import { AlertsStack } from '../alerts/alerts-stack';
import { DeploymentNames } from '../names';
import { synthesizeTemplate } from '../organization/template';
import { CHECKS } from '../rule/rule-parameters';
import { type ParameterizedTemplate, replacePlaceholders } from './placeholders';
import { NAME, NAME_PLACEHOLDER, parameterSection, TEMPLATE_TAGS, type TemplateParameter } from './template-parameters';

const PARAMETERS: Readonly<Record<string, TemplateParameter>> = {
  Name: NAME,
  Email: {
    description: 'The address that receives all alerts, after it has confirmed the subscription',
    allowedPattern: '[^@ ]+@[^@ ]+',
    constraintDescription: 'must be an email address',
  },
  OrganizationId: {
    description: 'The organization whose accounts may send alerts',
    allowedPattern: 'o-[a-z0-9]{10,32}',
    constraintDescription: "must be an organization's id (o-...)",
  },
};

// What stands for a parameter while the stack is synthesized.
const EMAIL_PLACEHOLDER = 'recipient@example.com';
const ORGANIZATION_PLACEHOLDER = 'o-zzzzzzzzzz';

/**
 * Returns the template of the stack that sends emails, for your own StackSet. It is deployed
 * once, in the home Region; its output `EventBusArn` is the StackSet's parameter `AlertBusArn`.
 */
export function alertsTemplate(): ParameterizedTemplate {
  const template = synthesizeTemplate(
    (app, id, props) =>
      new AlertsStack(app, id, {
        ...props,
        name: NAME_PLACEHOLDER,
        organizationId: ORGANIZATION_PLACEHOLDER,
        alerts: { email: EMAIL_PLACEHOLDER },
        ruleNames: [new DeploymentNames(NAME_PLACEHOLDER).rule()],
        checks: CHECKS,
      }),
    TEMPLATE_TAGS,
  );
  const strings = [
    { placeholder: new RegExp(NAME_PLACEHOLDER), variable: 'Name' },
    { placeholder: new RegExp(`^${EMAIL_PLACEHOLDER}$`), variable: 'Email' },
    { placeholder: new RegExp(`^${ORGANIZATION_PLACEHOLDER}$`), variable: 'OrganizationId' },
  ];
  const { Description, Resources, ...sections } = replacePlaceholders(template, { strings, elements: {} });
  return { Description, Parameters: parameterSection(PARAMETERS), Resources, ...sections };
}
