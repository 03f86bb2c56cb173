import { CfnCondition, CfnParameter, Fn, type StackProps } from 'aws-cdk-lib';
import type { CfnFunction } from 'aws-cdk-lib/aws-lambda';
import { RetentionDays } from 'aws-cdk-lib/aws-logs';
import type { Construct } from 'constructs';
import { stringify } from 'yaml';
import { codeFromBucket } from '../evaluator/code-stacks';
import { DEFAULT_NAME } from '../names';
import { synthesizeTemplate, YAML } from '../organization/template';
import { VERSION } from '../version';
import { AccountStack } from './account-stack';
import { replacePlaceholders } from './placeholders';
import {
  FUNCTION_PARAMETERS,
  RULE_PARAMETERS,
  type TemplateParameter,
  WITHOUT_RESERVATION,
} from './template-parameters';

/**
 * Returns the YAML template for one account and Region, which is shipped as a file. Its parameters
 * are the location of the code, what a new account needs, and the two rule parameters that are
 * changed most often; others can be edited in the file. All have defaults except the bucket, so
 * that a link to the console's quick-create page needs only that.
 */
export function accountTemplate(): string {
  const tags = { application: 'stagecert', 'stagecert:deployment': DEFAULT_NAME, 'stagecert:version': VERSION };
  const template = synthesizeTemplate((app, id, props) => new ParameterizedAccountStack(app, id, props), tags);
  return stringify(replacePlaceholders(template, { strings: [], elements: WITHOUT_RESERVATION }), YAML);
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
          default: `stagecert-${VERSION}-arm64.zip`,
          description: 'The object key of the zip file in that bucket; for another Architecture, another file',
        });
        return codeFromBucket(stack, bucket.valueAsString, key.valueAsString);
      },
      evaluator: {
        name: DEFAULT_NAME,
        architecture: 'arm64',
        memoryMegabytes: 128,
        timeoutSeconds: 900,
        logRetention: RetentionDays.ONE_YEAR,
      },
      rule: { name: DEFAULT_NAME, frequency: 'TwentyFour_Hours', rules: 'combined', parameters: {} },
      // Its body would add a page of JSON to a file that people read.
      dashboard: false,
    });
    const architecture = this.parameter('Architecture', FUNCTION_PARAMETERS.Architecture);
    const reservation = this.parameter('ReservedConcurrency', FUNCTION_PARAMETERS.ReservedConcurrency);
    const days = this.parameter('ExpiryWindowDays', RULE_PARAMETERS.expiryWindowDays);
    const keys = this.parameter('OwnerTagKeys', RULE_PARAMETERS.ownerTagKeys);
    new CfnCondition(this, 'Reserves', {
      expression: Fn.conditionNot(Fn.conditionEquals(reservation.valueAsString, 'none')),
    });
    const evaluator = this.node.findChild('Evaluator').node.findChild('Function').node.defaultChild as CfnFunction;
    evaluator.addPropertyOverride('Architectures', [{ Ref: architecture.logicalId }]);
    evaluator.addPropertyOverride('ReservedConcurrentExecutions', {
      'Fn::If': ['Reserves', { Ref: reservation.logicalId }, { Ref: 'AWS::NoValue' }],
    });
    evaluator.addPropertyOverride('Environment.Variables.STAGECERT_CHANGE_EXPORTS', {
      'Fn::If': ['Reserves', 'on', 'off'],
    });
    for (const rule of this.rules) {
      rule.addPropertyOverride('InputParameters', {
        expiryWindowDays: { Ref: days.logicalId },
        ownerTagKeys: { Ref: keys.logicalId },
      });
    }
  }

  private parameter(id: string, { allowedValues, ...parameter }: TemplateParameter): CfnParameter {
    return new CfnParameter(this, id, {
      ...parameter,
      ...(allowedValues === undefined ? {} : { allowedValues: [...allowedValues] }),
    });
  }
}
