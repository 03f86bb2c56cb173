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

/** Properties of a {@link SuppressionStack}. */
export interface SuppressionStackProps extends StackProps, SuppressConfigFindingsProps {}

/**
 * The stack with {@link SuppressConfigFindings} in one Region of Security Hub's administrator
 * account.
 */
export class SuppressionStack extends Stack {
  constructor(scope: Construct, id: string, props: SuppressionStackProps) {
    super(scope, id, { description: 'stagecert: suppress duplicate AWS Config findings', ...props });
    new SuppressConfigFindings(this, 'Suppression', props);
  }
}
