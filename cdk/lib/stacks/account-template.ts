import { CfnParameter, type StackProps } from 'aws-cdk-lib';
import { RetentionDays } from 'aws-cdk-lib/aws-logs';
import type { Construct } from 'constructs';
import { stringify } from 'yaml';
import { codeOf } from '../evaluator/code-stacks';
import { templateOf, YAML } from '../organization/template';
import { AccountStack } from './account-stack';

/**
 * The template for one account and Region that is shipped as a file, in YAML. It takes the code from a bucket in that Region,
 * and the two parameters that people change first; the others are edited in the file.
 */
export function accountTemplate(): string {
  const template = templateOf((app, id, props) => new ParameterizedAccountStack(app, id, props), {
    application: 'stagecert',
  });
  return stringify(template, YAML);
}

class ParameterizedAccountStack extends AccountStack {
  constructor(scope: Construct, id: string, props: StackProps) {
    super(scope, id, {
      ...props,
      code: (stack) => {
        const bucket = new CfnParameter(stack, 'CodeBucket', {
          description: 'A bucket in this Region that holds the zip of the function',
        });
        const key = new CfnParameter(stack, 'CodeKey', { description: 'The key of the zip in that bucket' });
        return codeOf(stack, bucket.valueAsString, key.valueAsString);
      },
      evaluator: {
        architecture: 'arm64',
        memoryMegabytes: 128,
        timeoutSeconds: 900,
        reservedConcurrency: 1,
        logRetention: RetentionDays.ONE_YEAR,
      },
      rule: { frequency: 'TwentyFour_Hours', rules: 'combined', parameters: {} },
      // A page of JSON in a file that people read.
      dashboard: false,
    });
    const days = new CfnParameter(this, 'ExpiryWindowDays', {
      // Not a Number: a rule parameter is a string.
      default: '60',
      allowedPattern: '[1-9][0-9]?|[12][0-9][0-9]|3[0-5][0-9]|36[0-5]',
      constraintDescription: 'a whole number from 1 to 365',
      description: 'A certificate that ends within so many days fails',
    });
    const keys = new CfnParameter(this, 'OwnerTagKeys', {
      default: 'owner,Owner',
      description: 'Tag keys, by comma, any of which counts as an owner',
    });
    for (const rule of this.rules) {
      rule.addPropertyOverride('InputParameters', {
        expiryWindowDays: { Ref: days.logicalId },
        ownerTagKeys: { Ref: keys.logicalId },
      });
    }
  }
}
