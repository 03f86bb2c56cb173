// Writes the accounts for which reports are checked, derived from the example: the example itself,
// two earlier days of it, an account whose every text tries to break out of the page, and one with
// 5,000 stages.
//
//   node accounts.mjs FOLDER
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const [folder] = process.argv.slice(2);
mkdirSync(folder, { recursive: true });
const example = readFileSync(new URL('../../examples/account.json', import.meta.url), 'utf8');
const write = (name, change) => {
  const account = JSON.parse(example);
  change(account);
  writeFileSync(join(folder, `${name}.json`), JSON.stringify(account, null, 1));
};
const stage = (account, label) => {
  const [api, name] = label.split('/');
  return account.stages.find((row) => row.resourceId.endsWith(`/${api}/stages/${name}`)).configuration;
};

write('example', () => {});
write('september', (account) => {
  account.takenAt = '2026-09-21T12:00:00Z';
  delete stage(account, 'k3v9q0m2xa/prod').clientCertificateId;
  stage(account, 'e6zr1bu8ws/prod').clientCertificateId = 'q9b2mx';
  account.resourceTagMappingList = account.resourceTagMappingList.filter(({ ResourceARN }) => !ResourceARN.includes('c7ah0n6rby'));
});
write('october', (account) => {
  account.takenAt = '2026-10-21T12:00:00Z';
  stage(account, 'e6zr1bu8ws/prod').clientCertificateId = 'q9b2mx';
  delete stage(account, 'd5ok2y8vgj/prod').clientCertificateId;
});
write('hostile', (account) => {
  const harm = 'globalThis.harmed=1';
  const hostile = `"'><script>${harm}</script><img src=x onerror=${harm}> </style></title></svg>--> {{7*7}} $(id) \u202e`;
  account.accountId = '444455556666';
  for (const { Tags } of account.resourceTagMappingList) for (const tag of Tags) tag.Value = hostile;
  for (const certificate of account.clientCertificates) Object.assign(certificate, { description: hostile, tags: { owner: hostile } });
  for (const { configuration } of account.apis) configuration.name = hostile;
  for (const document of Object.values(account.exports)) document.info.title = hostile;
  for (const row of account.stages.slice(6, 12)) row.resourceId = `${row.resourceId}-><svg$(id)\`;&&|onload=${harm}>`;
  account.stages[20].configuration.clientCertificateId = hostile;
  account.stages[21].configuration = { clientCertificateId: 7 };
  account.stages[22] = { resourceId: hostile };
});

// Copies of the example, each with other APIs and certificates.
const ids = new Set(example.match(/(?<=\/(?:restapis|apis)\/)[a-z0-9]{10}/g));
for (const { clientCertificateId } of JSON.parse(example).clientCertificates) ids.add(clientCertificateId);
const LISTS = ['stages', 'apis', 'integrations', 'clientCertificates', 'acmCertificates', 'resourceTagMappingList'];
write('large', (account) => {
  for (const list of LISTS) account[list] = [];
  account.exports = {};
  for (let copy = 0; account.stages.length < 5000; copy += 1) {
    const number = String(copy).padStart(4, '0');
    let text = example.replaceAll(/:certificate\/..../g, `:certificate/${number}`);
    for (const id of ids) text = text.replaceAll(id, id.slice(0, -4) + number);
    const copied = JSON.parse(text);
    for (const list of LISTS) account[list].push(...copied[list]);
    Object.assign(account.exports, copied.exports);
  }
});
