import {
  type CallAs,
  CloudFormationClient,
  DescribeStackSetCommand,
  GetTemplateCommand,
} from '@aws-sdk/client-cloudformation';
import { AssumeRoleCommand, GetCallerIdentityCommand, STSClient } from '@aws-sdk/client-sts';
import { type AssemblyStack, parseTemplate, type Template } from './assembly';

/** Where a deployed stack is. */
export type StackLocation = Pick<AssemblyStack, 'name' | 'account' | 'region' | 'lookupRole'>;

/** Reads deployed templates. */
export interface DeployedTemplates {
  /** Returns the template of a stack, or `undefined` if the stack isn't deployed. */
  stack(location: StackLocation): Promise<Template | undefined>;

  /** Returns the template of a StackSet, or `undefined` if the StackSet isn't deployed. */
  stackSet(location: StackLocation, name: string, callAs: string): Promise<Template | undefined>;
}

/**
 * Reads deployed templates from AWS, with the credentials of the environment.
 *
 * As in `cdk diff`, they assume the lookup role of the account's bootstrap stack. If that fails,
 * they are used directly, provided that they belong to the stack's account.
 */
export class AwsTemplates implements DeployedTemplates {
  private readonly clients = new Map<string, Promise<CloudFormationClient>>();

  async stack(location: StackLocation): Promise<Template | undefined> {
    const client = await this.client(location);
    return notFoundAsUndefined(async () => {
      const command = new GetTemplateCommand({ StackName: location.name, TemplateStage: 'Original' });
      return (await client.send(command)).TemplateBody;
    });
  }

  async stackSet(location: StackLocation, name: string, callAs: string): Promise<Template | undefined> {
    const client = await this.client(location);
    return notFoundAsUndefined(async () => {
      const command = new DescribeStackSetCommand({ StackSetName: name, CallAs: callAs as CallAs });
      return (await client.send(command)).StackSet?.TemplateBody;
    });
  }

  private client(location: StackLocation): Promise<CloudFormationClient> {
    const key = `${location.account} ${location.region} ${location.lookupRole}`;
    const known = this.clients.get(key);
    if (known !== undefined) {
      return known;
    }
    const client = connect(location);
    this.clients.set(key, client);
    return client;
  }
}

async function connect({ account, region, lookupRole }: StackLocation): Promise<CloudFormationClient> {
  const options = region === undefined ? {} : { region };
  const sts = new STSClient(options);
  const own = await sts.send(new GetCallerIdentityCommand({}));
  const target = account ?? own.Account ?? '';
  try {
    const role = {
      RoleArn: await roleArn(lookupRole ?? '', own.Arn ?? '', target, sts),
      RoleSessionName: 'stagecert-diff',
    };
    const { Credentials: assumed } = await sts.send(new AssumeRoleCommand(role));
    const credentials = {
      accessKeyId: assumed?.AccessKeyId ?? '',
      secretAccessKey: assumed?.SecretAccessKey ?? '',
      sessionToken: assumed?.SessionToken ?? '',
    };
    return new CloudFormationClient({ ...options, credentials });
  } catch (error) {
    if (target !== own.Account) {
      throw new Error(`no credentials for account ${target}: ${(error as Error).message}`);
    }
    return new CloudFormationClient(options);
  }
}

async function roleArn(template: string, caller: string, account: string, sts: STSClient): Promise<string> {
  return template
    .replaceAll(`\${AWS::Partition}`, caller.split(':')[1] ?? 'aws')
    .replaceAll(`\${AWS::AccountId}`, account)
    .replaceAll(`\${AWS::Region}`, await sts.config.region());
}

async function notFoundAsUndefined(read: () => Promise<string | undefined>): Promise<Template | undefined> {
  try {
    const text = await read();
    return text === undefined ? undefined : parseTemplate(text);
  } catch (error) {
    const { name, message } = error as Error;
    if (name === 'StackSetNotFoundException' || (name === 'ValidationError' && message.includes('does not exist'))) {
      return undefined;
    }
    throw error;
  }
}
