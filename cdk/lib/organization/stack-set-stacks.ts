import { Stack, type StackProps } from 'aws-cdk-lib';
import type { Construct } from 'constructs';
import { ServiceManagedStackSet, type ServiceManagedStackSetProps } from './service-managed-stack-set';

/** Properties of a {@link StackSetStack}. */
export interface StackSetStackProps extends StackProps {
  readonly stackSet: ServiceManagedStackSetProps;
}

/** A stack that contains one StackSet. */
export class StackSetStack extends Stack {
  constructor(scope: Construct, id: string, props: StackSetStackProps) {
    super(scope, id, { description: props.stackSet.description, ...props });
    new ServiceManagedStackSet(this, 'Accounts', props.stackSet);
  }
}
