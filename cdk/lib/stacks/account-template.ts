import { CfnParameter, type StackProps } from 'aws-cdk-lib';
import { RetentionDays } from 'aws-cdk-lib/aws-logs';
import type { Construct } from 'constructs';
import { stringify } from 'yaml';
import { codeFromBucket } from '../evaluator/code-stacks';
import { DEFAULT_NAME } from '../names';
import { synthesizeTemplate, YAML } from '../organization/template';
import { AccountStack } from './account-stack';

/**
 * Returns the YAML template for one account and Region, which is shipped as a file. Its parameters
 * are the location of the code and the two rule parameters that are changed most often; others can
 * be edited in the file.
 */
export function accountTemplate(): string {
  const template = synthesizeTemplate((app, id, props) => new ParameterizedAccountStack(app, id, props), {
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
          description: 'A bucket in this Region that contains the zip file of the function',
        });
        const key = new CfnParameter(stack, 'CodeKey', {
          description: 'The object key of the zip file in that bucket',
        });
        return codeFromBucket(stack, bucket.valueAsString, key.valueAsString);
      },
      evaluator: {
        name: DEFAULT_NAME,
        architecture: 'arm64',
        memoryMegabytes: 128,
        timeoutSeconds: 900,
        reservedConcurrency: 1,
        logRetention: RetentionDays.ONE_YEAR,
      },
      rule: { name: DEFAULT_NAME, frequency: 'TwentyFour_Hours', rules: 'combined', parameters: {} },
      // Its body would add a page of JSON to a file that people read.
      dashboard: false,
    });
    const days = new CfnParameter(this, 'ExpiryWindowDays', {
      // A string instead of a Number, because rule parameters are strings.
      default: '60',
      allowedPattern: '[1-9][0-9]?|[12][0-9][0-9]|3[0-5][0-9]|36[0-5]',
      constraintDescription: 'must be a whole number from 1 to 365',
      description: 'Certificates that expire within this number of days are NON_COMPLIANT',
    });
    const keys = new CfnParameter(this, 'OwnerTagKeys', {
      default: 'owner,Owner',
      description: 'Comma-separated tag keys; any one is enough',
    });
    for (const rule of this.rules) {
      rule.addPropertyOverride('InputParameters', {
        expiryWindowDays: { Ref: days.logicalId },
        ownerTagKeys: { Ref: keys.logicalId },
      });
    }
  }
}
