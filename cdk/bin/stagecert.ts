import { dirname, resolve } from 'node:path';
import { App } from 'aws-cdk-lib';
import { readConfiguration } from '../lib/configuration';
import { addStacks } from '../lib/stagecert';

const app = new App();
const path = resolve(app.node.tryGetContext('config') ?? 'stagecert.yaml');
const configuration = readConfiguration(path);
const built = `../target/lambda/${configuration.function.architecture}/bootstrap`;
addStacks(app, configuration, resolve(dirname(path), configuration.function.code ?? built));
