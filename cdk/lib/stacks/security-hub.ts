import { Stack, type StackProps } from 'aws-cdk-lib';
import { CfnAutomationRule } from 'aws-cdk-lib/aws-securityhub';
import { Construct } from 'constructs';
import type { RuleName } from '../alerts/event-patterns';

/** Properties of {@link SuppressConfigFindings}. */
export interface SuppressConfigFindingsProps {
  /** The deployment's name. */
  readonly name: string;

  /** The names of the rules in the accounts. */
  readonly ruleNames: readonly RuleName[];
}

/**
 * Suppresses the findings that AWS Config sends to Security Hub for these rules, to avoid
 * duplicates. Config's findings have the rule's name as their title, no reason, and always the same
 * severity.
 *
 * Security Hub accepts automation rules from its administrator account and applies them to all
 * member accounts in the Region.
 */
export class SuppressConfigFindings extends Construct {
  constructor(scope: Construct, id: string, props: SuppressConfigFindingsProps) {
    super(scope, id);
    const rule = new CfnAutomationRule(this, 'Rule', {
      ruleName: `${props.name}: suppress duplicate AWS Config findings`,
      description:
        "Suppresses AWS Config's findings for stagecert's rules. stagecert's own findings have the reason and severity.",
      ruleOrder: 100,
      ruleStatus: 'ENABLED',
      isTerminal: false,
      criteria: {
        productName: [{ comparison: 'EQUALS', value: 'Config' }],
        title: props.ruleNames.map((name) =>
          typeof name === 'string'
            ? { comparison: 'EQUALS', value: name }
            : { comparison: 'PREFIX', value: name.prefix },
        ),
        recordState: [{ comparison: 'EQUALS', value: 'ACTIVE' }],
      },
      actions: [
        {
          type: 'FINDING_FIELDS_UPDATE',
          findingFieldsUpdate: {
            workflow: { status: 'SUPPRESSED' },
            note: {
              text: 'Duplicate: stagecert has its own finding for this stage, with the reason.',
              updatedBy: 'stagecert',
            },
          },
        },
      ],
    });
    // Tag keys may contain only letters and digits here.
    rule.addPropertyDeletionOverride('Tags');
  }
}

/** Properties of {@link ResolvePassedFindings}. */
export interface ResolvePassedFindingsProps {
  /** The deployment's name. */
  readonly name: string;
}

/**
 * Sets the workflow status of this deployment's findings to RESOLVED if the check has passed.
 * Security Hub itself does so only for findings of Security Hub controls.
 */
export class ResolvePassedFindings extends Construct {
  constructor(scope: Construct, id: string, props: ResolvePassedFindingsProps) {
    super(scope, id);
    const equals = (value: string) => ({ comparison: 'EQUALS', value });
    const rule = new CfnAutomationRule(this, 'Rule', {
      ruleName: `${props.name}: resolve findings that passed`,
      description: "Resolves stagecert's findings about checks that passed.",
      ruleOrder: 101,
      ruleStatus: 'ENABLED',
      isTerminal: false,
      criteria: {
        generatorId: [{ comparison: 'PREFIX', value: `stagecert/${props.name}/` }],
        complianceStatus: [equals('PASSED')],
        workflowStatus: [equals('NEW'), equals('NOTIFIED')],
      },
      actions: [{ type: 'FINDING_FIELDS_UPDATE', findingFieldsUpdate: { workflow: { status: 'RESOLVED' } } }],
    });
    // Tag keys may contain only letters and digits here.
    rule.addPropertyDeletionOverride('Tags');
  }
}

/** Which automation rules Security Hub gets. */
export interface AutomationRules {
  /**
   * The rules whose AWS Config findings Security Hub suppresses.
   *
   * @default - no suppression
   */
  readonly suppressedRules?: readonly RuleName[] | undefined;

  /**
   * Whether findings about checks that passed are resolved.
   *
   * @default false
   */
  readonly resolvesPassed?: boolean | undefined;
}

/** Adds the automation rules to a stack of Security Hub's administrator account. */
export function addAutomationRules(scope: Construct, name: string, rules: AutomationRules): void {
  if (rules.suppressedRules !== undefined) {
    new SuppressConfigFindings(scope, 'Suppression', { name, ruleNames: rules.suppressedRules });
  }
  if (rules.resolvesPassed === true) {
    new ResolvePassedFindings(scope, 'Resolution', { name });
  }
}

/** Properties of an {@link AutomationRulesStack}. */
export interface AutomationRulesStackProps extends StackProps, AutomationRules {
  /** The deployment's name. */
  readonly name: string;
}

/** The stack with the automation rules in one Region of Security Hub's administrator account. */
export class AutomationRulesStack extends Stack {
  constructor(scope: Construct, id: string, props: AutomationRulesStackProps) {
    super(scope, id, { description: 'stagecert: Security Hub automation rules', ...props });
    addAutomationRules(this, props.name, props);
  }
}
