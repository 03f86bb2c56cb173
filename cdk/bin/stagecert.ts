import { writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { App } from 'aws-cdk-lib';
import { readConfiguration } from '../lib/configuration/configuration';
import { DEPLOYMENT_FILE, deploymentFile } from '../lib/deployment-file';
import { addStacks } from '../lib/stagecert';

const app = new App();
const path = resolve(app.node.tryGetContext('config') ?? 'stagecert.yaml');
const configuration = readConfiguration(path);
const { code, architecture } = configuration.function;
const codePath = typeof code === 'string' ? code : `../target/lambda/${architecture}/bootstrap`;
addStacks(app, configuration, resolve(dirname(path), codePath));
const { directory } = app.synth();
writeFileSync(join(directory, DEPLOYMENT_FILE), `${JSON.stringify(deploymentFile(app, configuration), null, 2)}\n`);
