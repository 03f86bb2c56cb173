import { Stack, type StackProps } from 'aws-cdk-lib';
import { CfnAutomationRule } from 'aws-cdk-lib/aws-securityhub';
import { Construct } from 'constructs';
import type { RuleName } from '../alerts/event-patterns';

/** Properties of {@link SuppressConfigFindings}. */
export interface SuppressConfigFindingsProps {
  /** How the rules are named in the accounts. */
  readonly ruleNames: readonly RuleName[];
}

/**
 * Suppresses the findings that AWS Config sends to Security Hub for these rules, so that a stage does not stand there twice. They
 * have the rule's name as title, and neither reason nor severity.
 *
 * Security Hub takes automation rules from its administrator account, and applies them to all members of that Region.
 */
export class SuppressConfigFindings extends Construct {
  constructor(scope: Construct, id: string, props: SuppressConfigFindingsProps) {
    super(scope, id);
    const rule = new CfnAutomationRule(this, 'Rule', {
      ruleName: 'stagecert: one finding a stage and check',
      description:
        "Suppresses what AWS Config sends of stagecert's rules; stagecert's own findings say why, and how severe it is.",
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
            note: { text: "stagecert's own finding of this stage says why.", updatedBy: 'stagecert' },
          },
        },
      ],
    });
    // It takes no tag whose key has anything but letters and digits.
    rule.addPropertyDeletionOverride('Tags');
  }
}

/** Properties of a {@link SuppressionStack}. */
export interface SuppressionStackProps extends StackProps, SuppressConfigFindingsProps {}

/** {@link SuppressConfigFindings} in one Region of the account that administers Security Hub. */
export class SuppressionStack extends Stack {
  constructor(scope: Construct, id: string, props: SuppressionStackProps) {
    super(scope, id, { description: 'stagecert: one finding a stage and check', ...props });
    new SuppressConfigFindings(this, 'OneFinding', props);
  }
}
