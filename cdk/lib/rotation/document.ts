import { readFileSync } from 'node:fs';
import { join } from 'node:path';

/** The owner tag keys if `ownerTagKeys` is not set. */
const DEFAULT_OWNER_TAG_KEYS: readonly string[] = ['owner', 'Owner'];

/** The runtime of the scripts: the only version of Python that Systems Manager still runs. */
const RUNTIME = 'python3.11';

/** What the document must know about the deployment. */
export interface DocumentSettings {
  /** The deployment's name. */
  readonly name: string;

  /** The rule parameter `ownerTagKeys`. */
  readonly ownerTagKeys?: readonly string[] | undefined;
}

/** The parameter with the role that the document assumes, in AWS's own spelling. */
export const ROLE_PARAMETER = 'AutomationAssumeRole';

/** The parameter with the stage, whose value is the resource id in AWS Config: its ARN. */
export const STAGE_PARAMETER = 'StageArn';

/**
 * Returns the content of the Automation document that starts a rotation: it generates a
 * certificate, sends it, and ends. Everything after that is up to a person, who runs
 * `stagecert rotate`.
 *
 * The first step isn't repeated if it fails: another run finds the certificate that it generated,
 * by its tags.
 */
export function startRotationDocument({ name, ownerTagKeys = DEFAULT_OWNER_TAG_KEYS }: DocumentSettings): object {
  return {
    schemaVersion: '0.3',
    description:
      'Starts the rotation of the client certificate of an API Gateway stage: generates a new certificate and sends it to ' +
      'the owner with the next command. No stage is changed and nothing is deleted.',
    assumeRole: `{{ ${ROLE_PARAMETER} }}`,
    parameters: {
      [ROLE_PARAMETER]: {
        type: 'String',
        description: 'The ARN of the role that the deployment created for it',
        allowedPattern: '^arn:aws[a-z-]*:iam::[0-9]{12}:role/[\\w+=,.@/-]+$',
      },
      [STAGE_PARAMETER]: {
        type: 'String',
        description: 'The ARN of the stage, arn:aws:apigateway:REGION::/restapis/ID/stages/NAME',
        allowedPattern: '^arn:aws[a-z-]*:apigateway:[a-z0-9-]+::/(restapis|apis)/[A-Za-z0-9]+/stages/[A-Za-z0-9_-]+$',
      },
    },
    mainSteps: [
      {
        name: 'GenerateCertificate',
        action: 'aws:executeScript',
        description: 'Generates the certificate with the tags of the old one and the state of the rotation',
        maxAttempts: 1,
        timeoutSeconds: 300,
        onFailure: 'Abort',
        nextStep: 'SendCertificate',
        inputs: {
          Runtime: RUNTIME,
          Handler: 'start',
          InputPayload: {
            stageArn: `{{ ${STAGE_PARAMETER} }}`,
            region: '{{ global:REGION }}',
            ownerTagKeys: [...ownerTagKeys],
          },
          Script: script('start.py'),
        },
        outputs: [
          output('newCertificate'),
          output('oldCertificate'),
          output('stages', 'StringList'),
          output('owner'),
          output('nextCommand'),
        ],
      },
      {
        name: 'SendCertificate',
        action: 'aws:executeScript',
        description: 'Sends the certificate and the next command to the recipients of the alerts',
        maxAttempts: 3,
        timeoutSeconds: 60,
        onFailure: 'Abort',
        isEnd: true,
        inputs: {
          Runtime: RUNTIME,
          Handler: 'send',
          InputPayload: {
            deployment: name,
            executionId: '{{ automation:EXECUTION_ID }}',
            accountId: '{{ global:ACCOUNT_ID }}',
            region: '{{ global:REGION }}',
            newCertificate: '{{ GenerateCertificate.newCertificate }}',
            oldCertificate: '{{ GenerateCertificate.oldCertificate }}',
            stages: '{{ GenerateCertificate.stages }}',
            owner: '{{ GenerateCertificate.owner }}',
            nextCommand: '{{ GenerateCertificate.nextCommand }}',
          },
          Script: script('send.py'),
        },
        outputs: [output('eventId')],
      },
    ],
    outputs: ['GenerateCertificate.newCertificate', 'GenerateCertificate.stages', 'GenerateCertificate.nextCommand'],
  };
}

const output = (name: string, type = 'String') => ({ Name: name, Selector: `$.Payload.${name}`, Type: type });

/** Returns the text of a script of this folder. */
function script(file: string): string {
  return readFileSync(join(__dirname, file), 'utf8');
}
